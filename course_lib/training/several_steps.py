"""Several steps a call: a small model spends more time being called than computing.

Arrays in memory go, on TensorFlow, through the course's own batches, as many steps a call as
`steps_together` says.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from course_lib.training.batches import epoch_batches, steps_together
from course_lib.training.inputs import in_memory
from course_lib.training.phases import PhasedModel
from course_lib.validation import check_whole


class SeveralSteps(PhasedModel):
    """A phased model that chooses how many steps go into a call, unless `compile` is told."""

    def compile(
        self, optimizer: Any = "adam", steps_per_execution: int | None = None, **kwargs: Any
    ) -> None:
        """Keras' `compile` without losses and metrics: both are the model's own terms.

        Args:
            optimizer: Keras optimizer or its name; of a model in several phases each gets a
                copy. Or one for each, `{phase: optimizer}`.
            steps_per_execution: batches a call of the compiled step. By default `fit` and
                `evaluate` of arrays take as many, up to 16, as fill an epoch best on TensorFlow,
                where a small model spends more time being called than computing; 1 otherwise.
                Callbacks see a batch's end once a call.
            kwargs: `jit_compile`, `run_eagerly` and `auto_scale_loss` of Keras.
        """
        if steps_per_execution is not None:
            check_whole("steps_per_execution", steps_per_execution, low=1)
        self._asked_steps = steps_per_execution
        super().compile(optimizer, steps_per_execution=steps_per_execution or 1, **kwargs)
        self._functions: dict[int, tuple] = {}

    def get_compile_config(self) -> dict[str, Any] | None:
        config = super().get_compile_config()
        return config and {**config, "steps_per_execution": self._asked_steps}

    def _batched(
        self, x: Any, y: Any, sample_weight: Any, batch_size: int | None, shuffle: bool
    ) -> tuple[Any, Any, Any, int]:
        """Arrays in memory as batches on TensorFlow, and how many steps go together."""
        if not in_memory((x, y, sample_weight)) or keras.backend.backend() != "tensorflow":
            return x, y, sample_weight, 1
        parts = tuple(part for part in (x, y, sample_weight) if part is not None)
        count = len(keras.tree.flatten(x)[0])
        together = steps_together(count, batch_size)
        return epoch_batches(parts, batch_size, shuffle), None, None, together

    @contextmanager
    def _executions_of(self, steps: int) -> Iterator[None]:
        """Run with so many steps a call, unless `compile` was told a number."""
        if self._asked_steps is not None or steps == self.steps_per_execution:
            yield
            return
        before = self._swap_functions(steps)
        try:
            yield
        finally:
            self._swap_functions(before)

    def _swap_functions(self, steps):
        # What was compiled for one number of steps waits for its next turn.
        before = self.steps_per_execution
        self._functions[before] = self.train_function, self.test_function
        self.train_function, self.test_function = self._functions.get(steps, (None, None))
        self.steps_per_execution = steps
        return before
