"""What is searched: real codes in single precision, or bits packed eight to a byte."""

import numpy as np
from keras import ops

from course_lib.validation import Tensor, check_array


def floats(name: str, x: Tensor, width: int | None = None) -> np.ndarray:
    """Codes `(N, K)` as a NumPy array of finite floats; of K = width, if one is given.

    Example:

    >>> floats("codes", ops.ones((2, 3), "bfloat16")).dtype
    dtype('float32')
    """
    check_array(name, x, rank=2)
    x = ops.convert_to_numpy(x)
    x = x.astype("float32") if x.dtype.itemsize < 4 else x
    check_array(name, x, rank=2)
    return _fitting(name, x, width)


def packed(name: str, x: np.ndarray, width: int | None = None) -> np.ndarray:
    """Packed bits `(N, ⌈K/8⌉)`, NumPy uint8; of so many bytes, if a width is given.

    Example:

    >>> packed("codes", np.packbits([[True] * 9], axis=1)).shape
    (1, 2)
    """
    check_array(name, x, rank=2, integer=True)
    if str(x.dtype) != "uint8":
        raise ValueError(
            f"{name} must be packed bits, uint8, as np.packbits makes them, but its dtype is "
            f"{x.dtype}."
        )
    return _fitting(name, np.ascontiguousarray(x), width)


def _fitting(name, x, width):
    if width not in (None, x.shape[1]):
        raise ValueError(f"{name} must have {width} columns, but its shape is {x.shape}.")
    return x
