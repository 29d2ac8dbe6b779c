"""Recurrent layers, a pixel at a time: the states of one row are all that is kept.

    Row LSTM         the row above enters the gates once a row
    Diagonal BiLSTM  left to right with the pixels; right to left when a row is complete

A walk is what `walks` says.
"""

import keras
import numpy as np

from course_lib.layers.diagonal_lstm import DiagonalBiLSTM
from course_lib.layers.row_lstm import RowLSTM
from course_lib.models.pixel.walks import Pixels, Rows, dense, sigmoid, weights_of


class RowWalk:
    """A Row LSTM."""

    def __init__(self, layer: RowLSTM, x: np.ndarray) -> None:
        kernel, self.bias, recurrent = weights_of(layer)
        units, side = layer.units, layer.side
        self.pixels = Pixels(kernel.reshape(side + 1, -1, 4 * units), x)
        self.rows = Rows(recurrent.reshape(1, layer.kernel_size, units, 4 * units), x)
        self.states, self.cells = np.zeros((2, len(x), x.shape[2], units), "float32")

    def next_row(self, _: None) -> None:
        self.of_rows = self.rows.next(self.states) + self.bias
        self.column = 0
        self.pixels.begin()

    def next_pixel(self, pixel: np.ndarray) -> np.ndarray:
        j, self.column = self.column, self.column + 1
        gates = self.of_rows[:, j] + self.pixels.next(pixel)
        self.states[:, j], self.cells[:, j] = lstm(gates, self.cells[:, j])
        return self.states[:, j]


class DiagonalWalk:
    """A Diagonal BiLSTM."""

    def __init__(self, layer: DiagonalBiLSTM, x: np.ndarray) -> None:
        kernel, bias, recurrent = weights_of(layer)
        self.kernel, self.bias = np.concatenate([kernel, recurrent], axis=1), bias
        size = len(x), x.shape[2], layer.units
        # Of the newest row: what was read, and the states from the left and from the right.
        self.begun = False
        self.read = np.zeros((*size[:2], kernel.shape[1]), "float32")
        self.leftward, self.rightward = np.zeros(size, "float32"), np.zeros(size, "float32")
        self.nothing = np.zeros((len(x), layer.units), "float32")

    def next_row(self, _: None) -> None:
        state = cell = self.nothing
        # Above the first row there is nothing to read.
        for j in reversed(range(self.read.shape[1] if self.begun else 0)):
            state, cell = self._step(1, self.read[:, j], state, self.leftward[:, j], cell)
            self.leftward[:, j] = state
        self.begun = True
        self.column, self.state, self.cell = 0, self.nothing, self.nothing

    def next_pixel(self, pixel: np.ndarray) -> np.ndarray:
        j, self.column = self.column, self.column + 1
        self.read[:, j] = pixel
        above = self.rightward[:, j]
        self.state, self.cell = self._step(0, pixel, self.state, above, self.cell)
        self.rightward[:, j] = self.state
        return self.state + self.leftward[:, j]

    def _step(self, direction, pixel, beside, above, cell):
        seen = np.concatenate([pixel, beside, above], axis=1)
        return lstm(seen @ self.kernel[direction] + self.bias[direction], cell)


class ResidualWalk:
    """A recurrence, a dense layer on its states, and what it has read added to that."""

    def __init__(self, walk: RowWalk | DiagonalWalk, layer: keras.layers.Dense) -> None:
        self.walk = walk
        self.dense = dense(layer)

    def next_row(self, _: None) -> None:
        self.walk.next_row(None)

    def next_pixel(self, pixel: np.ndarray) -> np.ndarray:
        return pixel + self.dense(self.walk.next_pixel(pixel))


def lstm(gates: np.ndarray, cell: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """State and cell of gates `(N, 4 units)`: input, forget and output gate, candidate."""
    i, f, o, candidate = np.split(gates, 4, axis=1)
    cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(candidate)
    return sigmoid(o) * np.tanh(cell), cell
