"""Right and typical wrong answers to the exercises of lesson `variational`."""

import numpy as np
from scipy.special import logsumexp, softmax


def kl(m, s):
    return 0.5 * (np.exp(s) - (1 + s) + m**2).sum(1)


def nll(x, logits):
    return (np.logaddexp(0, logits) - x * logits).sum(1)


def bound(log_weights):
    return logsumexp(log_weights, axis=1) - np.log(log_weights.shape[1])


def best_posterior(x, w, b, variance):
    precision = 1 + w**2 / variance
    return w * (x - b) / variance / precision, -np.log(precision) + 0 * x


RIGHT = {
    "variational.1": lambda m, s, epsilon: m + np.exp(s / 2) * epsilon,
    "variational.2": lambda x, logits, m, s: nll(x, logits) + kl(m, s),
    "variational.3": bound,
    "variational.4": best_posterior,
    "variational.5": lambda nats, free: np.maximum(nats.mean(0), free).sum(),
}

WRONG = {
    "variational.1 half forgotten": (
        "variational.1",
        lambda m, s, epsilon: m + np.exp(s) * epsilon,
    ),
    "variational.1 variance is s": (
        "variational.1",
        lambda m, s, epsilon: m + np.abs(s) ** 0.5 * epsilon,
    ),
    "variational.1 noise of its own": (
        "variational.1",
        lambda m, s, e: m + np.exp(s / 2) * np.random.default_rng(0).normal(size=m.shape),
    ),
    "variational.1 no noise": ("variational.1", lambda m, s, epsilon: m),
    "variational.2 mean over pixels": (
        "variational.2",
        lambda x, logits, m, s: nll(x, logits) / x.shape[1] + kl(m, s),
    ),
    "variational.2 mean over units": (
        "variational.2",
        lambda x, logits, m, s: nll(x, logits) + kl(m, s) / m.shape[1],
    ),
    "variational.2 the sign as printed": (
        "variational.2",
        lambda x, logits, m, s: nll(x, logits) - kl(m, s),
    ),
    "variational.2 the ELBO itself": (
        "variational.2",
        lambda x, logits, m, s: -nll(x, logits) - kl(m, s),
    ),
    "variational.2 half forgotten": (
        "variational.2",
        lambda x, logits, m, s: nll(x, logits) + 2 * kl(m, s),
    ),
    "variational.2 s taken for the deviation": (
        "variational.2",
        lambda x, logits, m, s: nll(x, logits) + kl(m, 2 * s),
    ),
    "variational.2 logits taken for probabilities": (
        "variational.2",
        lambda x, p, m, s: -(x * np.log(np.clip(p, 1e-7, 1))).sum(1) + kl(m, s),
    ),
    "variational.2 summed over the batch": (
        "variational.2",
        lambda x, logits, m, s: (nll(x, logits) + kl(m, s)).sum(),
    ),
    "variational.3 mean of logs": ("variational.3", lambda w: w.mean(1)),
    "variational.3 sum, not mean": ("variational.3", lambda w: logsumexp(w, axis=1)),
    "variational.3 underflow": ("variational.3", lambda w: np.log(np.exp(w).mean(1))),
    "variational.3 softmax over losses": (
        "variational.3",
        lambda w: (softmax(-w, axis=1) * w).sum(1),
    ),
    "variational.3 the gradient's surrogate": (
        "variational.3",
        lambda w: (softmax(w, axis=1) * w).sum(1),
    ),
    "variational.3 the largest": ("variational.3", lambda w: w.max(1)),
    "variational.3 its negative": ("variational.3", lambda w: -bound(w)),
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
    "variational.5 nothing free": ("variational.5", lambda nats, free: nats.mean(0).sum()),
    "variational.5 a smaller weight": (
        "variational.5",
        lambda nats, free: 0.5 * nats.mean(0).sum(),
    ),
    "variational.5 free for all together": (
        "variational.5",
        lambda nats, free: max(nats.mean(0).sum(), free),
    ),
    "variational.5 mean over units": (
        "variational.5",
        lambda nats, free: np.maximum(nats.mean(0), free).mean(),
    ),
}
