"""One number for each example: the sum over all the rest of it, in single precision at least.

sₙ = Σᵢ vₙᵢ
"""

import keras
from keras import ops

from course_lib.validation import Tensor


def each_sum(values: Tensor, keepdims: bool = False) -> Tensor:
    """The sum over each example.

    Args:
        values: a tensor of shape `(B, ...)`.
        keepdims: whether the summed axes stay, with size 1.

    Returns:
        A tensor of shape `(B,)`, or `(B, 1, ...)`.

    Example:

    >>> print(ops.convert_to_numpy(each_sum(ops.ones((2, 3, 4)))))
    [12. 12.]
    """
    return ops.sum(values, axis=tuple(range(1, len(values.shape))), keepdims=keepdims)


def at_least_float32(x: Tensor) -> Tensor:
    """A tensor, or a dtype, in single precision if it had less: half is too little for sums.

    In float16 a sum over pixels would be off by nats, or infinite.

    Args:
        x: an array or tensor, or a dtype.

    Returns:
        The tensor, or the name: float64 stays, all else becomes float32.

    Example:

    >>> at_least_float32("bfloat16"), at_least_float32("float64")
    ('float32', 'float64')
    >>> at_least_float32(ops.ones(3, "float16")).dtype == ops.ones(3, "float32").dtype
    True
    """
    if hasattr(x, "dtype"):
        # First a tensor: only some backends have double precision for what NumPy has in it.
        x = ops.convert_to_tensor(x)
        return ops.cast(x, at_least_float32(x.dtype))
    return "float64" if keras.backend.standardize_dtype(x) == "float64" else "float32"


def in_one_dtype(*values: Tensor) -> list[Tensor]:
    """Tensors of the widest dtype among them, single precision at least; scalars have no say.

    Example:

    >>> half, single = in_one_dtype(ops.ones(1, "float16"), ops.ones(1, "float32"))
    >>> half.dtype == single.dtype
    True
    """
    tensors = [ops.convert_to_tensor(value) for value in values]
    dtypes = {at_least_float32(tensor.dtype) for tensor in tensors if len(tensor.shape)}
    dtype = "float64" if "float64" in dtypes else "float32"
    return [ops.cast(tensor, dtype) for tensor in tensors]
