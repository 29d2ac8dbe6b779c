"""The row LSTM: a recurrence down an image, all columns of a row at once.

    gates(i, j) = W [x(i, j−p) … x(i, j)] + U [s(i−1, j−p) … s(i−1, j+p)] + b,    p = ⌊k/2⌋

Reference: van den Oord, Kalchbrenner and Kavukcuoglu, Pixel recurrent neural networks, 2016,
    section 3.1, https://arxiv.org/abs/1601.06759.
"""

from typing import Any

import keras
from keras import ops

from course_lib.layers.recurrent import Cell, Recurrence, loop_of, lstm_step
from course_lib.validation import Tensor, check_whole


@keras.saving.register_keras_serializable("course_lib")
class RowLSTM(Recurrence):
    """An LSTM that goes down an image, all columns of a row at once.

        gates(i, j) = W [x(i, j−p) … x(i, j)] + U [s(i−1, j−p) … s(i−1, j+p)] + b,    p = ⌊k/2⌋

    The state at a pixel has seen the triangle above it that widens by p columns on either side
    with every row, and in each row p pixels more to the left. What the input says to the gates
    is computed for the whole image before the loop over its rows.

    Args:
        units: size of the state at a pixel.
        kernel_size: k, columns of the window, an odd number.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        inputs: x, floats of shape `(B, H, W, C)`, H and W known.

    Returns:
        s, shape `(B, H, W, units)`. It has seen its own pixel of x: for a prediction of that
        pixel x must hold what came before it only.

    Raises:
        ValueError: if a number is no positive whole number, or the window even.

    Reference: van den Oord et al., 2016, section 3.1, https://arxiv.org/abs/1601.06759.

    Example:

    >>> tuple(RowLSTM(4)(ops.ones((2, 5, 6, 3))).shape)
    (2, 5, 6, 4)
    """

    def __init__(self, units: int, kernel_size: int = 3, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.kernel_size = check_whole("kernel_size", kernel_size, low=1)
        if self.kernel_size % 2 == 0:
            raise ValueError(f"kernel_size must be odd, but is {kernel_size!r}.")
        self.side = self.kernel_size // 2
        self.loop = loop_of(_RowCell(self.units, self.side, dtype=self.dtype_policy))

    def build(self, input_shape):
        super().build(input_shape)
        read, gates = (self.side + 1) * input_shape[-1], 4 * self.units
        self.kernel = self.add_weight(shape=(read, gates), name="kernel")
        self.bias = self.add_weight(shape=(gates,), initializer="zeros", name="bias")
        self.loop.build((*input_shape[:-1], gates))

    def call(self, inputs: Tensor) -> Tensor:
        gates = ops.matmul(_beside(inputs, self.side, 0), self.kernel) + self.bias
        return self.looped(gates, ops.zeros_like(gates[:, 0, :, : self.units]))

    def get_config(self):
        return {**super().get_config(), "kernel_size": self.kernel_size}


class _RowCell(Cell):
    """One row: to the gates come the states above."""

    def __init__(self, units, side, **kwargs):
        super().__init__(units, **kwargs)
        self.side = side

    def build(self, input_shape):
        window = (2 * self.side + 1) * self.units
        self.kernel = self.add_weight(shape=(window, 4 * self.units), name="recurrent_kernel")

    def call(self, gates, states):
        state, cell = states
        seen = _beside(state, self.side, self.side)
        # Flat: the gradient of a product of more axes is none that XLA could compile in a loop.
        above = ops.matmul(ops.reshape(seen, (-1, seen.shape[-1])), self.kernel)
        state, cell = lstm_step(gates + ops.reshape(above, (-1, *gates.shape[1:])), cell)
        return state, [state, cell]


def _beside(x, left, right):
    """Each column of `(B, ..., W, C)` with its neighbours: `(B, ..., W, (left + 1 + right) C)`."""
    width = x.shape[-2]
    pad = [[0, 0]] * (len(x.shape) - 2) + [[left, right], [0, 0]]
    x = ops.pad(x, pad)
    return ops.concatenate([x[..., k : k + width, :] for k in range(left + 1 + right)], axis=-1)
