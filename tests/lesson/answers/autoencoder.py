"""Right and typical wrong answers to the exercises of lesson `autoencoder`."""

import itertools

import numpy as np


def whiten(codes):
    centred = codes - codes.mean(0)
    values, vectors = np.linalg.eigh(centred.T @ centred / len(codes))
    return centred @ vectors / np.sqrt(values)


RIGHT = {
    "autoencoder.1": lambda x, x_hat: ((x - x_hat) ** 2).sum(axis=1),
    "autoencoder.2": lambda x, m, s: (
        0.5 * ((x - m) / s) ** 2 + np.log(s) + 0.5 * np.log(2 * np.pi)
    ).sum(1),
    "autoencoder.3": lambda w: sum(2 * a * b + a + b for a, b in itertools.pairwise(w)),
    "autoencoder.4": lambda x, u, m: m + (x - m) @ u @ u.T,
    "autoencoder.5": whiten,
}

WRONG = {
    "mean over pixels": ("autoencoder.1", lambda x, x_hat: ((x - x_hat) ** 2).mean(axis=1)),
    "sum over everything": ("autoencoder.1", lambda x, x_hat: ((x - x_hat) ** 2).sum()),
    "root of it": ("autoencoder.1", lambda x, x_hat: np.linalg.norm(x - x_hat, axis=1)),
    "no log sigma": ("autoencoder.2", lambda x, m, s: (0.5 * ((x - m) / s) ** 2).sum(1)),
    "sigma not squared": (
        "autoencoder.2",
        lambda x, m, s: (0.5 * (x - m) ** 2 / s + np.log(s) + 0.5 * np.log(2 * np.pi)).sum(1),
    ),
    "sign": ("autoencoder.2", lambda x, m, s: -RIGHT["autoencoder.2"](x, m, s)),
    "no biases": ("autoencoder.3", lambda w: sum(2 * a * b for a, b in itertools.pairwise(w))),
    "encoder alone": ("autoencoder.3", lambda w: sum(a * b + b for a, b in itertools.pairwise(w))),
    "no mean": ("autoencoder.4", lambda x, u, m: x @ u @ u.T),
    "mean not put back": ("autoencoder.4", lambda x, u, m: (x - m) @ u @ u.T),
    "transposed": ("autoencoder.4", lambda x, u, m: m + (x - m) @ u.T @ u),
    "standardised only": ("autoencoder.5", lambda codes: (codes - codes.mean(0)) / codes.std(0)),
    "not centred": ("autoencoder.5", lambda codes: whiten(codes) + 1),
    "noise": (
        "autoencoder.5",
        lambda codes: whiten(np.random.default_rng(0).normal(size=codes.shape)),
    ),
}
