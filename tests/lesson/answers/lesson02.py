"""Right and typical wrong answers to the exercises of lesson 02."""

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
    "02.1": lambda codes, t: (np.abs(codes) <= t).all(axis=0).sum(),
    "02.2": lambda codes, rate: kl(codes.mean(axis=0), rate).sum(),
    "02.3": lambda a, s: np.where(a > s, a - s, np.where(a < -s, a + s, 0)),
    "02.4": greedy,
}

WRONG = {
    "mean below the threshold": ("02.1", lambda codes, t: (codes.mean(axis=0) <= t).sum()),
    "negative taken for silent": ("02.1", lambda codes, t: (codes.max(axis=0) <= t).sum()),
    "the living": ("02.1", lambda codes, t: (np.abs(codes) > t).any(axis=0).sum()),
    "dead examples": ("02.1", lambda codes, t: (np.abs(codes) <= t).all(axis=1).sum()),
    "below and not at": ("02.1", lambda codes, t: (np.abs(codes) < t).all(axis=0).sum()),
    "mean over units": ("02.2", lambda codes, rate: kl(codes.mean(axis=0), rate).mean()),
    "each activation": ("02.2", lambda codes, rate: kl(codes, rate).sum(axis=1).mean()),
    "divided by the batch": ("02.2", lambda c, rate: kl(c.mean(axis=0), rate).sum() / len(c)),
    "the other direction": ("02.2", lambda codes, rate: kl(rate, codes.mean(axis=0)).sum()),
    "first half only": (
        "02.2",
        lambda codes, rate: (rate * np.log(rate / codes.mean(axis=0))).sum(),
    ),
    "hard threshold": ("02.3", lambda a, s: np.where(np.abs(a) > s, a, 0)),
    "squared penalty": ("02.3", lambda a, s: a / (1 + 2 * s)),
    "positive half": ("02.3", lambda a, s: np.maximum(a - s, 0)),
    "no threshold": ("02.3", lambda a, s: a - s * np.sign(a)),
    "every level on the data": ("02.4", on_the_data),
    "one level for all": ("02.4", one_for_all),
    "top level alone": ("02.4", last_alone),
    "upside down": ("02.4", upside_down),
}
