"""Recurrences over the pixels of an image: an LSTM whose past is what was read before.

    i, f, o = sigmoid(gates),   g = tanh(gate)        gates = W x + U (states before) + b
    c = f ⊙ (cell before) + i ⊙ g
    s = o ⊙ tanh(c)

    Row LSTM         states before: the row above, within a window        a triangle is seen
    Diagonal BiLSTM  states before: the pixel above and the one beside    everything is seen

Reference: van den Oord, Kalchbrenner and Kavukcuoglu, Pixel recurrent neural networks, 2016,
    section 3, https://arxiv.org/abs/1601.06759.
"""

from typing import Any

import keras
from keras import ops

from course_lib.validation import Tensor, check_whole


class _Recurrence(keras.layers.Layer):
    """What both share: units, and images whose size is known."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = check_whole("units", units, low=1)

    def build(self, input_shape):
        if len(input_shape) != 4 or None in input_shape[1:]:
            raise ValueError(
                "inputs must be maps of a known size, (B, H, W, C), but their shape is "
                f"{tuple(input_shape)}."
            )

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable("course_lib")
class RowLSTM(_Recurrence):
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

    def build(self, input_shape):
        super().build(input_shape)
        read = (self.side + 1) * input_shape[-1]
        gates = 4 * self.units
        self.kernel = self.add_weight(shape=(read, gates), name="kernel")
        self.recurrent_kernel = self.add_weight(
            shape=(self.kernel_size * self.units, gates), name="recurrent_kernel"
        )
        self.bias = self.add_weight(shape=(gates,), initializer="zeros", name="bias")

    def call(self, inputs: Tensor) -> Tensor:
        gates = ops.matmul(_beside(inputs, self.side, 0), self.kernel) + self.bias
        recurrent = ops.convert_to_tensor(self.recurrent_kernel)

        def step(carry, gates):
            state, cell = carry
            seen = _beside(state, self.side, self.side)
            carry = _lstm(gates + ops.matmul(seen, recurrent), cell)
            # On TensorFlow the outputs of a scan must have the structure of what it carries.
            return carry, carry

        rows = ops.transpose(gates, (1, 0, 2, 3))
        nothing = ops.zeros_like(rows[0][..., : self.units])
        states, _ = ops.scan(step, (nothing, nothing), rows)[1]
        return ops.transpose(states, (1, 0, 2, 3))

    def get_config(self):
        return {**super().get_config(), "kernel_size": self.kernel_size}


@keras.saving.register_keras_serializable("course_lib")
class DiagonalBiLSTM(_Recurrence):
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
        gates = 4 * self.units
        # Glorot's, of each direction: Keras takes the 2 for a window, and halves the variance.
        glorot = keras.initializers.VarianceScaling(2.0, "fan_avg", "uniform")
        self.kernel = self.add_weight(
            shape=(2, input_shape[-1], gates), initializer=glorot, name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            shape=(2, 2 * self.units, gates), initializer=glorot, name="recurrent_kernel"
        )
        self.bias = self.add_weight(shape=(2, 1, gates), initializer="zeros", name="bias")

    def call(self, inputs: Tensor) -> Tensor:
        height, width, channels = inputs.shape[1:]
        steps = width + height - 1
        # A channel of ones carries the bias: outside of the image it is 0, and states stay 0.
        inputs = ops.concatenate([inputs, ops.ones_like(inputs[..., :1])], axis=-1)
        both = _skew(ops.concatenate([inputs, ops.flip(inputs, axis=2)], axis=0))
        both = ops.transpose(both, (2, 0, 1, 3))
        both = ops.reshape(both, (steps, 2, -1, channels + 1))
        # The narrow input is skewed, and not the wide gates, which are made inside of the loop.
        parts = (self.kernel, self.bias, self.recurrent_kernel)
        kernel = ops.concatenate([ops.convert_to_tensor(p) for p in parts], axis=1)

        def step(carry, column):
            state, cell = carry
            above = shift_down(ops.reshape(state, (-1, height, 1, self.units)))
            above = ops.reshape(above, (2, -1, self.units))
            seen = ops.concatenate([column, state, above], axis=-1)
            carry = _lstm(ops.matmul(seen, kernel), cell)
            return carry, carry

        nothing = ops.repeat(ops.zeros_like(both[0][..., :1]), self.units, axis=-1)
        states, _ = ops.scan(step, (nothing, nothing), both)[1]
        states = ops.reshape(states, (steps, -1, height, self.units))
        states = _unskew(ops.transpose(states, (1, 2, 0, 3)), width)
        states = ops.reshape(states, (2, -1, height, width, self.units))
        return states[0] + shift_down(ops.flip(states[1], axis=2))


def shift_down(x: Tensor) -> Tensor:
    """Maps `(B, H, W, C)` one row further down; the first row is zeros, the last one is gone."""
    return ops.pad(x, [[0, 0], [1, 0], [0, 0], [0, 0]])[:, :-1]


def _lstm(gates, cell):
    """State and cell of gates `(..., 4 units)`: input, forget and output gate, candidate."""
    units = cell.shape[-1]
    open_ = ops.sigmoid(gates[..., : 3 * units])
    candidate = ops.tanh(gates[..., 3 * units :])
    cell = open_[..., units : 2 * units] * cell + open_[..., :units] * candidate
    return open_[..., 2 * units :] * ops.tanh(cell), cell


def _beside(x, left, right):
    """Each column of `(B, ..., W, C)` with its neighbours: `(B, ..., W, (left + 1 + right) C)`."""
    width = x.shape[-2]
    pad = [[0, 0]] * (len(x.shape) - 2) + [[left, right], [0, 0]]
    x = ops.pad(x, pad)
    return ops.concatenate([x[..., k : k + width, :] for k in range(left + 1 + right)], axis=-1)


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
