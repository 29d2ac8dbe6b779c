"""Affinities: how much each point takes each other one for a neighbour, at one perplexity.

    p_j|i = exp(−βᵢ ‖xᵢ − xⱼ‖²) / Σ_k≠i exp(−βᵢ ‖xᵢ − x_k‖²)      βᵢ = 1 / 2σᵢ²,   p_i|i = 0
    exp( −Σⱼ p_j|i log p_j|i ) = perplexity                        which sets βᵢ, point by point
    p_ij  = (p_j|i + p_i|j) / 2N                                   joint: symmetric, sums to 1

The distances are squared. A perplexity is a number of neighbours: that of k equally near points
is k.

Reference: Hinton and Roweis, Stochastic neighbor embedding, 2002,
    https://papers.nips.cc/paper/2276-stochastic-neighbor-embedding. van der Maaten and Hinton,
    Visualizing data using t-SNE, 2008, https://www.jmlr.org/papers/v9/vandermaaten08a.html.
"""

import math

import numpy as np
from keras import ops

from course_lib.validation import Tensor, check_array, check_number

# Points whose distances to all others are worked on at once.
BLOCK = 64
# Newton's method takes about six. What has no solution goes towards a bound of log β.
STEPS, FAR = 100, 300.0


def conditional_affinities(x: Tensor, perplexity: float = 30.0) -> np.ndarray:
    """Affinities of each point for all others: one distribution a row.

        p_j|i ∝ exp(−βᵢ ‖xᵢ − xⱼ‖²),   p_i|i = 0

    A row whose nearest points are equally near, and as many as the perplexity or more, cannot
    have so small a perplexity. It is uniform over those: so it is with duplicates.

    Args:
        x: points, floats of shape `(N, D)`, at least 3 of them.
        perplexity: of each row, from 1 to below N − 1, where a row would be uniform.

    Returns:
        NumPy doubles of shape `(N, N)`, whose rows sum to 1. Memory and time grow with N²: a few
        thousand points.

    Raises:
        ValueError: if points are not finite, or no row can have the perplexity.

    Reference: Hinton and Roweis, 2002,
        https://papers.nips.cc/paper/2276-stochastic-neighbor-embedding.

    Example:

    >>> corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> print(conditional_affinities(corners, perplexity=2.5)[0].round(3))
    [0.   0.46 0.46 0.08]
    """
    check_array("x", x, rank=2)
    x = ops.convert_to_numpy(x).astype("float64")
    check_array("x", x)
    n = len(x)
    if n < 3:
        raise ValueError(f"x must hold 3 points or more, but its shape is {x.shape}.")
    perplexity = check_number("perplexity", perplexity, low=1, below=n - 1)
    p, others = np.zeros((n, n)), ~np.eye(n, dtype=bool)
    # Of points far from the origin, squares of what they share would leave few digits.
    x = x - x.mean(axis=0)
    squares = (x**2).sum(axis=1)
    for start in range(0, n, BLOCK):
        rows = slice(start, start + BLOCK)
        distances = (squares[rows, None] + squares - 2 * x[rows] @ x.T)[others[rows]]
        p[rows][others[rows]] = _rows(distances.reshape(-1, n - 1), perplexity).ravel()
    return p


def joint_affinities(x: Tensor, perplexity: float = 30.0) -> np.ndarray:
    """Affinities of all pairs: one distribution over pairs, which symmetric SNE and t-SNE keep.

        p_ij = (p_j|i + p_i|j) / 2N

    Every point has at least a share of 1/2N, an outlier, too.

    Args:
        x: points, floats of shape `(N, D)`, at least 3 of them.
        perplexity: of each point's own row, from 1 to below N − 1.

    Returns:
        NumPy doubles of shape `(N, N)`, symmetric, which sum to 1.

    Raises:
        ValueError: if points are not finite, or no row can have the perplexity.

    Reference: van der Maaten and Hinton, 2008, section 3.1,
        https://www.jmlr.org/papers/v9/vandermaaten08a.html.

    Example:

    >>> corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> p = joint_affinities(corners, perplexity=2.5)
    >>> print(f"{p.sum():.1f} {p[0, 1]:.3f}")
    1.0 0.115
    """
    p = conditional_affinities(x, perplexity)
    return (p + p.T) / (2 * len(p))


def _rows(distances, perplexity):
    """Affinities of a few points for all others: by Newton, or by halving where that fails."""
    # No row underflows once its least distance is 0, and any unit of length will do.
    distances = distances - distances.min(axis=1, keepdims=True)
    mean = distances.mean(axis=1, keepdims=True)
    distances /= np.where(mean > 0, mean, 1)
    # What differs by rounding alone is equally near.
    distances[distances < 1e-12] = 0
    log_beta, low, high = np.zeros_like(mean), np.full_like(mean, -FAR), np.full_like(mean, FAR)
    before = np.full_like(mean, np.inf)
    for _ in range(STEPS):
        beta = np.exp(log_beta)
        p = np.exp(-beta * distances)
        total = p.sum(axis=1, keepdims=True)
        p /= total
        mean = (p * distances).sum(axis=1, keepdims=True)
        excess = np.log(total) + beta * mean - math.log(perplexity)
        done = np.abs(excess) < 1e-10
        if done.all():
            break
        low, high = np.where(excess > 0, log_beta, low), np.where(excess > 0, high, log_beta)
        # The slope of the entropy over log β is −β² Var d. Where two scales meet, it misleads.
        slope = beta**2 * (p * (distances - mean) ** 2).sum(axis=1, keepdims=True)
        newton = log_beta + np.clip(excess / np.maximum(slope, 1e-30), -2, 2)
        well = (low < newton) & (newton < high) & (np.abs(excess) < before / 2)
        open_ended = (low == -FAR) | (high == FAR)
        middle = np.where(well | open_ended, newton, (low + high) / 2)
        log_beta, before = np.where(done, log_beta, middle), np.abs(excess)
    return p
