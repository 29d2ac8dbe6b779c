"""Right and typical wrong answers to the exercises of lesson `retrieval`."""

from itertools import combinations

import numpy as np

from course_lib.search import ITQ


def nearest(rows, query, k):
    cosine = rows @ query / np.linalg.norm(rows, axis=1) / np.linalg.norm(query)
    return np.argsort(-cosine)[:k]


def average_precision(relevant):
    precision = np.cumsum(relevant) / np.arange(1, len(relevant) + 1)
    return precision[relevant].mean()


def addresses(address, bits, radius):
    found = []
    for count in range(radius + 1):
        for flipped in combinations(range(bits), count):
            found.append(address ^ sum(1 << bit for bit in flipped))
    return sorted(found)


def shell(address, bits, radius):
    return [a for a in range(2**bits) if (a ^ address).bit_count() == radius]


def rotated(train, codes):
    return np.unpackbits(ITQ(train)(codes), axis=1)


RIGHT = {
    "retrieval.1": nearest,
    "retrieval.2": average_precision,
    "retrieval.3": addresses,
    "retrieval.4": rotated,
}

WRONG = {
    "not scaled": ("retrieval.1", lambda rows, q, k: np.argsort(-(rows @ q))[:k]),
    "the farthest": ("retrieval.1", lambda rows, q, k: np.argsort(rows @ q)[:k]),
    "in any order": ("retrieval.1", lambda rows, q, k: np.sort(nearest(rows, q, k))),
    "over all answers": (
        "retrieval.2",
        lambda r: (np.cumsum(r) / np.arange(1, len(r) + 1)).mean(),
    ),
    "counted from 0": (
        "retrieval.2",
        lambda r: (np.cumsum(r) / (np.arange(len(r)) + 1e-9))[r].mean(),
    ),
    "the shell alone": ("retrieval.3", shell),
    "not in order": ("retrieval.3", lambda *a: addresses(*a)[::-1]),
    "not centred": ("retrieval.4", lambda train, codes: codes > 0),
    "as they are": ("retrieval.4", lambda train, codes: codes > train.mean(axis=0)),
    "hyperplanes": (
        "retrieval.4",
        lambda train, codes: codes @ np.random.default_rng(0).normal(size=(16, 16)) > 0,
    ),
    "one bit in all": ("retrieval.4", lambda train, codes: np.repeat(codes[:, :1] > 3, 16, axis=1)),
}
