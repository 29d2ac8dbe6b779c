"""What a map loses of its points' neighbourhoods: the objectives of SNE and t-SNE.

    KL(P ‖ Q) = Σᵢ Σⱼ p_ij log p_ij / q_ij          P of the data, Q of the map Y

    SNE             q_j|i = exp(−‖yᵢ − yⱼ‖²) / Σ_k≠i exp(−‖yᵢ − y_k‖²)          rows sum to 1
    symmetric SNE   q_ij  = exp(−‖yᵢ − yⱼ‖²) / Σ_k≠l exp(−‖y_k − y_l‖²)         all sum to 1
    t-SNE           q_ij  = (1 + ‖yᵢ − yⱼ‖²)⁻¹ / Σ_k≠l (1 + ‖y_k − y_l‖²)⁻¹     all sum to 1

The divergence is that of Q from P, and not the other way round: it costs much to place neighbours
far apart, and little to place strangers together. Its distances are squared. The last two differ
in the kernel alone: Student's t has heavy tails, so that what is moderately far in the data may be
far away in the map.

Reference: Hinton and Roweis, Stochastic neighbor embedding, 2002,
    https://papers.nips.cc/paper/2276-stochastic-neighbor-embedding. van der Maaten and Hinton,
    Visualizing data using t-SNE, 2008, https://www.jmlr.org/papers/v9/vandermaaten08a.html.
"""

from keras import ops

from course_lib.losses.distances import squared_distances
from course_lib.losses.sums import each_sum, in_one_dtype
from course_lib.validation import Tensor, check_array, check_same_shape


def sne(p: Tensor, y: Tensor) -> Tensor:
    """Neighbourhoods that a map has lost, by SNE, point by point.

        KL(Pᵢ ‖ Qᵢ) = Σⱼ p_j|i log p_j|i / q_j|i,   q_j|i ∝ exp(−‖yᵢ − yⱼ‖²)

    SNE minimises the sum over points.

    Args:
        p: conditional affinities of the data, `(N, N)`, rows that sum to 1; the diagonal counts
            for nothing.
        y: the map, floats of shape `(N, K)`.

    Returns:
        Nats, shape `(N,)`, at least 0.

    Raises:
        ValueError: if P and Y do not fit, or NumPy values are negative or not finite.

    Reference: Hinton and Roweis, 2002,
        https://papers.nips.cc/paper/2276-stochastic-neighbor-embedding.

    Example:

    >>> import numpy as np
    >>> p = np.array([[0.0, 0.9, 0.1], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]])
    >>> triangle = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 0.75**0.5]])
    >>> print(ops.convert_to_numpy(sne(p, triangle)).round(3))  # log 2 − H(0.9, 0.1) of the first
    [0.368 0.    0.   ]
    """
    p, distances = _checked(p, y)
    return _divergence(p, -distances, axis=1)


def symmetric_sne(p: Tensor, y: Tensor) -> Tensor:
    """Neighbourhoods that a map has lost, by symmetric SNE: each point's share.

        Σⱼ p_ij log p_ij / q_ij,   q_ij ∝ exp(−‖yᵢ − yⱼ‖²)

    Symmetric SNE minimises the sum over points, KL(P ‖ Q). A share may be below 0.

    Args:
        p: joint affinities of the data, `(N, N)`, which sum to 1; the diagonal counts for nothing.
        y: the map, floats of shape `(N, K)`.

    Returns:
        Nats, shape `(N,)`.

    Raises:
        ValueError: if P and Y do not fit, or NumPy values are negative or not finite.

    Reference: van der Maaten and Hinton, 2008, section 3.1,
        https://www.jmlr.org/papers/v9/vandermaaten08a.html.

    Example:

    >>> import numpy as np
    >>> p = np.array([[0.0, 0.3, 0.1], [0.3, 0.0, 0.1], [0.1, 0.1, 0.0]])
    >>> triangle = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 0.75**0.5]])
    >>> print(f"{float(ops.sum(symmetric_sne(p, triangle))):.3f}")  # log 6 − H(P): Q is uniform
    0.148
    """
    p, distances = _checked(p, y)
    return _divergence(p, -distances)


