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

from course_lib.training import phase_steps
from course_lib.training.phase_optimizer import PhaseOptimizer


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

    def update_logs(self, values, count):
        """Mean losses of a batch into the trackers; returns what the epoch has so far."""
        for name, value in (values | {"loss": sum(values.values())}).items():
            self._logs.trackers[name].update_state(value, sample_weight=count)
        return {name: tracker.result() for name, tracker in self._logs.trackers.items()}

    def tested(self, x):
        return {phase.name: phase.mean(x, False) for phase in self.phases()}

    def train_step(self, *arguments):
        return phase_steps.train_step(self, *arguments)

    def test_step(self, *arguments):
        return phase_steps.test_step(self, *arguments)


def _variables(layers):
    found = {id(v): v for layer in layers for v in layer.trainable_variables}
    return list(found.values())
