"""ECOD: how far out in the tails an example lies, column by column, without any training.

    O(x) = Σⱼ max( −log F̂ⱼ(xⱼ), −log Ĝⱼ(xⱼ) ),     F̂ⱼ(v) = share of rows ≤ v,  Ĝⱼ(v) = share ≥ v

Columns are taken as independent: it sees what is rare in one of them, never a rare combination.

Reference: Li, Zhao, Hu, Botta, Ionescu and Chen, ECOD: unsupervised outlier detection using
    empirical cumulative distribution functions, 2022, https://arxiv.org/abs/2201.00382.
"""

import numpy as np

from course_lib.validation import check_array


def ecod(train: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Scores of the rows of x among those of both arrays, high for what is anomalous.

    As in PyOD, by the method's authors: the shares are of all N + M rows, so that a score depends
    on the other rows of x, and the worse tail is taken of each column. In the paper it is taken of
    the sums over columns. The tail to which a column is skew plays a part in these only; a column
    without skewness, to the last bit, pays both of its tails.

    Args:
        train: floats `(N, D)`.
        x: floats `(M, D)`.

    Returns:
        Scores `(M,)`, at least 0: nats, as if columns were independent.

    Raises:
        ValueError: if an array is none of floats in rows, or they differ in columns.

    Reference: Li et al., 2022, https://arxiv.org/abs/2201.00382.

    Example: of five values 9 is the largest, and three are 2 or less.

    >>> scores = ecod(np.array([[1.0], [2.0], [3.0]]), np.array([[9.0], [2.0]]))
    >>> print(np.exp(scores))
    [5.         1.66666667]
    """
    for name, array in (("train", train), ("x", x)):
        check_array(name, array, rank=2)
    if train.shape[1] != x.shape[1]:
        raise ValueError(
            f"x must have the {train.shape[1]} columns of train, but its shape is {x.shape}."
        )
    rows = np.concatenate([train, x])
    skewed = _third_moments(rows) != 0
    scores = np.zeros(len(x))
    for column, values, skew in zip(rows.T, x.T, skewed, strict=True):
        ordered = np.sort(column)
        below = np.searchsorted(ordered, values, "right") / len(rows)
        above = (len(rows) - np.searchsorted(ordered, values, "left")) / len(rows)
        tails = -np.log([below, above])
        scores += tails.max(axis=0) if skew else tails.sum(axis=0)
    return scores


def _third_moments(rows):
    deviations = rows - rows.mean(axis=0)
    return (deviations**2 * deviations).mean(axis=0)
