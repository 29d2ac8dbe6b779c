"""How far a reconstruction is from the data: the squared error of each example.

    ‖x − x̂‖² = Σᵢ (xᵢ − x̂ᵢ)²

Summed over features, not averaged and not halved: the figure that Hinton and Salakhutdinov
print for each image.

Reference: Hinton and Salakhutdinov, Reducing the dimensionality of data with neural networks, 2006,
    https://doi.org/10.1126/science.1127647.
"""

import numpy as np

from course_lib.metrics.arrays import floats
from course_lib.validation import Tensor, check_same_shape


def squared_error(x: Tensor, x_hat: Tensor) -> np.ndarray:
    """Squared error of each example.

        ‖x − x̂‖² = Σᵢ (xᵢ − x̂ᵢ)²

    Args:
        x: floats of shape `(N, ...)`.
        x_hat: reconstructions of the same shape, taken as they are: not clipped to the range
            of x.

    Returns:
        NumPy floats of shape `(N,)`, in squared units of x. Their mean is the figure to print.

    Raises:
        ValueError: if shapes differ, or values are not finite.

    Reference: Hinton and Salakhutdinov, 2006, https://doi.org/10.1126/science.1127647.

    Example:

    >>> print(squared_error(np.array([[0.0, 1.0], [1.0, 1.0]]), np.array([[0.5, 0.5], [1.0, 1.0]])))
    [0.5 0. ]
    """
    x, x_hat = floats("x", x, range(2, 6)), floats("x_hat", x_hat)
    check_same_shape("x_hat", x_hat, "x", x)
    difference = x - x_hat
    return (difference.reshape(len(difference), -1).astype("float64") ** 2).sum(axis=1)
