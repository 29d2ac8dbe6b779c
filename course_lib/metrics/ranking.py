"""Retrieval: how many of the first k answers are relevant, and where the relevant ones stand.

    precision at k   E[ relevant among the first k ] / k
    recall at k      E[ relevant among the first k ] / all relevant ones
    average precision    mean over relevant documents of the precision at their place

Answers at equal distance, of which counts and bits make many, have no order. All are expectations
over every order of such answers, each as likely as any other, and not those of the order in which
documents happen to be stored.

Reference: Manning, Raghavan and Schütze, Introduction to Information Retrieval, 2008, chapter 8,
    https://nlp.stanford.edu/IR-book/. McSherry and Najork, Computing information retrieval
    performance measures efficiently in the presence of tied scores, 2008,
    https://doi.org/10.1007/978-3-540-78646-7_38.
"""

from collections.abc import Sequence

import numpy as np
from keras import ops

from course_lib.metrics.arrays import floats
from course_lib.validation import Tensor, check_whole


def precision_at(distances: Tensor, relevant: Tensor, k: int | Sequence[int]) -> np.ndarray:
    """Share of relevant ones among the first k answers.

        ( R_< + (k − n_<) R_= / n_= ) / k

    n documents, R of them relevant, are nearer than the k-th answer (<) or as near as it (=).

    Args:
        distances: floats `(Q, N)`, of N documents to each of Q queries.
        relevant: booleans `(Q, N)`.
        k: how many answers, from 1 to N; or several such numbers.

    Returns:
        Shares `(Q,)`, or `(Q, len(k))`.

    Raises:
        ValueError: if shapes differ, or k is not from 1 to N.

    Reference: McSherry and Najork, 2008, section 3, https://doi.org/10.1007/978-3-540-78646-7_38.

    Example: the second answer is one of two, and one of these is relevant.

    >>> print(precision_at(np.array([[0.1, 0.5, 0.5]]), np.array([[True, False, True]]), k=[1, 2]))
    [[1.   0.75]]
    """
    distances, relevant = _pair(distances, relevant)
    asked = np.atleast_1d(np.asarray(k, dtype=object))
    ks = [check_whole("k", n, low=1, high=distances.shape[1]) for n in asked]
    found = expected_hits(distances, relevant, ks) / ks
    return found[:, 0] if np.ndim(k) == 0 else found


def precision_recall(distances: Tensor, relevant: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall at every k.

    Args:
        distances: floats `(Q, N)`.
        relevant: booleans `(Q, N)`, one true or more in each row.

    Returns:
        Precisions and recalls at k = 1 … N, `(Q, N)` each.

    Raises:
        ValueError: if shapes differ, or a query has no relevant document.

    Reference: Manning et al., 2008, section 8.4, https://nlp.stanford.edu/IR-book/.

    Example:

    >>> distances, relevant = np.array([[0.1, 0.2, 0.3]]), np.array([[True, False, True]])
    >>> precision, recall = precision_recall(distances, relevant)
    >>> print(recall)
    [[0.5 0.5 1. ]]
    """
    distances, relevant = _pair(distances, relevant, some=True)
    hits, start, before, size, inside = _tied(distances, relevant)
    place = np.arange(distances.shape[1])
    expected = before + (place + 1 - start) * inside / size
    return expected / (place + 1), expected / hits[:, -1:]


def mean_average_precision(distances: Tensor, relevant: Tensor) -> float:
    """Mean over queries of the average precision.

        (1/R) Σ over relevant documents of E[ relevant up to its place ] / its place

    Args:
        distances: floats `(Q, N)`.
        relevant: booleans `(Q, N)`, one true or more in each row.

    Returns:
        A float in (0, 1].

    Raises:
        ValueError: if shapes differ, or a query has no relevant document.

    Reference: McSherry and Najork, 2008, section 3, https://doi.org/10.1007/978-3-540-78646-7_38.

    Example: places 1 and 3.

    >>> distances, relevant = np.array([[0.1, 0.2, 0.3]]), np.array([[True, False, True]])
    >>> print(f"{mean_average_precision(distances, relevant):.4f}")  # (1/1 + 2/3) / 2
    0.8333
    """
    distances, relevant = _pair(distances, relevant, some=True)
    hits, start, before, size, inside = _tied(distances, relevant)
    place = np.arange(distances.shape[1])
    # If the document at a place is relevant, it is one of `inside`; the others of these are
    # spread evenly over the other places of the tie.
    others = (place - start) * (inside - 1) / np.maximum(size - 1, 1)
    gain = inside / size * (before + 1 + others) / (place + 1)
    return float((gain.sum(axis=1) / hits[:, -1]).mean())


def _pair(distances, relevant, some=False):
    distances = floats("distances", distances, rank=2)
    relevant = np.asarray(ops.convert_to_numpy(relevant))
    if relevant.dtype != bool or relevant.shape != distances.shape:
        raise ValueError(
            f"relevant must hold booleans in the shape {distances.shape} of distances, but holds "
            f"{relevant.dtype} in the shape {relevant.shape}."
        )
    if some and not relevant.any(axis=1).all():
        raise ValueError("relevant must mark a document or more for each query, but marks none.")
    return distances, relevant


def expected_hits(distances: np.ndarray, relevant: np.ndarray, ks: Sequence[int]) -> np.ndarray:
    """Relevant ones among the first k answers, for each of several k.

    Args:
        distances: `(Q, N)`.
        relevant: booleans `(Q, N)`.
        ks: numbers from 1 to N.

    Returns:
        Expectations over the order of ties, `(Q, len(ks))`.

    Example:

    >>> print(expected_hits(np.array([[0.5, 0.5]]), np.array([[True, False]]), [1, 2]))
    [[0.5 1. ]]
    """
    places = np.array(ks) - 1
    limits = np.partition(distances, places, axis=1)[:, places]
    expected = np.empty(limits.shape)
    for i, k in enumerate(ks):
        nearer, as_near = distances < limits[:, i, None], distances == limits[:, i, None]
        share = (relevant & as_near).sum(axis=1) / as_near.sum(axis=1)
        expected[:, i] = (relevant & nearer).sum(axis=1) + (k - nearer.sum(axis=1)) * share
    return expected


def _tied(distances, relevant):
    """At every place: hits up to it, and of its tie the start, hits before, size and hits."""
    order = np.argsort(distances, axis=1, kind="stable")
    distances = np.take_along_axis(distances, order, 1)
    hits = np.cumsum(np.take_along_axis(relevant, order, 1), axis=1)
    place = np.arange(distances.shape[1])
    new = np.diff(distances, axis=1, prepend=-np.inf) > 0
    start = np.maximum.accumulate(np.where(new, place, 0), axis=1)
    last = np.append(new[:, 1:], np.ones((len(new), 1), bool), axis=1)
    end = np.minimum.accumulate(np.where(last, place, len(place))[:, ::-1], axis=1)[:, ::-1]
    before = np.where(start > 0, np.take_along_axis(hits, np.maximum(start - 1, 0), 1), 0)
    return hits, start, before, end - start + 1, np.take_along_axis(hits, end, 1) - before
