"""Training in phases: several losses in turn, each with its own variables and optimiser.

    for each phase p of a step, in order:    θ_p ← θ_p − optimiser_p( ∂/∂θ_p mean_B L_p(x; θ) )

A phase moves the variables of its own layers and no others, and sees what the phases before it
in the same step have done. That is how two players take turns.

Reference: Goodfellow et al., Generative adversarial nets, 2014, algorithm 1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace

import keras
from keras import ops


@dataclass(frozen=True)
class Phase:
    """One player's turn.

    Args:
        name: of the loss in logs, and of the optimiser in `compile`.
        loss: function `(x, training) -> (B,)`, a value for each example.
        moves: the layers whose trainable variables this phase updates.
    """

    name: str
    loss: Callable
    moves: Sequence

    def mean(self, x, training):
        """The mean loss of a batch, in single precision at least."""
        values = self.loss(x, training)
        return ops.mean(ops.cast(values, keras.backend.result_type(values.dtype, "float32")))


@keras.saving.register_keras_serializable("course_lib")
class PhaseOptimizer(keras.optimizers.Optimizer):
    """The optimisers of all phases, as one: `fit` carries their state, and a file keeps it.

    Args:
        optimizers: `{phase: Keras optimizer or its name}`.
        name: of the whole.
    """

    def __init__(self, optimizers, name="phases"):
        super().__init__(learning_rate=0.0, name=name)
        self.optimizers = {key: keras.optimizers.get(o) for key, o in optimizers.items()}
        # In an object that Keras does not look into: the model's variables are not the optimiser's.
        self._moved = SimpleNamespace(variables=None)

    def build_phases(self, moved):
        """Build each optimiser on the variables that its phase moves: `{phase: variables}`."""
        self._moved.variables = moved
        for key, optimizer in self.optimizers.items():
            if not optimizer.built:
                optimizer.build(moved[key])

    @property
    def moved(self):
        return self._moved.variables

    @property
    def variables(self):
        inner = [v for optimizer in self.optimizers.values() for v in optimizer.variables]
        return [*self._variables, *inner]

    def places(self):
        """Where in `variables` those of each phase's optimiser stand."""
        places, start = {}, len(self._variables)
        for key, optimizer in self.optimizers.items():
            places[key] = slice(start, start + len(optimizer.variables))
            start = places[key].stop
        return places

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        optimizers = {key: serialize(optimizer) for key, optimizer in self.optimizers.items()}
        return {"name": self.name, "optimizers": optimizers}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        deserialize = keras.saving.deserialize_keras_object
        optimizers = {k: deserialize(o, custom_objects) for k, o in config["optimizers"].items()}
        return cls(optimizers, config["name"])


