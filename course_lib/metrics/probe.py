"""How good a code is as a feature: the error of the simplest classifiers on top of it.

    error = share of test examples whose label is not predicted

A linear probe asks whether classes can be told apart by planes, neighbours whether close codes
mean the same thing. Both leave the code as it is, and lower is better.

Reference: Alain and Bengio, Understanding intermediate layers using linear classifier probes,
2016; Cover and Hart, Nearest neighbor pattern classification, 1967.
"""

import numpy as np
from keras import ops

from course_lib.validation import check_array


def linear_probe_error(train_codes, train_labels, test_codes, test_labels):
    """Test error of logistic regression on standardised codes.

    Deterministic: codes are scaled to mean 0 and variance 1 by the training set, then
    scikit-learn's `LogisticRegression` with its default penalty (C = 1) runs to convergence,
    and warns if it does not get there.

    Args:
        train_codes: floats of shape `(N, K)`.
        train_labels: integers of shape `(N,)`, at least two different ones.
        test_codes: floats of shape `(M, K)`.
        test_labels: integers of shape `(M,)`.

    Returns:
        Share of test examples classified wrongly, a float in [0, 1].

    Raises:
        ValueError: if codes and labels do not fit, or there is only one class.

    Reference: Alain and Bengio, 2016.

    Example:

    >>> codes, labels = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1])
    >>> linear_probe_error(codes, labels, np.array([[-3.0], [3.0], [4.0], [5.0]]), labels)
    0.25
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    arrays = _check(train_codes, train_labels, test_codes, test_labels)
    classes = np.unique(arrays[1])
    if len(classes) < 2:
        raise ValueError(f"train_labels must hold two classes or more, but all are {classes[0]}.")
    # Its many small products cost more to share among threads than to compute.
    with threadpool_limits(1):
        return _error(make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)), *arrays)


def knn_error(train_codes, train_labels, test_codes, test_labels, k=1):
    """Test error of the vote of the k nearest training codes, by Euclidean distance.

    Args:
        train_codes: floats of shape `(N, K)`, taken as they are: distances are the codes' own.
        train_labels: integers of shape `(N,)`.
        test_codes: floats of shape `(M, K)`.
        test_labels: integers of shape `(M,)`.
        k: number of neighbours, from 1 to N.

    Returns:
        Share of test examples classified wrongly, a float in [0, 1].

    Raises:
        ValueError: if codes and labels do not fit, or there are fewer than k of them.

    Reference: Cover and Hart, 1967.

    Example:

    >>> codes, labels = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1])
    >>> knn_error(codes, labels, np.array([[-3.0], [3.0], [4.0], [5.0]]), labels)
    0.25
    """
    from sklearn.neighbors import KNeighborsClassifier

    arrays = _check(train_codes, train_labels, test_codes, test_labels)
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or not 1 <= k <= len(arrays[0]):
        raise ValueError(
            f"k must be an integer from 1 to the {len(arrays[0])} training codes, but is {k!r}."
        )
    return _error(KNeighborsClassifier(k), *arrays)


def _error(classifier, train_codes, train_labels, test_codes, test_labels):
    predicted = classifier.fit(train_codes, train_labels).predict(test_codes)
    return float(np.mean(predicted != test_labels))


def _check(train_codes, train_labels, test_codes, test_labels):
    """All four as NumPy arrays that fit together."""
    for name, codes, labels in [
        ("train", train_codes, train_labels),
        ("test", test_codes, test_labels),
    ]:
        check_array(f"{name}_codes", codes, rank=2)
        check_array(f"{name}_labels", labels, rank=1, integer=True)
        if len(codes) != len(labels):
            raise ValueError(
                f"{name}_labels must hold one label per code, but there are "
                f"{len(labels)} labels and {len(codes)} codes."
            )
    if train_codes.shape[1] != test_codes.shape[1]:
        raise ValueError(
            f"test_codes must be as wide as train_codes, but their shapes are "
            f"{tuple(test_codes.shape)} and {tuple(train_codes.shape)}."
        )
    arrays = train_codes, train_labels, test_codes, test_labels
    return [ops.convert_to_numpy(array) for array in arrays]
