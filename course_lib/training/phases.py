"""Training in phases: several losses in turn, each with its own variables and optimiser.

    for each phase p of a step, in order:    θ_p ← θ_p − optimiser_p( ∂L_p(x, y; θ) / ∂θ_p )

L_p is the objective of the phase's terms. A phase moves the variables of its own layers and no
others, and sees what the phases before it in the same step have done: that is how two players
take turns. A model of one phase is trained as Keras trains any.

Reference: Goodfellow et al., Generative adversarial nets, 2014, algorithm 1,
https://arxiv.org/abs/1406.2661.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import keras

from course_lib.training import phase_steps
from course_lib.training.objective import objective
from course_lib.training.phase_optimizer import PhaseOptimizer
from course_lib.validation import Tensor


@dataclass(frozen=True)
class Phase:
    """One player's turn.

    Args:
        name: of the phase, and of its optimiser in `compile`.
        terms: function `(x, y, training) -> {term: (B,)}`, or `-> (B,)` for a phase whose one
            term has the phase's name.
        moves: the layers whose trainable variables this phase updates, and whose penalties it
            pays.
        weights: function `training -> {term: number}`, the price of each term, asked after the
            terms; by default 1 for the term of the phase's name.
        of_batch: whether the terms' examples are those of the batch, so that its sample weights
            concern them.
    """

    name: str
    terms: Callable
    moves: Sequence[keras.layers.Layer]
    weights: Callable | None = None
    of_batch: bool = True

    def prices(self, training: bool = False) -> dict[str, Any]:
        """What each term costs."""
        return {self.name: 1.0} if self.weights is None else self.weights(training)

    def values(self, x: Tensor, y: Tensor, training: bool) -> dict[str, Tensor]:
        """The terms of each example, `{term: (B,)}`."""
        terms = self.terms(x, y, training)
        return terms if isinstance(terms, dict) else {self.name: terms}

    def objective(
        self, x: Tensor, y: Tensor, sample_weight: Tensor | None, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of a batch, and what logs show of it."""
        terms = self.values(x, y, training)
        # Read last: what a layer asks for belongs to the call that was made just now.
        penalties = self.together().losses
        weights = sample_weight if self.of_batch else None
        return objective(terms, self.prices(training), weights, penalties)

    def together(self) -> keras.layers.Layer:
        """What moves, as one layer: it names a variable or penalty that two share only once."""
        if len(self.moves) == 1:
            return self.moves[0]
        together = keras.layers.Layer()
        together.parts = list(self.moves)
        return together


