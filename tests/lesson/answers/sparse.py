"""Right and typical wrong answers to the exercises of lesson `sparse`."""

import keras
import numpy as np

from course_lib.layers import TiedDense, TopK
from course_lib.models import SparseAutoencoder
from course_lib.training import train


def soft(a, weight):
    return np.sign(a) * np.maximum(np.abs(a) - weight, 0)


def largest_of_a_batch(codes, k):
    threshold = np.sort(codes, axis=None)[-k * len(codes)]
    return np.where(codes >= threshold, codes, 0)


def largest_of_each(codes, k):
    threshold = np.sort(codes, axis=1)[:, -k, None]
    return np.where(codes >= threshold, codes, 0)


def bars(on=3, seen=60_000, turn=False):
    """The third exercise, right or with one thing wrong."""

    def answer(x):
        keras.utils.set_random_seed(0)
        dense = keras.layers.Dense(24, "relu")
        last = [TopK(on)] if on else []
        model = SparseAutoencoder(keras.Sequential([dense, *last]), TiedDense(dense))
        train(model, x, seen, batch_size=50, rate=5e-3, verbose=0)
        kernel = keras.ops.convert_to_numpy(dense.kernel)
        return kernel.T if turn else kernel

    return answer


def norms(codes):
    return np.linalg.norm(codes, axis=1) / np.abs(codes).sum(axis=1)


def components(x):
    return np.linalg.svd(x - x.mean(0), full_matrices=False)[2].T


RIGHT = {
    "sparse.1": soft,
    "sparse.2": largest_of_a_batch,
    "sparse.3": bars(),
    "sparse.6": norms,
}

WRONG = {
    "a square for the modulus": ("sparse.1", lambda a, weight: a / (1 + 2 * weight)),
    "hard threshold": ("sparse.1", lambda a, weight: np.where(np.abs(a) > weight, a, 0)),
    "sign lost": ("sparse.1", lambda a, weight: np.maximum(np.abs(a) - weight, 0)),
    "k of each code": ("sparse.2", largest_of_each),
    "k of the batch": (
        "sparse.2",
        lambda codes, k: np.where(codes >= np.sort(codes, axis=None)[-k], codes, 0),
    ),
    "ones": ("sparse.2", lambda codes, k: (largest_of_a_batch(codes, k) > 0).astype(float)),
    "a plain autoencoder": ("sparse.3", bars(on=None)),
    "hardly trained": ("sparse.3", bars(seen=200)),
    "transposed": ("sparse.3", bars(turn=True)),
    "principal components": ("sparse.3", components),
    "no numbers": ("sparse.3", lambda x: np.full((36, 20), np.nan)),
    "without end": ("sparse.3", lambda x: np.full((36, 20), np.inf)),
    "a count": ("sparse.6", lambda codes: -(np.abs(codes) > 0.5).sum(axis=1)),
    "grows with density": ("sparse.6", lambda codes: 1 / norms(codes)),
    "a mean over all": ("sparse.6", lambda codes: norms(codes).mean()),
}