def tsne(p: Tensor, y: Tensor) -> Tensor:
    """Neighbourhoods that a map has lost, by t-SNE: each point's share.

        Σⱼ p_ij log p_ij / q_ij,   q_ij ∝ 1 / (1 + ‖yᵢ − yⱼ‖²)

    t-SNE minimises the sum over points, KL(P ‖ Q). A share may be below 0.

    Args:
        p: joint affinities of the data, `(N, N)`, which sum to 1; the diagonal counts for nothing.
        y: the map, floats of shape `(N, K)`.

    Returns:
        Nats, shape `(N,)`.

    Raises:
        ValueError: if P and Y do not fit, or NumPy values are negative or not finite.

    Reference: van der Maaten and Hinton, 2008, section 3.3,
        https://www.jmlr.org/papers/v9/vandermaaten08a.html.

    Example:

    >>> import numpy as np
    >>> p = np.array([[0.0, 0.3, 0.1], [0.3, 0.0, 0.1], [0.1, 0.1, 0.0]])
    >>> triangle = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 0.75**0.5]])
    >>> print(f"{float(ops.sum(tsne(p, triangle))):.3f}")  # log 6 − H(P): Q is uniform
    0.148
    """
    p, distances = _checked(p, y)
    return _divergence(p, -ops.log1p(distances))


def neighbour_nll(y: Tensor, neighbours: Tensor) -> Tensor:
    """How surprising it is that a point's neighbour is its own, and not another of the batch.

        −log [ k(yᵢ, zᵢ) / Σⱼ k(yᵢ, zⱼ) ],   k(y, z) = 1 / (1 + ‖y − z‖²)

    What t-SNE becomes where pairs come in batches, drawn from P: the pair attracts, as in
    −Σ p_ij log k_ij, and the batch stands for all others, as in log Σ k. A map without
    neighbourhoods pays log B.

    Args:
        y: the map of B points, floats of shape `(B, K)`.
        neighbours: z, the map of one neighbour of each, the same shape.

    Returns:
        Nats, shape `(B,)`, above 0.

    Raises:
        ValueError: if shapes differ, or NumPy values are not finite.

    Reference: Damrich, Böhm, Hamprecht and Kobak, From t-SNE to UMAP with contrastive learning,
        2023, https://arxiv.org/abs/2206.01816.

    Example:

    >>> import numpy as np
    >>> y = np.array([[0.0, 0.0], [3.0, 0.0]])
    >>> print(ops.convert_to_numpy(neighbour_nll(y, y)).round(3))  # log(1 + 1/10)
    [0.095 0.095]
    """
    for name, value in (("y", y), ("neighbours", neighbours)):
        check_array(name, value, rank=2)
    check_same_shape("neighbours", neighbours, "y", y)
    log_kernel = -ops.log1p(squared_distances(y, neighbours))
    return ops.logsumexp(log_kernel, axis=1) - ops.diagonal(log_kernel)


def _checked(p, y):
    check_array("p", p, rank=2, low=0)
    check_array("y", y, rank=2)
    p, y = in_one_dtype(p, y)
    n = y.shape[0]
    if tuple(p.shape) != (n, n):
        raise ValueError(
            f"p must have a row and a column for each of the {n} points of y, but its shape is "
            f"{tuple(p.shape)}."
        )
    return p, squared_distances(y, y)


def _divergence(p, log_kernel, axis=None):
    others = ops.logical_not(ops.eye(p.shape[0], dtype="bool"))
    # log 0 of the diagonal and of p = 0, which cost nothing, must not meet a gradient, either.
    log_sum = ops.logsumexp(ops.where(others, log_kernel, -1e30), axis=axis, keepdims=True)
    paid = ops.logical_and(others, p > 0)
    terms = p * (ops.log(ops.where(paid, p, 1)) - log_kernel + log_sum)
    return each_sum(ops.where(paid, terms, 0))
