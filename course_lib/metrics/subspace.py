"""How far two subspaces are from each other: their principal angles.

    cos θᵢ = σᵢ(QₐᵀQ_b)

Q being orthonormal bases and σ singular values: the largest angle is 0 exactly when one
subspace holds the other, whatever the bases that span them.

Reference: Björck and Golub, Numerical methods for computing angles between linear subspaces, 1973,
    https://doi.org/10.1090/S0025-5718-1973-0348991-3; Knyazev and Argentati, Principal angles
    between subspaces in an A-based scalar product, 2002, for angles too small for an arc cosine,
    https://doi.org/10.1137/S1064827500377332.
"""

import numpy as np

from course_lib.extras import extra
from course_lib.metrics.arrays import floats
from course_lib.validation import Tensor


def principal_angles(a: Tensor, b: Tensor) -> np.ndarray:
    """Principal angles between the spans of the columns of two matrices.

        cos θᵢ = σᵢ(QₐᵀQ_b)

    SciPy takes small angles from the sine, so the largest one is right to the last digits even
    where the cosine is 1 in floating point.

    Args:
        a: floats of shape `(D, K)`, columns linearly independent.
        b: floats of shape `(D, L)`, columns linearly independent.

    Returns:
        min(K, L) angles in degrees, from 0 to 90, largest first.

    Raises:
        ValueError: if the number of rows differs or columns depend on each other.

    Reference: Knyazev and Argentati, 2002, https://doi.org/10.1137/S1064827500377332.

    Example:

    >>> plane = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    >>> tilted = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    >>> print(principal_angles(plane, tilted).round(6))
    [45.  0.]
    """
    with extra("metrics"):
        from scipy.linalg import subspace_angles
    matrices = []
    for name, x in [("a", a), ("b", b)]:
        x = floats(name, x, rank=2)
        rank = np.linalg.matrix_rank(x)
        if rank < x.shape[1]:
            raise ValueError(
                f"{name} must have linearly independent columns, but of its {x.shape[1]} columns "
                f"only {rank} are."
            )
        matrices.append(x.astype("float64"))
    if a.shape[0] != b.shape[0]:
        raise ValueError(
            f"b must have as many rows as a, but their shapes are {tuple(b.shape)} and "
            f"{tuple(a.shape)}."
        )
    return np.degrees(subspace_angles(*matrices))
