"""Right and typical wrong answers to the exercises of lesson `sparse_and_stacked`."""

import numpy as np


def kl(mean, rate):
    return rate * np.log(rate / mean) + (1 - rate) * np.log((1 - rate) / (1 - mean))


def stack(encoders):
    def deep(x):
        for encoder in encoders:
            x = encoder(x)
        return x

    return deep


def greedy(x, train, depth):
    encoders = []
    for _ in range(depth):
        encoders.append(train(stack(encoders)(x)))
    return stack(encoders)


def one_for_all(x, train, depth):
    return stack([train(x)] * depth)


def on_the_data(x, train, depth):
    return stack([train(x) for _ in range(depth)])


def last_alone(x, train, depth):
    for _ in range(depth):
        encoder = train(x)
        x = encoder(x)
    return encoder


def upside_down(x, train, depth):
    encoders = []
    for _ in range(depth):
        encoders.append(train(x))
        x = encoders[-1](x)
    return stack(encoders[::-1])


RIGHT = {
    "sparse_and_stacked.1": lambda codes, t: (np.abs(codes) <= t).all(axis=0).sum(),
    "sparse_and_stacked.2": lambda codes, rate: kl(codes.mean(axis=0), rate).sum(),
    "sparse_and_stacked.3": lambda a, s: np.where(a > s, a - s, np.where(a < -s, a + s, 0)),
    "sparse_and_stacked.4": greedy,
}

WRONG = {
    "mean below the threshold": (
        "sparse_and_stacked.1",
        lambda codes, t: (codes.mean(axis=0) <= t).sum(),
    ),
    "negative taken for silent": (
        "sparse_and_stacked.1",
        lambda codes, t: (codes.max(axis=0) <= t).sum(),
    ),
    "the living": ("sparse_and_stacked.1", lambda codes, t: (np.abs(codes) > t).any(axis=0).sum()),
    "dead examples": (
        "sparse_and_stacked.1",
        lambda codes, t: (np.abs(codes) <= t).all(axis=1).sum(),
    ),
    "below and not at": (
        "sparse_and_stacked.1",
        lambda codes, t: (np.abs(codes) < t).all(axis=0).sum(),
    ),
    "mean over units": (
        "sparse_and_stacked.2",
        lambda codes, rate: kl(codes.mean(axis=0), rate).mean(),
    ),
    "each activation": (
        "sparse_and_stacked.2",
        lambda codes, rate: kl(codes, rate).sum(axis=1).mean(),
    ),
    "divided by the batch": (
        "sparse_and_stacked.2",
        lambda c, rate: kl(c.mean(axis=0), rate).sum() / len(c),
    ),
    "the other direction": (
        "sparse_and_stacked.2",
        lambda codes, rate: kl(rate, codes.mean(axis=0)).sum(),
    ),
    "first half only": (
        "sparse_and_stacked.2",
        lambda codes, rate: (rate * np.log(rate / codes.mean(axis=0))).sum(),
    ),
    "hard threshold": ("sparse_and_stacked.3", lambda a, s: np.where(np.abs(a) > s, a, 0)),
    "squared penalty": ("sparse_and_stacked.3", lambda a, s: a / (1 + 2 * s)),
    "positive half": ("sparse_and_stacked.3", lambda a, s: np.maximum(a - s, 0)),
    "no threshold": ("sparse_and_stacked.3", lambda a, s: a - s * np.sign(a)),
    "every level on the data": ("sparse_and_stacked.4", on_the_data),
    "one level for all": ("sparse_and_stacked.4", one_for_all),
    "top level alone": ("sparse_and_stacked.4", last_alone),
    "upside down": ("sparse_and_stacked.4", upside_down),
}