class PhasedModel(keras.Model):
    """A model that trains in phases. A subclass says which, in `phases`.

    Works with `fit`, `evaluate`, `validation_data`, callbacks and saving as any Keras model;
    every phase's loss is logged under its name, and `loss` is their sum. A weight that a
    phase's loss does not reach has a gradient of zero there, on every backend.

    Example: two players and one number each. The first pulls a towards b, the second pushes b
    away from a, and neither touches the other.

    >>> class Chase(PhasedModel):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.a, self.b = keras.layers.Dense(1), keras.layers.Dense(1)
    ...
    ...     def build(self, input_shape):
    ...         self.a.build(input_shape)
    ...         self.b.build(input_shape)
    ...         super().build(input_shape)
    ...
    ...     def distance(self, x, training):
    ...         return ops.square(self.a(x) - self.b(x))[:, 0]
    ...
    ...     def phases(self):
    ...         flee = lambda x, training: -self.distance(x, training)
    ...         return [Phase("chase", self.distance, [self.a]), Phase("flee", flee, [self.b])]
    >>> model = Chase()
    >>> model.compile({"chase": keras.optimizers.SGD(0.1), "flee": "adam"})
    >>> history = model.fit(keras.random.normal((8, 3), seed=0), verbose=0)
    >>> sorted(history.history)
    ['chase', 'flee', 'loss']
    """

    def phases(self):
        """The phases of one step, a list of `Phase`, in their order."""
        raise NotImplementedError

    def compile(self, optimizers, **kwargs):
        """Set the optimisers: `{phase: Keras optimizer or its name}`.

        Args:
            optimizers: one for each phase.
            kwargs: `jit_compile`, `run_eagerly` and `steps_per_execution` of Keras.

        Raises:
            ValueError: if the names are not those of the phases.
        """
        names = [phase.name for phase in self.phases()]
        if not isinstance(optimizers, PhaseOptimizer):
            if not isinstance(optimizers, dict) or set(optimizers) != set(names):
                given = sorted(optimizers) if isinstance(optimizers, dict) else optimizers
                raise ValueError(
                    f"optimizers must be a dictionary with one for each of the phases {names}, "
                    f"but is {given!r}."
                )
            optimizers = PhaseOptimizer({name: optimizers[name] for name in names})
        if self.dtype_policy.name == "mixed_float16":
            for name, optimizer in optimizers.optimizers.items():
                if not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
                    scaled = keras.optimizers.LossScaleOptimizer(optimizer)
                    optimizers.optimizers[name] = scaled
        super().compile(optimizer=optimizers, auto_scale_loss=False, **kwargs)
        # Made after the model may have been built, when Keras tracks nothing new.
        trackers = {name: keras.metrics.Mean(name=name) for name in ("loss", *names)}
        self._logs = SimpleNamespace(trackers=trackers)
        if self.built:
            self._build_optimizers()

    def build(self, input_shape=None):
        self.built = True
        if self.compiled:
            self._build_optimizers()

    def fit(self, x=None, y=None, **kwargs):
        """Keras' `fit`. A model that trains on a dataset or generator is built beforehand."""
        # Keras would build it by a call, and players may have none in common.
        if not self.built and hasattr(x, "shape"):
            self.build((None, *x.shape[1:]))
        return super().fit(x, y, **kwargs)

    def _build_optimizers(self):
        if self.optimizer.moved is None:
            moved = {phase.name: _variables(phase.moves) for phase in self.phases()}
            self.optimizer.build_phases(moved)
            self.optimizer.build(self.trainable_variables)

    def get_compile_config(self):
        return {
            "optimizers": keras.saving.serialize_keras_object(self.optimizer),
            "jit_compile": self.jit_compile,
            "run_eagerly": self.run_eagerly,
            "steps_per_execution": self.steps_per_execution,
        }

    def compile_from_config(self, config):
        optimizers = keras.saving.deserialize_keras_object(config["optimizers"])
        self.compile(**{**config, "optimizers": optimizers})

    @property
    def metrics(self):
        return list(self._logs.trackers.values()) if hasattr(self, "_logs") else []

    def _update_logs(self, values, count):
        """Mean losses of a batch into the trackers; returns what the epoch has so far."""
        for name, value in (values | {"loss": sum(values.values())}).items():
            self._logs.trackers[name].update_state(value, sample_weight=count)
        return {name: tracker.result() for name, tracker in self._logs.trackers.items()}

    def _tested(self, x):
        return {phase.name: phase.mean(x, False) for phase in self.phases()}

    def train_step(self, *arguments):
        return _STEPS[keras.backend.backend()][0](self, *arguments)

    def test_step(self, *arguments):
        return _STEPS[keras.backend.backend()][1](self, *arguments)


def _variables(layers):
    found = {id(v): v for layer in layers for v in layer.trainable_variables}
    return list(found.values())


def _data(data):
    x = data[0] if isinstance(data, (tuple, list)) else data
    return x, ops.shape(x)[0]


def _train_eagerly(model, data):
    """TensorFlow, in a function or not, and PyTorch."""
    x, count = _data(data)
    values = {}
    for phase in model.phases():
        optimizer = model.optimizer.optimizers[phase.name]
        variables = model.optimizer.moved[phase.name]
        values[phase.name], gradients = _GRADIENTS[keras.backend.backend()](
            lambda phase=phase: phase.mean(x, True), variables, optimizer
        )
        _apply(optimizer, gradients, variables)
    return model._update_logs(values, count)


def _apply(optimizer, gradients, variables):
    if keras.backend.backend() == "torch":
        import torch

        with torch.no_grad():
            optimizer.apply(gradients, variables)
    else:
        optimizer.apply(gradients, variables)


def _tensorflow_gradients(loss, variables, optimizer):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        value = loss()
        scaled = optimizer.scale_loss(value)
    tensors = [v.value for v in variables]
    unreached = tf.UnconnectedGradients.ZERO
    return value, tape.gradient(scaled, tensors, unconnected_gradients=unreached)


def _torch_gradients(loss, variables, optimizer):
    import torch

    value = loss()
    tensors = [v.value for v in variables]
    gradients = torch.autograd.grad(optimizer.scale_loss(value), tensors, allow_unused=True)
    pairs = zip(gradients, tensors, strict=True)
    return value.detach(), [torch.zeros_like(t) if g is None else g for g, t in pairs]


def _test_eagerly(model, data):
    x, count = _data(data)
    return model._update_logs(model._tested(x), count)


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
        values = model._tested(x)
    others = _current(scope, model.non_trainable_variables, others)
    logs, of_metrics = _jax_logs(model, values, count, of_metrics)
    return logs, (trainable, others, of_metrics)


def _jax_logs(model, values, count, of_metrics):
    mapping = list(zip(model.metrics_variables, of_metrics, strict=True))
    with keras.StatelessScope(state_mapping=mapping) as scope:
        logs = model._update_logs(values, count)
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


_GRADIENTS = {"tensorflow": _tensorflow_gradients, "torch": _torch_gradients}
_STEPS = {
    "tensorflow": (_train_eagerly, _test_eagerly),
    "torch": (_train_eagerly, _test_eagerly),
    "jax": (_train_jax, _test_jax),
}
