"""Pooling that remembers, unpooling that puts back.

    pool      v = max of a window,  s = where in the window it stood (the switch)
    unpool    with switches: v goes back to s, the rest of the window is 0
              without:       v fills the whole window

and zero-stuffing, which makes a transposed convolution an ordinary one: of stride S, it is
the convolution of the stuffed input with the kernel flipped in both axes.

Images are channels-last and windows do not overlap.

Reference: Zeiler and Fergus, Visualizing and understanding convolutional networks, 2014,
    https://arxiv.org/abs/1311.2901. Dumoulin and Visin, A guide to convolution arithmetic for deep
    learning, 2016, https://arxiv.org/abs/1603.07285.
"""

from typing import Any

import keras
from keras import ops

from course_lib.validation import Tensor, check_array, check_same_shape, check_whole


@keras.saving.register_keras_serializable("course_lib")
class MaxPoolWithSwitches(keras.layers.Layer):
    """Max-pooling over P × P windows that also says where each maximum stood.

        v = max of the window,   s = P·row + column of the maximum inside the window

    Of equal values the first counts, row by row, as in PyTorch. The gradient goes to that one
    place and is exactly zero everywhere else.

    Args:
        pool_size: P, rows and columns of a window, and the step to the next.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        inputs: floats of shape `(B, H, W, C)`, H and W multiples of P.

    Returns:
        A pair, the maxima and the switches (integers from 0 to P² − 1), both
        `(B, H/P, W/P, C)`. The maximum of a window that holds NaN is NaN.

    Raises:
        ValueError: if P is not a whole number of at least 1, or does not divide H and W.

    Reference: Zeiler and Fergus, Visualizing and understanding convolutional networks, 2014,
        https://arxiv.org/abs/1311.2901.

    Example:

    >>> image = ops.reshape(ops.array([[1.0, 2.0], [4.0, 3.0]]), (1, 2, 2, 1))
    >>> pooled, switches = MaxPoolWithSwitches(2)(image)
    >>> float(pooled[0, 0, 0, 0]), int(switches[0, 0, 0, 0])
    (4.0, 2)
    """

    def __init__(self, pool_size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pool_size = check_whole("pool_size", pool_size, low=1)
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def call(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        P = self.pool_size
        self._check_divides(inputs.shape)
        B, H, W, C = ops.shape(inputs)
        windows = ops.reshape(inputs, (B, H // P, P, W // P, P, C))
        # Place by place: the gradient of `max` is shared among equals, and on some backends
        # nothing is larger than NaN, on others everything.
        places = [p for row in ops.unstack(windows, axis=2) for p in ops.unstack(row, axis=3)]
        largest, switches = places[0], ops.zeros_like(places[0], dtype="int32")
        for n, value in enumerate(places[1:], start=1):
            larger = ops.logical_and(ops.logical_not(value <= largest), largest == largest)
            largest = ops.where(larger, value, largest)
            switches = ops.where(larger, n, switches)
        return largest, switches

    def compute_output_shape(self, input_shape):
        self._check_divides(input_shape)
        B, H, W, C = input_shape
        pooled = (B, *(None if n is None else n // self.pool_size for n in (H, W)), C)
        return pooled, pooled

    def compute_output_spec(self, inputs):
        pooled, switches = self.compute_output_shape(inputs.shape)
        return (
            keras.KerasTensor(pooled, self.compute_dtype),
            keras.KerasTensor(switches, "int32"),
        )

    def get_config(self):
        return {**super().get_config(), "pool_size": self.pool_size}

    def _check_divides(self, shape):
        if any(n is not None and n % self.pool_size for n in shape[1:3]):
            raise ValueError(
                f"inputs must have rows and columns in multiples of {self.pool_size}, "
                f"but their shape is {tuple(shape)}."
            )


@keras.saving.register_keras_serializable("course_lib")
class Unpool(keras.layers.Layer):
    """The way back from max-pooling: with switches to where a value stood, else everywhere.

    Called on maxima and switches, `unpool(v, s)`, each value goes back to its place and the
    rest of its window is zero. Called on values alone, `unpool(v)`, each fills its window.

    Args:
        pool_size: P, rows and columns of a window.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        inputs: v, floats of shape `(B, H, W, C)`.
        switches: s, whole numbers of the same shape, in any format.

    Returns:
        Images `(B, P·H, P·W, C)`.

    Raises:
        ValueError: if P is not a whole number of at least 1, or values and switches differ in
            shape.

    Reference: Zeiler and Fergus, Visualizing and understanding convolutional networks, 2014,
        https://arxiv.org/abs/1311.2901.

    Example:

    >>> v, s = ops.full((1, 1, 1, 1), 4.0), ops.full((1, 1, 1, 1), 2, dtype="int32")
    >>> print(ops.convert_to_numpy(Unpool(2)(v, s))[0, :, :, 0])
    [[0. 0.]
     [4. 0.]]
    >>> print(ops.convert_to_numpy(Unpool(2)(v))[0, :, :, 0])
    [[4. 4.]
     [4. 4.]]
    """

    def __init__(self, pool_size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pool_size = check_whole("pool_size", pool_size, low=1)
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def call(self, inputs: Tensor, switches: Tensor | None = None) -> Tensor:
        P = self.pool_size
        if switches is None:
            return ops.repeat(ops.repeat(inputs, P, axis=1), P, axis=2)
        check_same_shape("switches", switches, "inputs", inputs)
        B, H, W, C = ops.shape(inputs)
        switches = ops.cast(switches, "int32")
        rows = []
        for row in range(P):
            places = [ops.where(switches == P * row + column, inputs, 0.0) for column in range(P)]
            rows.append(ops.stack(places, axis=3))
        return ops.reshape(ops.stack(rows, axis=2), (B, P * H, P * W, C))

    def compute_output_shape(self, inputs_shape, switches_shape=None):
        B, H, W, C = inputs_shape
        return (B, *(None if n is None else n * self.pool_size for n in (H, W)), C)

    def get_config(self):
        return {**super().get_config(), "pool_size": self.pool_size}


def zero_stuff(x: Tensor, stride: int) -> Tensor:
    """Puts `stride` − 1 zeros between neighbouring pixels.

    A transposed convolution of stride S and a K × K kernel is the "full" convolution of the
    stuffed image (K − 1 zeros around it) with the kernel flipped in both axes and its input
    and output channels exchanged.

    Args:
        x: images `(B, H, W, C)`.
        stride: S ≥ 1.

    Returns:
        Images `(B, S(H − 1) + 1, S(W − 1) + 1, C)`.

    Raises:
        ValueError: if x is not images of floats, or the stride not a whole number of at least 1.

    Reference: Dumoulin and Visin, 2016, section 4.5, https://arxiv.org/abs/1603.07285.

    Example:

    >>> print(ops.convert_to_numpy(zero_stuff(ops.ones((1, 2, 2, 1)), 2))[0, :, :, 0])
    [[1. 0. 1.]
     [0. 0. 0.]
     [1. 0. 1.]]
    """
    check_array("x", x, rank=4)
    stride = check_whole("stride", stride, low=1)
    unpool = Unpool(stride, dtype=keras.backend.standardize_dtype(x.dtype))
    _, H, W, _ = ops.shape(x)
    first = ops.zeros_like(x, dtype="int32")
    return unpool(x, first)[:, : stride * (H - 1) + 1, : stride * (W - 1) + 1]
