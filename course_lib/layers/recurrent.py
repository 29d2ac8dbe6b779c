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

    def looped(self, steps: Tensor, nothing: Tensor) -> Tensor:
        """States of all steps, `(B, T, ...)`; nothing is the state before the first."""
        return self.loop(steps, initial_state=[nothing, nothing])

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
        self.loop = _loop(_RowCell(self.units, self.side, dtype=self.dtype_policy))

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
        _, height, width, channels = input_shape
        self.loop = _loop(_DiagonalCell(self.units, height, dtype=self.dtype_policy))
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


def _loop(cell):
    # Keras' own loop: on TensorFlow, XLA cannot compile the gradient of `keras.ops.scan`.
    return keras.layers.RNN(cell, return_sequences=True, dtype=cell.dtype_policy)


class _Cell(keras.layers.Layer):
    """One step, as `keras.layers.RNN` calls it."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = self.output_size = units
        self.state_size = [units, units]


class _RowCell(_Cell):
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
        state, cell = _lstm(gates + ops.reshape(above, (-1, *gates.shape[1:])), cell)
        return state, [state, cell]


class _DiagonalCell(_Cell):
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
        state, cell = _lstm(ops.matmul(seen, kernel), cell)
        return state, [state, cell]


def shift_down(x: Tensor) -> Tensor:
    """Maps `(B, H, W, C)` one row further down; the first row is zeros, the last one is gone."""
    return ops.pad(x, [[0, 0], [1, 0], [0, 0], [0, 0]])[:, :-1]


def _lstm(gates, cell):
    """State and cell of gates `(..., 4 units)`: input, forget and output gate, candidate."""
    # Split and not sliced, whose gradients would each be as wide as the gates.
    gates, candidate = ops.split(gates, [3 * cell.shape[-1]], axis=-1)
    i, f, o = ops.split(ops.sigmoid(gates), 3, axis=-1)
    cell = f * cell + i * ops.tanh(candidate)
    return o * ops.tanh(cell), cell


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
