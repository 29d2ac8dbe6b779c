"""How good a code is as a feature: the error of the simplest classifiers on top of it.

    error = share of test examples whose label is not predicted

A linear probe asks whether classes can be told apart by planes, neighbours whether close codes
mean the same thing. Both leave the code as it is, and lower is better.

Reference: Alain and Bengio, Understanding intermediate layers using linear classifier probes, 2016,
    https://arxiv.org/abs/1610.01644; Cover and Hart, Nearest neighbor pattern classification, 1967,
    https://doi.org/10.1109/TIT.1967.1053964.
"""

import numpy as np

from course_lib.extras import extra
from course_lib.metrics.arrays import floats, integers
from course_lib.validation import Tensor, check_whole

Known = tuple[Tensor, Tensor]  # codes, and their labels

STRENGTHS = (1, 10, 100, 1000)


def linear_probe_error(train: Known, valid: Known, test: Known) -> float:
    """Test error of logistic regression on codes.

        minimise  Σ −log p(y | z) + ‖W‖² / 2C,   z = (h − h̄) / √E‖h − h̄‖²

    Codes are centred and scaled by one number: scaling each feature by itself would favour
    codes that were made with equal variances. The penalty is the one of C = 1, 10, 100 and
    1000 with the least error on `valid`.

    Args:
        train: pair of codes, floats of shape `(N, K)`, and labels, integers of shape `(N,)`, at
            least two different ones.
        valid: pair of codes and labels that choose C.
        test: pair of codes and labels that are reported on.

    Returns:
        Share of test examples classified wrongly, a float in [0, 1].

    Raises:
        ValueError: if codes and labels do not fit, or there is only one class.

    Reference: Alain and Bengio, 2016, https://arxiv.org/abs/1610.01644.

    Example:

    >>> known = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1])
    >>> linear_probe_error(known, known, (np.array([[-3.0], [3.0]]), np.array([0, 0])))
    0.5
    """
    with extra("metrics"):
        from sklearn.linear_model import LogisticRegression
        from threadpoolctl import threadpool_limits

    (z, y), valid, test = _check(train=train, valid=valid, test=test)
    classes = np.unique(y)
    if len(classes) < 2:
        raise ValueError(f"train labels must hold two classes or more, but all are {classes[0]}.")
    centre = z.mean(axis=0)
    scale = np.sqrt(((z - centre) ** 2).sum(axis=1).mean()) or 1.0
    (z, _), valid, test = (((h - centre) / scale, y) for h, y in [(z, y), valid, test])
    probe = LogisticRegression(max_iter=1000, warm_start=True)
    errors = []
    # Its many small products cost more to share among threads than to compute.
    with threadpool_limits(1):
        for strength in STRENGTHS:
            probe.set_params(C=strength).fit(z, y)
            errors.append((_error(probe, valid), _error(probe, test)))
    return min(errors, key=lambda pair: pair[0])[1]


def knn_error(train: Known, test: Known, k: int = 1) -> float:
    """Test error of the vote of the k nearest training codes, by Euclidean distance.

    Args:
        train: pair of codes, floats of shape `(N, K)`, taken as they are, and labels, integers
            of shape `(N,)`.
        test: pair of codes and labels that are reported on.
        k: number of neighbours, from 1 to N.

    Returns:
        Share of test examples classified wrongly, a float in [0, 1].

    Raises:
        ValueError: if codes and labels do not fit, or there are fewer than k of them.

    Reference: Cover and Hart, 1967, https://doi.org/10.1109/TIT.1967.1053964.

    Example:

    >>> known = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1])
    >>> knn_error(known, (np.array([[-3.0], [3.0]]), np.array([0, 0])))
    0.5
    """
    with extra("metrics"):
        from sklearn.neighbors import KNeighborsClassifier

    (z, y), test = _check(train=train, test=test)
    k = check_whole("k", k, low=1, high=len(z))
    return _error(KNeighborsClassifier(k).fit(z, y), test)


def _error(classifier, known):
    codes, labels = known
    return float(np.mean(classifier.predict(codes) != labels))


def _check(**pairs):
    """Pairs of codes and labels as NumPy arrays that fit together."""
    checked = []
    for name, pair in pairs.items():
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise ValueError(
                f"{name} must be a pair (codes, labels), but is {type(pair).__name__}."
            )
        codes = floats(f"{name} codes", pair[0], rank=2)
        labels = integers(f"{name} labels", pair[1], rank=1)
        if len(codes) != len(labels):
            raise ValueError(
                f"{name} labels must hold one label per code, but there are "
                f"{len(labels)} labels and {len(codes)} codes."
            )
        if checked and checked[0][0].shape[1] != codes.shape[1]:
            raise ValueError(
                f"{name} codes must be as wide as the training codes, but their shapes are "
                f"{codes.shape} and {checked[0][0].shape}."
            )
        checked.append((codes, labels))
    return checked
