"""Masks: which steps of a sequence count. Padding costs nothing, whatever it holds.

A mask holds booleans in the first axes of what it masks: `(B,)`, or `(B, T)` for `(B, T, D)`.
"""

import keras
from keras import ops

from course_lib.validation import Tensor, check_same_shape


def masked(mask: Tensor, values: Tensor) -> Tensor:
    """Values where the mask is true, and zeros elsewhere, whatever stood there.

    Args:
        mask: booleans of shape `(B,)` or `(B, T)` and so on: the first axes of values.
        values: a tensor of shape `(B, T, ...)`.

    Raises:
        ValueError: if the mask does not hold booleans, or does not fit.

    Example:

    >>> steps = ops.array([[1.0, float("nan")]])
    >>> print(ops.convert_to_numpy(masked(ops.array([[True, False]]), steps)))
    [[1. 0.]]
    """
    if keras.backend.standardize_dtype(mask.dtype) != "bool":
        raise ValueError(f"mask must hold booleans, but its dtype is {mask.dtype}.")
    axes = len(mask.shape)
    first = keras.KerasTensor(tuple(values.shape)[: max(axes, 1)])
    check_same_shape("mask", mask, "the first axes of x", first)
    mask = ops.reshape(mask, (*ops.shape(mask), *[1] * (len(values.shape) - axes)))
    return ops.where(mask, values, ops.zeros_like(values))


def mask_of(tensor: Tensor) -> Tensor | None:
    """The mask that a Keras layer has put on its output, or `None`.

    Args:
        tensor: what a layer or model returned, untouched: an operation on it drops the mask.

    Example:

    >>> steps = keras.layers.Masking(0.0)(ops.array([[[3.0], [0.0]]]))
    >>> print(ops.convert_to_numpy(mask_of(steps)))
    [[ True False]]
    """
    return _MaskOf(name="mask")(tensor)


class _MaskOf(keras.layers.Layer):
    """Where masks are kept differs between backends, but every layer is handed its input's."""

    supports_masking = True

    def call(self, _, mask=None):
        return mask

    def compute_mask(self, *_):
        return None
