"""Retrieval by codes: each document asks for others like it, and is never its own answer.

    precision at k = mean over documents of the share of its first k answers that have its label

Of documents at equal distance every order is as likely as any other (`course_lib.metrics.ranking`).

Reference: Salakhutdinov and Hinton, Semantic hashing, 2009, section 5,
    https://doi.org/10.1016/j.ijar.2008.11.006.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from course_lib.metrics.arrays import floats, integers
from course_lib.metrics.ranking import expected_hits
from course_lib.validation import check_array, check_whole

METRICS = ("cosine", "euclidean", "hamming")


def retrieval_precision(
    codes: Any,
    labels: np.ndarray,
    k: int | Sequence[int] = (1, 31, 127),
    metric: str = "cosine",
    batch_size: int = 256,
) -> np.ndarray:
    """Precision at k where each document asks for others of its own label, never for itself.

    Args:
        codes: of N documents: floats `(N, K)`, or a SciPy sparse matrix for cosine; packed bits,
            uint8, for Hamming.
        labels: integers of shape `(N,)`.
        k: how many answers, from 1 to N − 1; or several such numbers.
        metric: distance, `"cosine"` (1 to a vector of zeros), `"euclidean"` or `"hamming"`.
        batch_size: queries at a time; memory is that of so many rows of N distances.

    Returns:
        Mean over all queries, a scalar, or `(len(k),)`.

    Raises:
        ValueError: if codes, labels, k and metric do not fit.

    Reference: Salakhutdinov and Hinton, Semantic hashing, 2009, section 5,
        https://doi.org/10.1016/j.ijar.2008.11.006.

    Example:

    >>> codes = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]])
    >>> print(retrieval_precision(codes, np.array([0, 0, 1, 1]), k=[1, 3]))
    [1.         0.33333333]
    """
    distance, count = _distance(codes, metric)
    labels = integers("labels", labels, rank=1)
    if len(labels) != count:
        raise ValueError(
            f"labels must hold one label per code, but there are {len(labels)} labels and "
            f"{count} codes."
        )
    if count < 2:
        raise ValueError("codes must hold two documents or more, but hold one.")
    asked = np.atleast_1d(np.asarray(k, dtype=object))
    ks = [check_whole("k", n, low=1, high=count - 1) for n in asked]
    batch_size = check_whole("batch_size", batch_size, low=1)
    total = np.zeros(len(ks))
    for start in range(0, count, batch_size):
        rows = np.arange(start, min(start + batch_size, count))
        distances = distance(rows)
        # Farther than any other, so never among the first N − 1.
        distances[np.arange(len(rows)), rows] = np.inf
        total += (expected_hits(distances, labels == labels[rows, None], ks) / ks).sum(axis=0)
    return total[0] / count if np.ndim(k) == 0 else total / count


def _distance(codes, metric):
    """Function from rows to their distances to all, and the number of all."""
    if metric not in METRICS:
        raise ValueError(f"metric must be one of {', '.join(METRICS)}, but is {metric!r}.")
    sparse = hasattr(codes, "nnz")
    if sparse and metric != "cosine":
        raise ValueError(f"metric must be cosine for a sparse matrix, but is {metric}.")
    if metric == "hamming":
        check_array("codes", codes, rank=2, integer=True)
        if str(codes.dtype) != "uint8":
            raise ValueError(f"codes must be packed bits, uint8, but their dtype is {codes.dtype}.")
        # Of signs the product is the number of bits that agree less those that do not.
        signs = 2 * np.unpackbits(codes, axis=1).astype("float32") - 1
        return lambda rows: (signs.shape[1] - signs[rows] @ signs.T) / 2, len(codes)
    if sparse:
        x = codes.tocsr()
        if not np.isfinite(x.data).all():
            raise ValueError("codes must be finite, but hold NaN or infinity.")
        norm = np.sqrt(np.asarray(x.multiply(x).sum(axis=1)).ravel())
    else:
        x = floats("codes", codes, rank=2)
        norm = np.linalg.norm(x, axis=1)
    if metric == "euclidean":
        squares = (x**2).sum(axis=1)
        return lambda rows: squares[rows, None] - 2 * x[rows] @ x.T + squares, len(x)
    scale = 1 / np.where(norm > 0, norm, 1)

    def cosine(rows):
        products = x[rows] @ x.T
        products = products.toarray() if sparse else products
        return 1 - products * scale[rows, None] * scale

    return cosine, x.shape[0]
