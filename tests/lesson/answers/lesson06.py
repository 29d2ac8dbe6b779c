"""Right and typical wrong answers to the exercises of lesson 06."""

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
    "06.1": lambda m, s, epsilon: m + np.exp(s / 2) * epsilon,
    "06.2": lambda x, logits, m, s: nll(x, logits) + kl(m, s),
    "06.3": bound,
    "06.4": best_posterior,
    "06.5": lambda nats, free: np.maximum(nats.mean(0), free).sum(),
}

WRONG = {
    "06.1 half forgotten": ("06.1", lambda m, s, epsilon: m + np.exp(s) * epsilon),
    "06.1 variance is s": ("06.1", lambda m, s, epsilon: m + np.abs(s) ** 0.5 * epsilon),
    "06.1 noise of its own": (
        "06.1",
        lambda m, s, e: m + np.exp(s / 2) * np.random.default_rng(0).normal(size=m.shape),
    ),
    "06.1 no noise": ("06.1", lambda m, s, epsilon: m),
    "06.2 mean over pixels": (
        "06.2",
        lambda x, logits, m, s: nll(x, logits) / x.shape[1] + kl(m, s),
    ),
    "06.2 mean over units": (
        "06.2",
        lambda x, logits, m, s: nll(x, logits) + kl(m, s) / m.shape[1],
    ),
    "06.2 the sign as printed": ("06.2", lambda x, logits, m, s: nll(x, logits) - kl(m, s)),
    "06.2 the ELBO itself": ("06.2", lambda x, logits, m, s: -nll(x, logits) - kl(m, s)),
    "06.2 half forgotten": ("06.2", lambda x, logits, m, s: nll(x, logits) + 2 * kl(m, s)),
    "06.2 s taken for the deviation": (
        "06.2",
        lambda x, logits, m, s: nll(x, logits) + kl(m, 2 * s),
    ),
    "06.2 logits taken for probabilities": (
        "06.2",
        lambda x, p, m, s: -(x * np.log(np.clip(p, 1e-7, 1))).sum(1) + kl(m, s),
    ),
    "06.2 summed over the batch": (
        "06.2",
        lambda x, logits, m, s: (nll(x, logits) + kl(m, s)).sum(),
    ),
    "06.3 mean of logs": ("06.3", lambda w: w.mean(1)),
    "06.3 sum, not mean": ("06.3", lambda w: logsumexp(w, axis=1)),
    "06.3 underflow": ("06.3", lambda w: np.log(np.exp(w).mean(1))),
    "06.3 softmax over losses": ("06.3", lambda w: (softmax(-w, axis=1) * w).sum(1)),
    "06.3 the gradient's surrogate": ("06.3", lambda w: (softmax(w, axis=1) * w).sum(1)),
    "06.3 the largest": ("06.3", lambda w: w.max(1)),
    "06.3 its negative": ("06.3", lambda w: -bound(w)),
    "06.4 no prior": ("06.4", lambda x, w, b, v: ((x - b) / (w or 1), np.log(v / (w or 1) ** 2))),
    "06.4 variance, not its log": (
        "06.4",
        lambda x, w, b, v: (best_posterior(x, w, b, v)[0], 1 / (1 + w**2 / v)),
    ),
    "06.4 mean of x kept": (
        "06.4",
        lambda x, w, b, v: (w * x / (v + w**2), best_posterior(x, w, b, v)[1]),
    ),
    "06.4 log of the deviation": (
        "06.4",
        lambda x, w, b, v: (
            best_posterior(x, w, b, v)[0],
            best_posterior(x, w, b, v)[1] / 2,
        ),
    ),
    "06.5 nothing free": ("06.5", lambda nats, free: nats.mean(0).sum()),
    "06.5 a smaller weight": ("06.5", lambda nats, free: 0.5 * nats.mean(0).sum()),
    "06.5 free for all together": ("06.5", lambda nats, free: max(nats.mean(0).sum(), free)),
    "06.5 mean over units": ("06.5", lambda nats, free: np.maximum(nats.mean(0), free).mean()),
}
