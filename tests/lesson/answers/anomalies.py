"""Right and typical wrong answers to the exercises of lesson `anomalies`."""

import numpy as np
from sklearn.neighbors import NearestNeighbors


def area(scores, labels):
    differences = scores[labels == 1][:, None] - scores[labels == 0]
    return (np.sign(differences).mean() + 1) / 2


def threshold(scores, share):
    return np.quantile(scores, 1 - share, method="inverted_cdf")


def adjusted(flags, windows):
    flags = flags.copy()
    for start, stop in windows:
        flags[start:stop] |= flags[start:stop].any()
    return flags


def neighbours(x_train, x_test):
    return NearestNeighbors(n_neighbors=5).fit(x_train).kneighbors(x_test)[0].mean(axis=1)


def strict(scores, labels):
    return (scores[labels == 1][:, None] > scores[labels == 0]).mean()


def whole_series(flags, windows):
    return np.full_like(flags, flags.any())


def inside_alone(flags, windows):
    out = np.zeros_like(flags)
    for start, stop in windows:
        out[start:stop] = flags[start:stop].any()
    return out


def one_direction(x_train, x_test):
    centred = x_train - x_train.mean(axis=0)
    first = np.linalg.svd(centred, full_matrices=False)[2][0]
    x = x_test - x_train.mean(axis=0)
    return ((x - np.outer(x @ first, first)) ** 2).sum(axis=1)


RIGHT = {
    "anomalies.1": area,
    "anomalies.2": threshold,
    "anomalies.3": adjusted,
    "anomalies.4": neighbours,
}

WRONG = {
    "ties lost": ("anomalies.1", strict),
    "upside down": ("anomalies.1", lambda scores, labels: 1 - area(scores, labels)),
    "accuracy": ("anomalies.1", lambda s, y: ((s > np.median(s)) == y).mean()),
    "between two scores": ("anomalies.2", lambda s, share: np.quantile(s, 1 - share)),
    "the wrong end": ("anomalies.2", lambda s, share: threshold(s, 1 - share)),
    "a normal distribution": ("anomalies.2", lambda s, share: s.mean() + 3 * s.std()),
    "not adjusted": ("anomalies.3", lambda flags, windows: flags),
    "all of it": ("anomalies.3", whole_series),
    "alarms outside lost": ("anomalies.3", inside_alone),
    "distance to the mean": (
        "anomalies.4",
        lambda x_train, x_test: ((x_test - x_train.mean(axis=0)) ** 2).sum(axis=1),
    ),
    "one component": ("anomalies.4", one_direction),
    "nothing learned": ("anomalies.4", lambda x_train, x_test: np.arange(len(x_test))),
}
