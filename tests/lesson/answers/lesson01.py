"""Right and typical wrong answers to the exercises of lesson 01."""

import itertools

import numpy as np


def whiten(codes):
    centred = codes - codes.mean(0)
    values, vectors = np.linalg.eigh(centred.T @ centred / len(codes))
    return centred @ vectors / np.sqrt(values)


RIGHT = {
    "01.1": lambda x, x_hat: ((x - x_hat) ** 2).sum(axis=1),
    "01.2": lambda x, m, s: (0.5 * ((x - m) / s) ** 2 + np.log(s) + 0.5 * np.log(2 * np.pi)).sum(1),
    "01.3": lambda w: sum(2 * a * b + a + b for a, b in itertools.pairwise(w)),
    "01.4": lambda x, u, m: m + (x - m) @ u @ u.T,
    "01.5": whiten,
}

WRONG = {
    "mean over pixels": ("01.1", lambda x, x_hat: ((x - x_hat) ** 2).mean(axis=1)),
    "sum over everything": ("01.1", lambda x, x_hat: ((x - x_hat) ** 2).sum()),
    "root of it": ("01.1", lambda x, x_hat: np.linalg.norm(x - x_hat, axis=1)),
    "no log sigma": ("01.2", lambda x, m, s: (0.5 * ((x - m) / s) ** 2).sum(1)),
    "sigma not squared": (
        "01.2",
        lambda x, m, s: (0.5 * (x - m) ** 2 / s + np.log(s) + 0.5 * np.log(2 * np.pi)).sum(1),
    ),
    "sign": ("01.2", lambda x, m, s: -RIGHT["01.2"](x, m, s)),
    "no biases": ("01.3", lambda w: sum(2 * a * b for a, b in itertools.pairwise(w))),
    "encoder alone": ("01.3", lambda w: sum(a * b + b for a, b in itertools.pairwise(w))),
    "no mean": ("01.4", lambda x, u, m: x @ u @ u.T),
    "mean not put back": ("01.4", lambda x, u, m: (x - m) @ u @ u.T),
    "transposed": ("01.4", lambda x, u, m: m + (x - m) @ u.T @ u),
    "standardised only": ("01.5", lambda codes: (codes - codes.mean(0)) / codes.std(0)),
    "not centred": ("01.5", lambda codes: whiten(codes) + 1),
    "noise": ("01.5", lambda codes: whiten(np.random.default_rng(0).normal(size=codes.shape))),
}
