"""What recurrences over the pixels of an image share: an LSTM whose past is what was read before.

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


class Recurrence(keras.layers.Layer):
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


class Cell(keras.layers.Layer):
    """One step, as `keras.layers.RNN` calls it."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = self.output_size = units
        self.state_size = [units, units]


def loop_of(cell: Cell) -> keras.layers.RNN:
    """The layer that goes through steps `(B, T, ...)` with this cell, and returns all states."""
    # Keras' own loop: on TensorFlow, XLA cannot compile the gradient of `keras.ops.scan`.
    return keras.layers.RNN(cell, return_sequences=True, dtype=cell.dtype_policy)


def lstm_step(gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    """State and cell of gates `(..., 4 units)`: input, forget and output gate, candidate."""
    # Split and not sliced, whose gradients would each be as wide as the gates.
    gates, candidate = ops.split(gates, [3 * cell.shape[-1]], axis=-1)
    i, f, o = ops.split(ops.sigmoid(gates), 3, axis=-1)
    cell = f * cell + i * ops.tanh(candidate)
    return o * ops.tanh(cell), cell
