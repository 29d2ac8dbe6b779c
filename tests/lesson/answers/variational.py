"""Right and typical wrong answers to the exercises of lesson `variational`."""

import keras
import numpy as np
from scipy.special import logsumexp, softmax

from course_lib.models import VAE


def kl_to_prior(m, s, a, t):
    return 0.5 * (np.exp(s - t) + (m - a) ** 2 / np.exp(t) - 1 - s + t).sum(axis=1)


def bound(log_weights):
    return logsumexp(log_weights, axis=1) - np.log(log_weights.shape[1])


def trained(x, beta, epochs=50):
    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense
    halves = (
        keras.Sequential([dense(64, "relu"), dense(8)]),
        keras.Sequential([dense(64, "relu"), dense(64)]),
    )
    vae = VAE(*halves, beta=beta, seed=0)
    vae.compile(keras.optimizers.Adam(5e-3))
    vae.fit(x, batch_size=100, epochs=epochs, verbose=0)
    return vae.evaluate(x, return_dict=True, verbose=0)["kl"]


def nats_in_the_code(x, averaged):
    return trained(x, x.shape[1] if averaged else 1.0)


def best_posterior(x, w, b, variance):
    precision = 1 + w**2 / variance
    return w * (x - b) / variance / precision, -np.log(precision) + 0 * x


RIGHT = {
    "variational.1": kl_to_prior,
    "variational.2": bound,
    "variational.3": nats_in_the_code,
    "variational.4": best_posterior,
    "variational.7": lambda nats, free: np.maximum(nats.mean(0), free).sum(),
}

WRONG = {
    "variational.1 other direction": (
        "variational.1",
        lambda m, s, a, t: kl_to_prior(a + 0 * m, t + 0 * s, m, s),
    ),
    "variational.1 prior's variance forgotten": (
        "variational.1",
        lambda m, s, a, t: 0.5 * (np.exp(s) - 1 - s + (m - a) ** 2).sum(axis=1),
    ),
    "variational.1 t taken for a deviation": (
        "variational.1",
        lambda m, s, a, t: kl_to_prior(m, s, a, 2 * t),
    ),
    "variational.1 averaged over units": (
        "variational.1",
        lambda m, s, a, t: kl_to_prior(m, s, a, t) / m.shape[1],
    ),
    "variational.1 summed over the batch": (
        "variational.1",
        lambda m, s, a, t: kl_to_prior(m, s, a, t).sum(),
    ),
    "variational.2 mean of logs": ("variational.2", lambda w: w.mean(1)),
    "variational.2 sum, not mean": ("variational.2", lambda w: logsumexp(w, axis=1)),
    "variational.2 underflow": ("variational.2", lambda w: np.log(np.exp(w).mean(1))),
    "variational.2 the gradient's surrogate": (
        "variational.2",
        lambda w: (softmax(w, axis=1) * w).sum(1),
    ),
    "variational.2 the largest": ("variational.2", lambda w: w.max(1)),
    "variational.2 its negative": ("variational.2", lambda w: -bound(w)),
    "variational.3 no difference": ("variational.3", lambda x, averaged: trained(x, 1.0)),
    "variational.3 divided by the units": (
        "variational.3",
        lambda x, averaged: trained(x, 1 / 4 if averaged else 1.0),
    ),
    "variational.3 hardly trained": (
        "variational.3",
        lambda x, averaged: trained(x, 64.0 if averaged else 1.0, epochs=1),
    ),
    "variational.4 no prior": (
        "variational.4",
        lambda x, w, b, v: ((x - b) / (w or 1), np.log(v / (w or 1) ** 2)),
    ),
    "variational.4 variance, not its log": (
        "variational.4",
        lambda x, w, b, v: (best_posterior(x, w, b, v)[0], 1 / (1 + w**2 / v)),
    ),
    "variational.4 mean of x kept": (
        "variational.4",
        lambda x, w, b, v: (w * x / (v + w**2), best_posterior(x, w, b, v)[1]),
    ),
    "variational.4 log of the deviation": (
        "variational.4",
        lambda x, w, b, v: (
            best_posterior(x, w, b, v)[0],
            best_posterior(x, w, b, v)[1] / 2,
        ),
    ),
    "variational.7 nothing free": ("variational.7", lambda nats, free: nats.mean(0).sum()),
    "variational.7 a smaller weight": (
        "variational.7",
        lambda nats, free: 0.5 * nats.mean(0).sum(),
    ),
    "variational.7 free for all together": (
        "variational.7",
        lambda nats, free: max(nats.mean(0).sum(), free),
    ),
    "variational.7 mean over units": (
        "variational.7",
        lambda nats, free: np.maximum(nats.mean(0), free).mean(),
    ),
}
