"""One number for each example: the sum over all the rest of it.

sₙ = Σᵢ vₙᵢ
"""

from keras import ops


def each_sum(values, keepdims=False):
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
