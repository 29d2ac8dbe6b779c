"""Fréchet distance between two sets of features, each taken for a Gaussian.

    d² = ‖m₁ − m₂‖² + tr( C₁ + C₂ − 2 (C₁ C₂)^½ )

Reference: Dowson and Landau, The Fréchet distance between multivariate normal distributions, 1982,
    https://doi.org/10.1016/0047-259X(82)90077-X. Heusel, Ramsauer, Unterthiner, Nessler and
    Hochreiter, GANs trained by a two time-scale update rule converge to a local Nash equilibrium,
    2017, https://arxiv.org/abs/1706.08500.
"""

import numpy as np

from course_lib.metrics.arrays import floats
from course_lib.validation import Tensor


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """Squared Fréchet distance between the Gaussians fitted to two sets of features.

        d² = ‖m₁ − m₂‖² + tr( C₁ + C₂ − 2 (C₁ C₂)^½ )

    Features are usually a classifier's, because distances between pixels say little. Few
    examples make it too large: compare sets of equal size.

    Args:
        a: floats of shape `(N, K)`, N at least 2.
        b: floats of shape `(M, K)`, M at least 2.

    Returns:
        d², at least 0, in squared units of the features.

    Raises:
        ValueError: if a set has fewer than two rows, their columns differ, or values are not
            finite.

    Reference: Heusel et al., 2017, https://arxiv.org/abs/1706.08500.

    Example:

    >>> a = np.random.default_rng(0).normal(size=(500, 3))
    >>> print(f"{frechet_distance(a, a):.3f} {frechet_distance(a, a + 2):.3f}")
    0.000 12.000
    """
    a, b = (floats(name, x, rank=2).astype("float64") for name, x in (("a", a), ("b", b)))
    for name, features in (("a", a), ("b", b)):
        if len(features) < 2:
            raise ValueError(f"{name} must hold two examples or more, but holds 1.")
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"b must have the {a.shape[1]} columns of a, but its shape is {b.shape}.")
    between = ((a.mean(0) - b.mean(0)) ** 2).sum()
    of_a, of_b = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (a, b))
    # tr (C₁C₂)^½ = tr (R C₂ R)^½ with R = C₁^½: symmetric, so its roots stay real.
    values, vectors = np.linalg.eigh(of_a)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    overlap = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ of_b @ root), 0)).sum()
    return float(max(between + np.trace(of_a) + np.trace(of_b) - 2 * overlap, 0))
