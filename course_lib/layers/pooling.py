"""Pooling that remembers, unpooling that puts back.

    pool      v = max of a window,  s = where in the window it stood (the switch)
    unpool    with switches: v goes back to s, the rest of the window is 0
              without:       v fills the whole window

and zero-stuffing, which makes a transposed convolution an ordinary one: of stride S, it is
the convolution of the stuffed input with the kernel flipped in both axes.

Images are channels-last and windows do not overlap.

Reference: Zeiler and Fergus, Visualizing and understanding convolutional networks, 2014.
Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016.
"""

import numbers

import keras
from keras import ops

from course_lib.validation import check_array, check_same_shape


@keras.saving.register_keras_serializable("course_lib")
class MaxPoolWithSwitches(keras.layers.Layer):
    """Max-pooling over P × P windows that also says where each maximum stood.

        v = max of the window,   s = P·row + column of the maximum inside the window

    Of equal values the first counts, row by row, as in PyTorch. The gradient goes to that one
    place and is exactly zero everywhere else.

    Args:
        pool_size: P, rows and columns of a window, and the step to the next.
        **kwargs: those of `keras.layers.Layer`.

    Input shape: `(B, H, W, C)`, H and W multiples of P.

    Output shape: a pair, the maxima and the switches (integers from 0 to P² − 1), both
    `(B, H/P, W/P, C)`.

    Raises:
        ValueError: if P is not a whole number of at least 1, or does not divide H and W.

    Reference: Zeiler and Fergus, Visualizing and understanding convolutional networks, 2014.

    Example:

    >>> image = ops.reshape(ops.array([[1.0, 2.0], [4.0, 3.0]]), (1, 2, 2, 1))
    >>> pooled, switches = MaxPoolWithSwitches(2)(image)
    >>> float(pooled[0, 0, 0, 0]), int(switches[0, 0, 0, 0])
    (4.0, 2)
    """

    def __init__(self, pool_size=2, **kwargs):
        super().__init__(**kwargs)
        self.pool_size = _checked_size("pool_size", pool_size)
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def build(self, input_shape):
        P = self.pool_size
        if input_shape[1] % P or input_shape[2] % P:
            raise ValueError(
                f"inputs must have rows and columns in multiples of {P}, "
                f"but their shape is {tuple(input_shape)}."
            )

    def call(self, inputs):
        P = self.pool_size
        _, H, W, C = inputs.shape
        windows = ops.reshape(inputs, (-1, H // P, P, W // P, P, C))
        windows = ops.reshape(
            ops.transpose(windows, (0, 1, 3, 5, 2, 4)), (-1, H // P, W // P, C, P * P)
        )
        switches = ops.cast(ops.argmax(windows, axis=-1), "int32")
        # Not `max`: its gradient is shared among equals.
        kept = _standing_at(switches, P)
        return ops.sum(ops.where(kept, windows, ops.zeros_like(windows)), axis=-1), switches

    def compute_output_shape(self, input_shape):
        B, H, W, C = input_shape
        pooled = (B, H // self.pool_size, W // self.pool_size, C)
        return pooled, pooled

    def compute_output_spec(self, inputs):
        pooled, switches = self.compute_output_shape(inputs.shape)
        return (
            keras.KerasTensor(pooled, self.compute_dtype),
            keras.KerasTensor(switches, "int32"),
        )

    def get_config(self):
        return {**super().get_config(), "pool_size": self.pool_size}


@keras.saving.register_keras_serializable("course_lib")
class Unpool(keras.layers.Layer):
    """The way back from max-pooling: with switches to where a value stood, else everywhere.

    Called on maxima and switches, `unpool(v, s)`, each value goes back to its place and the
    rest of its window is zero. Called on values alone, `unpool(v)`, each fills its window.

    Args:
        pool_size: P, rows and columns of a window.
        **kwargs: those of `keras.layers.Layer`.

    Input shape: `(B, H, W, C)`, switches alike.

    Output shape: `(B, P·H, P·W, C)`.

    Raises:
        ValueError: if P is not a whole number of at least 1, or values and switches differ in
            shape.

    Reference: Zeiler and Fergus, Visualizing and understanding convolutional networks, 2014.

    Example:

    >>> v, s = ops.full((1, 1, 1, 1), 4.0), ops.full((1, 1, 1, 1), 2, dtype="int32")
    >>> print(ops.convert_to_numpy(Unpool(2)(v, s))[0, :, :, 0])
    [[0. 0.]
     [4. 0.]]
    >>> print(ops.convert_to_numpy(Unpool(2)(v))[0, :, :, 0])
    [[4. 4.]
     [4. 4.]]
    """

    def __init__(self, pool_size=2, **kwargs):
        super().__init__(**kwargs)
        self.pool_size = _checked_size("pool_size", pool_size)
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def call(self, inputs, switches=None):
        P = self.pool_size
        if switches is None:
            return ops.repeat(ops.repeat(inputs, P, axis=1), P, axis=2)
        check_same_shape("switches", switches, "inputs", inputs)
        _, H, W, C = inputs.shape
        values = ops.expand_dims(inputs, -1)
        windows = ops.where(_standing_at(switches, P), values, ops.zeros_like(values))
        windows = ops.reshape(windows, (-1, H, W, C, P, P))
        return ops.reshape(ops.transpose(windows, (0, 1, 4, 2, 5, 3)), (-1, P * H, P * W, C))

    def compute_output_shape(self, input_shape):
        B, H, W, C = input_shape
        return (B, self.pool_size * H, self.pool_size * W, C)

    def get_config(self):
        return {**super().get_config(), "pool_size": self.pool_size}


def zero_stuff(x, stride):
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

    Reference: Dumoulin and Visin, 2016, section 4.5.

    Example:

    >>> print(ops.convert_to_numpy(zero_stuff(ops.ones((1, 2, 2, 1)), 2))[0, :, :, 0])
    [[1. 0. 1.]
     [0. 0. 0.]
     [1. 0. 1.]]
    """
    check_array("x", x, rank=4)
    unpool = Unpool(_checked_size("stride", stride), dtype=keras.backend.standardize_dtype(x.dtype))
    _, H, W, _ = x.shape
    first = ops.zeros_like(x, dtype="int32")
    return unpool(x, first)[:, : stride * (H - 1) + 1, : stride * (W - 1) + 1]


def _standing_at(switches, pool_size):
    """For each window, whether each of its P² places is the switch's."""
    return ops.expand_dims(switches, -1) == ops.arange(pool_size**2, dtype="int32")


def _checked_size(name, size):
    if not isinstance(size, numbers.Integral) or size < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, but is {size!r}.")
    return int(size)
