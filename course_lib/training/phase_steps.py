"""One step of a model that trains in phases, on each backend.

What differs is how a backend takes gradients and where it keeps state: TensorFlow and PyTorch
in the variables themselves, JAX in lists that go in and come out.
"""

import keras
from keras import ops


def train_step(model, *arguments):
    """Keras' `train_step`: every phase in turn."""
    return (_train_jax if keras.backend.backend() == "jax" else _train)(model, *arguments)


def test_step(model, *arguments):
    """Keras' `test_step`: every phase's loss, and nothing moves."""
    return (_test_jax if keras.backend.backend() == "jax" else _test)(model, *arguments)


def _data(data):
    x = data[0] if isinstance(data, (tuple, list)) else data
    return x, ops.shape(x)[0]


def _train(model, data):
    x, count = _data(data)
    values = {}
    for phase in model.phases():
        optimizer = model.optimizer.optimizers[phase.name]
        variables = model.optimizer.moved[phase.name]
        move = _move_torch if keras.backend.backend() == "torch" else _move_tensorflow
        values[phase.name] = move(lambda phase=phase: phase.mean(x, True), variables, optimizer)
    return model.update_logs(values, count)


def _move_tensorflow(loss, variables, optimizer):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        value = loss()
        scaled = optimizer.scale_loss(value)
    tensors = [v.value for v in variables]
    unreached = tf.UnconnectedGradients.ZERO
    optimizer.apply(tape.gradient(scaled, tensors, unconnected_gradients=unreached), variables)
    return value


def _move_torch(loss, variables, optimizer):
    import torch

    value = loss()
    tensors = [v.value for v in variables]
    gradients = torch.autograd.grad(optimizer.scale_loss(value), tensors, allow_unused=True)
    pairs = zip(gradients, tensors, strict=True)
    with torch.no_grad():
        optimizer.apply([torch.zeros_like(t) if g is None else g for g, t in pairs], variables)
    return value.detach()


def _test(model, data):
    x, count = _data(data)
    return model.update_logs(model.tested(x), count)


def _train_jax(model, state, data):
    import jax

    x, count = _data(data)
    trainable, others, of_optimizers, of_metrics = (list(part) for part in state)
    index = {id(v): i for i, v in enumerate(model.trainable_variables)}
    places, values = model.optimizer.places(), {}
    for phase in model.phases():
        optimizer = model.optimizer.optimizers[phase.name]
        moving = [index[id(v)] for v in model.optimizer.moved[phase.name]]
        own = of_optimizers[places[phase.name]]

        def loss(moved, others, phase=phase, optimizer=optimizer, moving=moving, own=own):
            now = list(trainable)
            for i, tensor in zip(moving, moved, strict=True):
                now[i] = tensor
            inside = zip(optimizer.variables, own, strict=True)
            with _scope(model, now, others, inside) as scope:
                value = phase.mean(x, True)
                scaled = optimizer.scale_loss(value)
            return scaled, (value, _current(scope, model.non_trainable_variables, others))

        moved = [trainable[i] for i in moving]
        with_others = jax.value_and_grad(loss, has_aux=True)
        (_, (values[phase.name], others)), gradients = with_others(moved, others)
        moved, of_optimizers[places[phase.name]] = optimizer.stateless_apply(own, gradients, moved)
        for i, tensor in zip(moving, moved, strict=True):
            trainable[i] = tensor
    logs, of_metrics = _jax_logs(model, values, count, of_metrics)
    return logs, (trainable, others, of_optimizers, of_metrics)


def _test_jax(model, state, data):
    x, count = _data(data)
    trainable, others, of_metrics = state
    with _scope(model, trainable, others) as scope:
        values = model.tested(x)
    others = _current(scope, model.non_trainable_variables, others)
    logs, of_metrics = _jax_logs(model, values, count, of_metrics)
    return logs, (trainable, others, of_metrics)


def _jax_logs(model, values, count, of_metrics):
    mapping = list(zip(model.metrics_variables, of_metrics, strict=True))
    with keras.StatelessScope(state_mapping=mapping) as scope:
        logs = model.update_logs(values, count)
    return logs, _current(scope, model.metrics_variables, of_metrics)


def _scope(model, trainable, others, more=()):
    mapping = [
        *zip(model.trainable_variables, trainable, strict=True),
        *zip(model.non_trainable_variables, others, strict=True),
        *more,
    ]
    return keras.StatelessScope(state_mapping=mapping)


def _current(scope, variables, before):
    now = [scope.get_current_value(v) for v in variables]
    return [old if new is None else new for new, old in zip(now, before, strict=True)]
