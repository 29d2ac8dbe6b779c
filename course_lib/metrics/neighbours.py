"""What a map keeps of neighbourhoods, and of classes.

    neighbour error    share of points whose k nearest others vote for another label
    class overlap      share of points that meet another class before the k-th of their own
    trustworthiness    1 − c Σᵢ Σ_{j ∈ map's k nearest of i} max(0, r(i, j) − k)
    continuity         the same with map and data changed over

r(i, j) is 1 for the point nearest to i in the data, 2 for the next; c = 2 / (N k (2N − 3k − 1))
makes the worst 0. A trustworthy map shows no false neighbours, a continuous one loses none.

Reference: Venna and Kaski, Neighborhood preservation in nonlinear projection methods, 2001,
    https://doi.org/10.1007/3-540-44668-0_68. Cover and Hart, Nearest neighbor pattern
    classification, 1967, https://doi.org/10.1109/TIT.1967.1053964.
"""

import numpy as np

from course_lib.extras import extra
from course_lib.metrics.arrays import floats, integers
from course_lib.validation import Tensor, check_whole

# Points whose distances to all others are in memory at once.
BLOCK = 256


def neighbour_error(codes: Tensor, labels: Tensor, k: int = 1) -> float:
    """Error of the vote of each point's k nearest other points: leave-one-out.

    All others that are as near as the k-th vote, so that the order of points makes no difference:
    in a map where all points coincide, every point votes. Of labels with equally many votes the
    smallest wins. For points that were held out there is `knn_error`.

    Args:
        codes: floats of shape `(N, K)`, taken as they are.
        labels: integers of shape `(N,)`.
        k: number of neighbours, from 1 to N − 1.

    Returns:
        Share of points classified wrongly, a float in [0, 1].

    Raises:
        ValueError: if codes and labels do not fit, or there are not more than k of them.

    Reference: Cover and Hart, 1967, https://doi.org/10.1109/TIT.1967.1053964.

    Example:

    >>> codes = np.array([[0.0], [1.0], [3.0], [4.0], [6.0]])
    >>> neighbour_error(codes, np.array([0, 0, 1, 1, 0]))
    0.2
    """
    codes, labels = _labelled(codes, labels)
    n = len(codes)
    k = check_whole("k", k, low=1, high=n - 1)
    known, labels = np.unique(labels, return_inverse=True)
    near = _nearest(codes)
    distances, others = near.kneighbors(n_neighbors=min(k + 1, n - 1))
    votes = np.zeros((n, len(known)), int)
    np.add.at(votes, (np.arange(n)[:, None], labels[others[:, :k]]), 1)
    # Rounding must not part what is equally near.
    radius = distances[:, k - 1] * (1 + 1e-9)
    for i in np.flatnonzero(distances[:, -1] <= radius) if k < n - 1 else ():
        found = near.radius_neighbors(codes[i : i + 1], radius[i], return_distance=False)[0]
        votes[i] = np.bincount(labels[found[found != i]], minlength=len(known))
    return float(np.mean(votes.argmax(axis=1) != labels))


def class_overlap(codes: Tensor, labels: Tensor, k: int = 10) -> float:
    """Share of points that meet another class no later than the k-th neighbour of their own.

        mean over i of [ nearest distance to another class ≤ k-th distance within the own class ]

    Stricter than an error: one stranger among the first k of one's own counts.

    Args:
        codes: floats of shape `(N, K)`, taken as they are.
        labels: integers of shape `(N,)`, of two classes or more, each with more than k points.
        k: number of neighbours of the own class, at least 1.

    Returns:
        A float in [0, 1]: 0 where classes lie apart.

    Raises:
        ValueError: if codes and labels do not fit, or a class has not more than k points.

    Example:

    >>> codes = np.array([[0.0], [1.0], [2.0], [7.0], [8.0], [9.0], [1.5], [8.5]])
    >>> class_overlap(codes, np.array([0, 0, 0, 1, 1, 1, 1, 1]), k=1)
    0.375
    """
    codes, labels = _labelled(codes, labels)
    k = check_whole("k", k, low=1)
    known, sizes = np.unique(labels, return_counts=True)
    if len(known) < 2 or sizes.min() <= k:
        raise ValueError(
            f"labels must hold two classes or more, each with more than k = {k} points, but the "
            f"numbers of points are {sizes.tolist()}."
        )
    met = 0
    for label in known:
        own, others = codes[labels == label], codes[labels != label]
        kth = _nearest(own).kneighbors(n_neighbors=k)[0][:, -1]
        stranger = _nearest(others).kneighbors(own, n_neighbors=1)[0][:, 0]
        met += int((stranger <= kth).sum())
    return met / len(codes)


