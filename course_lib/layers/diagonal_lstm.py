"""The diagonal BiLSTM: a recurrence across an image from both upper corners.

    left to right   gates(i, j) = W x(i, j) + U [s(i, j−1), s(i−1, j)] + b
    right to left   gates(i, j) = W'x(i, j) + U'[t(i, j+1), t(i−1, j)] + b'
    together        s(i, j) + t(i−1, j)

Reference: van den Oord, Kalchbrenner and Kavukcuoglu, Pixel recurrent neural networks, 2016,
    section 3.2, https://arxiv.org/abs/1601.06759.
"""

import keras
from keras import ops

from course_lib.layers.recurrent import Cell, Recurrence, loop_of, lstm_step
from course_lib.validation import Tensor


@keras.saving.register_keras_serializable("course_lib")
class DiagonalBiLSTM(Recurrence):
    """Two LSTMs that cross an image diagonal by diagonal, one from each upper corner.

        left to right   gates(i, j) = W x(i, j) + U [s(i, j−1), s(i−1, j)] + b
        right to left   gates(i, j) = W'x(i, j) + U'[t(i, j+1), t(i−1, j)] + b'
        together        s(i, j) + t(i−1, j)

    The second has seen pixels to the right in its row, which must stay unseen: so it is taken from
    the row above, and together they have seen every pixel of the rows above and all to the left.
    Pixels of one diagonal do not wait for each other: skewed by one column a row, the diagonals
    are columns, and both directions go through them in one loop.

    Args:
        units: size of the state at a pixel, of each direction.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        inputs: x, floats of shape `(B, H, W, C)`, H and W known.

    Returns:
        Shape `(B, H, W, units)`. It has seen its own pixel of x: for a prediction of that pixel
        x must hold what came before it only.

    Raises:
        ValueError: if units are no positive whole number.

    Reference: van den Oord et al., 2016, section 3.2, https://arxiv.org/abs/1601.06759.

    Example:

    >>> tuple(DiagonalBiLSTM(4)(ops.ones((2, 5, 6, 3))).shape)
    (2, 5, 6, 4)
    """

    def build(self, input_shape):
        super().build(input_shape)
        _, height, width, channels = input_shape
        self.loop = loop_of(_DiagonalCell(self.units, height, dtype=self.dtype_policy))
        self.loop.build((2, width + height - 1, None, channels + 1))

    def call(self, inputs: Tensor) -> Tensor:
        height, width, channels = inputs.shape[1:]
        steps = width + height - 1
        # A channel of ones carries the bias: outside of the image it is 0, and states stay 0.
        inputs = ops.concatenate([inputs, ops.ones_like(inputs[..., :1])], axis=-1)
        # The narrow input is skewed, and not the wide gates, which are made inside of the loop.
        both = _skew(ops.concatenate([inputs, ops.flip(inputs, axis=2)], axis=0))
        both = ops.reshape(both, (2, -1, height, steps, channels + 1))
        both = ops.reshape(ops.transpose(both, (0, 3, 1, 2, 4)), (2, steps, -1, channels + 1))
        nothing = ops.repeat(ops.zeros_like(both[:, 0, :, :1]), self.units, axis=-1)
        states = self.looped(both, nothing)
        states = ops.reshape(states, (2, steps, -1, height, self.units))
        states = ops.reshape(
            ops.transpose(states, (0, 2, 3, 1, 4)), (-1, height, steps, self.units)
        )
        states = ops.reshape(_unskew(states, width), (2, -1, height, width, self.units))
        return states[0] + shift_down(ops.flip(states[1], axis=2))


class _DiagonalCell(Cell):
    """One diagonal, `(2, B · H, C + 1)`, in both directions."""

    def __init__(self, units, height, **kwargs):
        super().__init__(units, **kwargs)
        self.height = height

    def build(self, input_shape):
        # Glorot's, of each direction: Keras takes the 2 for a window, and halves the variance.
        glorot = keras.initializers.VarianceScaling(2.0, "fan_avg", "uniform")
        gates, units = 4 * self.units, self.units
        shape = (2, input_shape[-1] - 1, gates)
        self.kernel = self.add_weight(shape=shape, initializer=glorot, name="kernel")
        self.bias = self.add_weight(shape=(2, 1, gates), initializer="zeros", name="bias")
        self.recurrent_kernel = self.add_weight(
            shape=(2, 2 * units, gates), initializer=glorot, name="recurrent_kernel"
        )

    def call(self, column, states):
        state, cell = states
        above = shift_down(ops.reshape(state, (-1, self.height, 1, self.units)))
        above = ops.reshape(above, (2, -1, self.units))
        seen = ops.concatenate([column, state, above], axis=-1)
        parts = (self.kernel, self.bias, self.recurrent_kernel)
        kernel = ops.concatenate([ops.convert_to_tensor(part) for part in parts], axis=1)
        state, cell = lstm_step(ops.matmul(seen, kernel), cell)
        return state, [state, cell]


def shift_down(x: Tensor) -> Tensor:
    """Maps `(B, H, W, C)` one row further down; the first row is zeros, the last one is gone."""
    return ops.pad(x, [[0, 0], [1, 0], [0, 0], [0, 0]])[:, :-1]


def _skew(x):
    """Row i of `(B, H, W, C)` moved right by i, with zeros beside it: `(B, H, W + H − 1, C)`."""
    _, height, width, channels = x.shape
    # Lines of W + H, read as lines of one less: each begins one further to the right.
    x = ops.pad(x, [[0, 0], [0, 0], [0, height], [0, 0]])
    x = ops.reshape(x, (-1, height * (width + height), channels))[:, :-height]
    return ops.reshape(x, (-1, height, width + height - 1, channels))


def _unskew(x, width):
    _, height, _, channels = x.shape
    x = ops.reshape(x, (-1, height * (width + height - 1), channels))
    x = ops.pad(x, [[0, 0], [0, height], [0, 0]])
    return ops.reshape(x, (-1, height, width + height, channels))[:, :, :width]
