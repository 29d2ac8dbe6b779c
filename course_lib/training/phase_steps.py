"""One step of a model that trains in phases, on each backend.

What differs is how a backend takes gradients and where it keeps state: TensorFlow and PyTorch
in the variables themselves, JAX in lists that go in and come out.
"""

from typing import Any

import keras
from keras import ops

from course_lib.training.phase_optimizer import PhaseOptimizer


def train_step(model: keras.Model, *arguments: Any) -> Any:
    """Keras' `train_step`: every phase in turn."""
    return (_train_jax if keras.backend.backend() == "jax" else _train)(model, *arguments)


def test_step(model: keras.Model, *arguments: Any) -> Any:
    """Keras' `test_step`: every phase's loss, and nothing moves."""
    return (_test_jax if keras.backend.backend() == "jax" else _test)(model, *arguments)


def _batch(model, data):
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
    x, y = model.given(x, y)
    return (x, y, sample_weight), ops.shape(keras.tree.flatten(x)[0])[0]


def _train(model, data):
    batch, count = _batch(model, data)
    move = _move_torch if keras.backend.backend() == "torch" else _move_tensorflow
    parts = []
    for phase, optimizer, variables in model.players():
        parts.append(move(lambda phase=phase: phase.objective(*batch, True), variables, optimizer))
    return model.update_logs(_logs(parts), count)


def _move_tensorflow(objective, variables, optimizer):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss, logs = objective()
        # Keras adds up the gradients of all replicas, each of which has a part of the batch.
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        scaled = optimizer.scale_loss(loss / replicas)
    if variables:
        tensors = [v.value for v in variables]
        unreached = tf.UnconnectedGradients.ZERO
        optimizer.apply(tape.gradient(scaled, tensors, unconnected_gradients=unreached), variables)
    return loss, logs


def _move_torch(objective, variables, optimizer):
    import torch

    loss, logs = objective()
    if variables:
        tensors = [v.value for v in variables]
        gradients = torch.autograd.grad(optimizer.scale_loss(loss), tensors, allow_unused=True)
        pairs = zip(gradients, tensors, strict=True)
        with torch.no_grad():
            optimizer.apply([torch.zeros_like(t) if g is None else g for g, t in pairs], variables)
    return loss.detach(), {name: value.detach() for name, value in logs.items()}


def _test(model, data):
    batch, count = _batch(model, data)
    return model.update_logs(_tested(model, batch), count)


def _tested(model, batch):
    return _logs([phase.objective(*batch, False) for phase in model.phases()])


def _logs(parts):
    logs = {"loss": sum(loss for loss, _ in parts)}
    for _, shown in parts:
        logs |= shown
    return logs


def _train_jax(model, state, data):
    import jax

    batch, count = _batch(model, data)
    trainable, others, of_optimizer, of_metrics = (list(part) for part in state)
    index = {id(v): i for i, v in enumerate(model.trainable_variables)}
    places, parts = _places(model.optimizer), []
    for phase, optimizer, variables in model.players():
        moving = [index[id(v)] for v in variables]
        place = places.get(phase.name, slice(None))
        own = of_optimizer[place]

        def loss(moved, others, phase=phase, optimizer=optimizer, moving=moving, own=own):
            now = list(trainable)
            for i, tensor in zip(moving, moved, strict=True):
                now[i] = tensor
            inside = zip(optimizer.variables, own, strict=True)
            with _scope(model, now, others, inside) as scope:
                value, logs = phase.objective(*batch, True)
                scaled = optimizer.scale_loss(value)
            return scaled, (value, logs, _current(scope, model.non_trainable_variables, others))

        moved = [trainable[i] for i in moving]
        gradient = jax.value_and_grad(loss, has_aux=True)
        (_, (value, logs, others)), gradients = gradient(moved, others)
        parts.append((value, logs))
        if moved:
            moved, of_optimizer[place] = optimizer.stateless_apply(own, gradients, moved)
        for i, tensor in zip(moving, moved, strict=True):
            trainable[i] = tensor
    logs, of_metrics = _jax_logs(model, _logs(parts), count, of_metrics)
    return logs, (trainable, others, of_optimizer, of_metrics)


def _places(optimizer):
    return optimizer.places() if isinstance(optimizer, PhaseOptimizer) else {}


def _test_jax(model, state, data):
    batch, count = _batch(model, data)
    trainable, others, of_metrics = state
    with _scope(model, trainable, others) as scope:
        logs = _tested(model, batch)
    others = _current(scope, model.non_trainable_variables, others)
    logs, of_metrics = _jax_logs(model, logs, count, of_metrics)
    return logs, (trainable, others, of_metrics)


def _jax_logs(model, logs, count, of_metrics):
    mapping = list(zip(model.metrics_variables, of_metrics, strict=True))
    with keras.StatelessScope(state_mapping=mapping) as scope:
        logs = model.update_logs(logs, count)
    return logs, _current(scope, model.metrics_variables, of_metrics)


def _scope(model, trainable, others, more=()):
    mapping = [
        *zip(model.trainable_variables, trainable, strict=True),
        *zip(model.non_trainable_variables, others, strict=True),
        *more,
    ]
    return keras.StatelessScope(state_mapping=mapping, collect_losses=True)


def _current(scope, variables, before):
    now = [scope.get_current_value(v) for v in variables]
    return [old if new is None else new for new, old in zip(now, before, strict=True)]