def trustworthiness(x: Tensor, codes: Tensor, k: int = 12) -> float:
    """How far neighbours in a map are neighbours in the data.

        1 − 2 / (N k (2N − 3k − 1)) Σᵢ Σ_{j ∈ map's k nearest of i} max(0, r(i, j) − k)

    Of points equally near in the data each has the best rank of them.

    Args:
        x: data, floats of shape `(N, ...)`.
        codes: the map, floats of shape `(N, K)`.
        k: number of neighbours, at least 1 and below N / 2.

    Returns:
        A float in [0, 1]: 1 where no neighbour in the map is false, about 0.5 by chance.

    Raises:
        ValueError: if x and codes do not fit, or k is not below N / 2.

    Reference: Venna and Kaski, 2001, https://doi.org/10.1007/3-540-44668-0_68.

    Example:

    >>> line = np.arange(10.0)[:, None]
    >>> trustworthiness(line, -line, k=2)
    1.0
    """
    x, codes = floats("x", x, range(2, 6)), floats("codes", codes, rank=2)
    x, n = x.reshape(len(x), -1).astype("float64"), len(x)
    if len(codes) != n:
        raise ValueError(f"codes must be one for each of the {n} points of x, not {len(codes)}.")
    k = check_whole("k (below half the number of points)", k, low=1, high=(n - 1) // 2)
    shown = _nearest(codes).kneighbors(n_neighbors=k, return_distance=False)
    x = x - x.mean(axis=0)
    squares = (x**2).sum(axis=1)
    excess = 0
    for start in range(0, n, BLOCK):
        rows = slice(start, min(start + BLOCK, n))
        distances = squares - 2 * x[rows] @ x.T
        distances[np.arange(len(distances)), np.arange(rows.start, rows.stop)] = np.inf
        for neighbour in shown[rows].T:
            own = np.take_along_axis(distances, neighbour[:, None], axis=1)
            nearer = (distances < own).sum(axis=1)
            excess += int(np.maximum(nearer + 1 - k, 0).sum())
    return 1 - excess * 2 / (n * k * (2 * n - 3 * k - 1))


def continuity(x: Tensor, codes: Tensor, k: int = 12) -> float:
    """How far neighbours in the data are neighbours in a map: none torn away.

        1 − 2 / (N k (2N − 3k − 1)) Σᵢ Σ_{j ∈ data's k nearest of i} max(0, r̂(i, j) − k)

    r̂ are ranks in the map: this is trustworthiness with data and map changed over.

    Args:
        x: data, floats of shape `(N, ...)`.
        codes: the map, floats of shape `(N, K)`.
        k: number of neighbours, at least 1 and below N / 2.

    Returns:
        A float in [0, 1]: 1 where every neighbour stays one, about 0.5 by chance.

    Raises:
        ValueError: if x and codes do not fit, or k is not below N / 2.

    Reference: Venna and Kaski, 2001, https://doi.org/10.1007/3-540-44668-0_68.

    Example:

    >>> data = np.array([[0.0], [1.0], [2.5], [4.5], [7.0]])
    >>> torn = np.array([[9.9], [1.0], [2.5], [4.5], [7.0]])  # two pairs of neighbours are parted
    >>> print(f"{trustworthiness(data, torn, k=1):.2f} {continuity(data, torn, k=1):.2f}")
    0.73 0.60
    """
    codes = floats("codes", codes, rank=2)
    x = floats("x", x, range(2, 6))
    return trustworthiness(codes, x.reshape(len(x), -1), k)


def _nearest(points):
    with extra("metrics"):
        from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors().fit(points)


def _labelled(codes, labels):
    codes = floats("codes", codes, rank=2).astype("float64")
    labels = integers("labels", labels, rank=1)
    if len(codes) != len(labels):
        raise ValueError(
            f"labels must hold one for each of the {len(codes)} codes, but there are {len(labels)}."
        )
    return codes, labels
