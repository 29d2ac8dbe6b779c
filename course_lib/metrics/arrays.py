"""Arrays that metrics compute on: NumPy's, finite, and in single precision at least."""

import numpy as np
from keras import ops

from course_lib.validation import Tensor, check_array


def floats(
    name: str,
    x: Tensor,
    rank: int | range | None = None,
    low: float | None = None,
    high: float | None = None,
) -> np.ndarray:
    """Floats as a NumPy array; half precision becomes single.

    Args:
        name: the argument's name, for the sentence.
        x: NumPy array or tensor.
        rank: the number of axes wanted.
        low: smallest allowed value.
        high: largest allowed value.

    Raises:
        ValueError: in one sentence, also for NaN in a tensor.

    Example:

    >>> floats("codes", ops.ones((2, 3), "bfloat16"), rank=2).dtype
    dtype('float32')
    """
    check_array(name, x, rank)
    x = ops.convert_to_numpy(x)
    x = x.astype("float32") if x.dtype.itemsize < 4 else x
    check_array(name, x, rank, low, high)
    return x


def integers(name: str, x: Tensor, rank: int, low: int | None = None) -> np.ndarray:
    """Whole numbers as a NumPy array.

    Example:

    >>> integers("labels", ops.array([0, 1], "uint8"), rank=1)
    array([0, 1], dtype=uint8)
    """
    check_array(name, x, rank, integer=True)
    x = ops.convert_to_numpy(x)
    check_array(name, x, rank, low, integer=True)
    return x
