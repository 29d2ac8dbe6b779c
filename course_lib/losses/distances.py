"""Squared distances between all points of two samples, by one matrix product.

‖xᵢ − yⱼ‖² = ‖xᵢ‖² + ‖yⱼ‖² − 2 xᵢ·yⱼ
"""

from keras import ops

from course_lib.losses.sums import in_one_dtype
from course_lib.validation import Tensor


def squared_distances(x: Tensor, y: Tensor) -> Tensor:
    """Squared Euclidean distances, in single precision at least.

    Args:
        x: floats of shape `(N, K)`.
        y: floats of shape `(M, K)`.

    Returns:
        Floats of at least 0, shape `(N, M)`.

    Example:

    >>> print(ops.convert_to_numpy(squared_distances(ops.zeros((1, 2)), ops.ones((1, 2)))))
    [[2.]]
    """
    x, y = in_one_dtype(x, y)
    # Of codes near 1,000, squares of what they share would leave few digits for distances.
    centre = ops.stop_gradient(ops.mean(x, axis=0) + ops.mean(y, axis=0)) / 2
    x, y = x - centre, y - centre
    dots = ops.matmul(x, ops.transpose(y))
    squares = ops.sum(x * x, 1)[:, None] + ops.sum(y * y, 1)[None, :]
    return ops.maximum(squares - 2 * dots, 0)
