"""Layers, a pixel at a time: what a layer has computed once it keeps, until nobody reads it.

A walk goes through an image in reading order. `next_row(rows)` is told the newest row of what
its layer reads, `(N, W, C)`, and `next_pixel(pixel)` the newest pixel, `(N, C)`; each returns the
newest of what the layer makes. All in NumPy, with the weights of the layer: a call of a compiled
layer would cost more than the few numbers it computes.

Reference: Ramachandran, Le Paine, Khorrami, Babaeizadeh, Chang, Zhang, Hasegawa-Johnson, Campbell
and Huang, Fast generation for convolutional autoregressive models, 2017,
https://arxiv.org/abs/1704.06001.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.lib.stride_tricks import sliding_window_view

from course_lib.layers.gated import GatedBlock
from course_lib.layers.masked import MaskedConv2D, masked_kernel


def walked(x: np.ndarray, walks: Sequence[Any], head: Callable) -> Iterator[tuple[int, np.ndarray]]:
    """Logits of one pixel after the other, of layers on top of each other.

    Args:
        x: images `(N, H, W, 1)`, into which the caller may write each pixel in its turn. The first
            layer reads 2x − 1, and 0 outside of the image.
        walks: of the layers. The first one's windows end above and to the left of their pixel.
        head: function from the last layer's pixel `(N, C)` to logits `(N, 1)`.

    Returns:
        For each pixel its place, row by row, and its logits `(N,)`.
    """
    count, height, width, _ = x.shape
    above = np.zeros((count, width, 1), "float32")
    for i in range(height):
        rows = above
        for walk in walks:
            rows = walk.next_row(rows)
        left = np.zeros((count, 1), "float32")
        for j in range(width):
            pixel = left
            for walk in walks:
                pixel = walk.next_pixel(pixel)
            yield i * width + j, head(pixel)[:, 0]
            left = 2 * x[:, i, j] - 1
        above = 2 * x[:, i] - 1


class ConvolutionWalk:
    """A masked convolution of type "A": rows above once a row, pixels to the left once a pixel."""

    def __init__(self, layer: MaskedConv2D, x: np.ndarray) -> None:
        kernel = array(masked_kernel(layer))
        side = layer.kernel_size // 2
        self.bias = array(layer.bias)
        self.rows = Rows(kernel[:side], x)
        self.pixels = Pixels(kernel[side, :side], x)

    def next_row(self, rows: np.ndarray) -> None:
        self.of_rows = iter(np.moveaxis(self.rows.next(rows) + self.bias, 1, 0))
        self.pixels.begin()

    def next_pixel(self, pixel: np.ndarray) -> np.ndarray:
        return next(self.of_rows) + self.pixels.next(pixel)


class GatedWalk:
    """A gated block: its vertical stack goes on once a row, its horizontal one once a pixel."""

    def __init__(self, block: GatedBlock, x: np.ndarray) -> None:
        (above, self.bias), (left, of_left) = weights_of(block.above), weights_of(block.left)
        self.rows = Rows(above, x)
        self.pixels = Pixels(left[0], x)
        across, of_across = weights_of(block.across)
        self.across = lambda v: v @ across + (of_across + of_left)
        self.out = dense(block.out)
        self.first = block.first

    def next_row(self, rows: np.ndarray) -> np.ndarray:
        v = self.rows.next(rows) + self.bias
        self.of_rows = iter(np.moveaxis(self.across(v), 1, 0))
        self.pixels.begin()
        return _gate(v)

    def next_pixel(self, pixel: np.ndarray) -> np.ndarray:
        h = self.out(_gate(next(self.of_rows) + self.pixels.next(pixel)))
        return h if self.first else h + pixel


class Rows:
    """A window of some rows and columns over the newest rows, for all columns at once."""

    def __init__(self, kernel: np.ndarray, x: np.ndarray) -> None:
        self.kernel = kernel
        rows, columns, channels, _ = kernel.shape
        self.side = columns // 2
        self.seen = np.zeros((len(x), rows, x.shape[2] + 2 * self.side, channels), "float32")

    def next(self, newest: np.ndarray) -> np.ndarray:
        """What the window makes of the rows so far, `(N, W, filters)`; newest is `(N, W, C)`."""
        self.seen[:, :-1] = self.seen[:, 1:].copy()
        self.seen[:, -1, self.side : self.side + newest.shape[1]] = newest
        windows = sliding_window_view(self.seen, self.kernel.shape[1], axis=2)
        return np.tensordot(windows, self.kernel, ([1, 4, 3], [0, 1, 2]))


class Pixels:
    """A window over the newest pixels of a row."""

    def __init__(self, kernel: np.ndarray, x: np.ndarray) -> None:
        self.kernel = kernel.reshape(-1, kernel.shape[-1])
        self.seen = np.zeros((len(x), *kernel.shape[:2]), "float32")

    def begin(self) -> None:
        """Begin a row: to its left there are zeros."""
        self.seen[:] = 0

    def next(self, newest: np.ndarray) -> np.ndarray:
        """What the window makes of the pixels so far, `(N, filters)`; newest is `(N, C)`."""
        self.seen[:, :-1] = self.seen[:, 1:].copy()
        self.seen[:, -1] = newest
        return self.seen.reshape(len(newest), -1) @ self.kernel


def dense(layer: keras.layers.Dense) -> Callable:
    """A dense layer without its activation, in NumPy."""
    kernel, bias = weights_of(layer)
    return lambda h: h @ kernel + bias


def weights_of(layer: keras.layers.Layer) -> list[np.ndarray]:
    """A layer's weights in NumPy, in single precision."""
    return [array(weight) for weight in layer.weights]


def array(value: Any) -> np.ndarray:
    """A tensor or variable in NumPy, in single precision."""
    return ops.convert_to_numpy(ops.cast(value, "float32"))


def _gate(x):
    a, b = np.split(x, 2, axis=-1)
    return np.tanh(a) * sigmoid(b)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + e⁻ˣ), by a function that does not overflow."""
    return 0.5 * (1 + np.tanh(0.5 * x))