class PhasedModel(keras.Model):
    """A model that trains in phases. A subclass says which, in `phases`.

    Works with `fit`, `evaluate`, `validation_data`, callbacks and saving as any Keras model;
    every term is logged under its name, and `loss` is the sum of the phases' losses. A weight
    that a phase's loss does not reach has a gradient of zero there, on every backend.

    Example: two players and one number each. The first pulls a towards b, the second pushes b
    away from a, and neither touches the other.

    >>> from keras import ops
    >>> class Chase(PhasedModel):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.a, self.b = keras.layers.Dense(1), keras.layers.Dense(1)
    ...
    ...     def call(self, x):
    ...         return self.a(x) - self.b(x)
    ...
    ...     def distance(self, x, y, training):
    ...         return ops.square(self(x))[:, 0]
    ...
    ...     def phases(self):
    ...         flee = lambda x, y, training: -self.distance(x, y, training)
    ...         return [Phase("chase", self.distance, [self.a]), Phase("flee", flee, [self.b])]
    >>> model = Chase()
    >>> model.compile({"chase": keras.optimizers.SGD(0.1), "flee": "adam"})
    >>> history = model.fit(keras.random.normal((8, 3), seed=0), verbose=0)
    >>> sorted(history.history)
    ['chase', 'flee', 'loss']
    """

    def phases(self) -> list[Phase]:
        """The phases of one step, in their order."""
        raise NotImplementedError

    def loss_terms(self, x: Tensor, y: Tensor = None, training: bool = False) -> dict[str, Tensor]:
        """The terms of all phases for each example, `{term: (B,)}`.

        Args:
            x: data `(B, ...)`.
            y: what is to be rebuilt, `(B, ...)`; x by default.
            training: whether layers behave as in training.
        """
        found: dict[str, Tensor] = {}
        for phase in self.phases():
            found |= phase.values(x, x if y is None else y, training)
        return found

    @property
    def term_weights(self) -> dict[str, Any]:
        """What each term costs: `{name: weight}`, in the order of the logs."""
        return {name: price for phase in self.phases() for name, price in phase.prices().items()}

    def compile(self, optimizer: Any = "adam", **kwargs: Any) -> None:
        """Keras' `compile` without losses and metrics: both are the model's own terms.

        Args:
            optimizer: Keras optimizer or its name; of a model in several phases each gets a
                copy. Or one for each, `{phase: optimizer}`.
            kwargs: `jit_compile`, `run_eagerly`, `steps_per_execution` and `auto_scale_loss` of
                Keras.

        Raises:
            ValueError: if losses or metrics are given, or names that are not those of the phases.
        """
        for name in ("loss", "loss_weights", "metrics", "weighted_metrics"):
            if kwargs.pop(name, None) is not None:
                raise ValueError(
                    f"{name} must be absent, because a model of the course minimises and logs "
                    "its own terms."
                )
        phases = self.phases()
        names = [phase.name for phase in phases]
        if not isinstance(optimizer, PhaseOptimizer):
            each = _for_each(names, optimizer)
            # A model whose one phase moves all of it has one optimiser, as any Keras model.
            whole = len(phases) == 1 and phases[0].moves[0] is self
            optimizer = each[names[0]] if whole else PhaseOptimizer(each)
        if isinstance(optimizer, PhaseOptimizer):
            if list(optimizer.by_phase) != names:
                raise ValueError(
                    f"optimizer must be for the phases {names}, but is for "
                    f"{list(optimizer.by_phase)}."
                )
            if kwargs.pop("auto_scale_loss", True) and self.dtype_policy.name == "mixed_float16":
                for name, inner in optimizer.by_phase.items():
                    if not isinstance(inner, keras.optimizers.LossScaleOptimizer):
                        optimizer.by_phase[name] = keras.optimizers.LossScaleOptimizer(inner)
            kwargs["auto_scale_loss"] = False
        super().compile(optimizer=optimizer, **kwargs)
        # In an object that Keras does not look into: it tracks nothing new once it has built.
        trackers = {name: keras.metrics.Mean(name=name) for name in ("loss", *self.term_weights)}
        self._training = SimpleNamespace(trackers=trackers, moved=None)
        if self.built:
            self._build_optimizers()

    def compile_from_config(self, config: Any) -> None:
        self.compile(**keras.saving.deserialize_keras_object(config))

    def build(self, input_shape: Any) -> None:
        self.built = True

    def make_train_function(self, force: bool = False) -> Any:
        # The last moment: by now every layer has its variables.
        self._build_optimizers()
        return super().make_train_function(force)

    def _build_optimizers(self):
        if self._training.moved is not None:
            return
        phases = self.phases()
        moved = {phase.name: phase.together().trainable_variables for phase in phases}
        self._training.moved = moved
        if isinstance(self.optimizer, PhaseOptimizer):
            self.optimizer.build_phases(moved)
        if not self.optimizer.built:
            self.optimizer.build(self.trainable_variables)

    def players(self) -> Iterator[tuple[Phase, keras.optimizers.Optimizer, list]]:
        """Each phase of a step with its optimiser, and the variables it moves."""
        for phase in self.phases():
            one = not isinstance(self.optimizer, PhaseOptimizer)
            optimizer = self.optimizer if one else self.optimizer.by_phase[phase.name]
            yield phase, optimizer, self._training.moved[phase.name]

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return list(self._training.trackers.values()) if hasattr(self, "_training") else []

    def update_logs(self, logs: dict[str, Tensor], count: Any) -> dict[str, Tensor]:
        """Means of a batch into the trackers; returns what the epoch has so far."""
        for name, value in logs.items():
            self._training.trackers[name].update_state(value, sample_weight=count)
        return {name: tracker.result() for name, tracker in self._training.trackers.items()}

    def given(self, x: Any, y: Any) -> tuple[Any, Any]:
        """The input and the target of a batch `(x, y)` of `fit`: without a target, x is both."""
        return x, x if y is None else y

    def train_step(self, *arguments: Any) -> Any:
        return phase_steps.train_step(self, *arguments)

    def test_step(self, *arguments: Any) -> Any:
        return phase_steps.test_step(self, *arguments)


def _for_each(names, optimizer):
    if isinstance(optimizer, dict) and "class_name" not in optimizer:
        if set(optimizer) != set(names):
            raise ValueError(
                f"optimizer must be one for all or one for each of the phases {names}, "
                f"but is for {sorted(optimizer)}."
            )
        return {name: optimizer[name] for name in names}
    first = keras.optimizers.get(optimizer)
    if len(names) == 1:
        return {names[0]: first}
    return {name: first.from_config(first.get_config()) for name in names}
