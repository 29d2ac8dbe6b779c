"""A loop over steps that every backend compiles and differentiates.

    (oₜ, sₜ) = step(iₜ, sₜ₋₁),   t = 1 … T

It is the recurrence of `keras.layers.RNN`. `keras.ops.scan` says the same, but on TensorFlow its
outputs have to look like its states, and XLA finds no gradient of it.
"""

from collections.abc import Callable, Sequence

import keras
from keras import ops

from course_lib.losses.sums import at_least_float32
from course_lib.validation import Tensor


def in_steps(
    step: Callable, inputs: Tensor, states: Sequence[Tensor]
) -> tuple[Tensor, list[Tensor]]:
    """Outputs of all steps, and the states after the last.

    Args:
        step: function `(input (B, D), states) -> (output (B, O), states)`.
        inputs: `(B, T, D)`.
        states: tensors `(B, ...)`; they are carried in single precision at least.

    Returns:
        Outputs `(B, T, O)` and the list of states.

    Example:

    >>> count = lambda i, s: (i + s[0], [i + s[0]])
    >>> outputs, _ = in_steps(count, ops.ones((1, 3, 1)), [ops.zeros((1, 1))])
    >>> print(ops.convert_to_numpy(outputs)[0, :, 0])
    [1. 2. 3.]
    """
    dtype = at_least_float32(states[0].dtype)
    loop = keras.layers.RNN(
        _Cell(step, len(states), dtype), return_sequences=True, return_state=True, dtype=dtype
    )
    outputs, *last = loop(inputs, initial_state=list(states))
    return outputs, last


class _Cell:
    """A function in the clothes of a cell of Keras, which has no weights of its own."""

    def __init__(self, step, states, dtype):
        self.call = step
        self.state_size = [1] * states
        self.compute_dtype = dtype

    def __call__(self, inputs, states):
        output, states = self.call(inputs, list(states))
        return (
            ops.cast(output, self.compute_dtype),
            [ops.cast(state, self.compute_dtype) for state in states],
        )
