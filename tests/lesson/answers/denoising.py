"""Right and typical wrong answers to the exercises of lesson `denoising`."""

import numpy as np


def perfect_denoiser(noisy, images, sigma):
    distances = ((noisy[:, None] - images) ** 2).sum(2)
    weights = np.exp(-(distances - distances.min(1, keepdims=True)) / (2 * sigma**2))
    return weights @ images / weights.sum(1, keepdims=True)


def underflowing(noisy, images, sigma):
    weights = np.exp(-((noisy[:, None] - images) ** 2).sum(2) / (2 * sigma**2))
    with np.errstate(invalid="ignore"):
        return weights @ images / weights.sum(1, keepdims=True)


def nearest(noisy, images, sigma):
    return images[((noisy[:, None] - images) ** 2).sum(2).argmin(1)]


RIGHT = {
    "denoising.1": lambda x, u, rate: np.where(u < rate, 0, x),
    "denoising.2": lambda x, rate: (1 - rate) * x + rate / 2,
    "denoising.3": lambda x, m, s, sigma: m + s**2 / (s**2 + sigma**2) * (x - m),
    "denoising.4": perfect_denoiser,
}

WRONG = {
    "Dropout": ("denoising.1", lambda x, u, rate: np.where(u < rate, 0, x / (1 - rate))),
    "the others": ("denoising.1", lambda x, u, rate: np.where(u >= rate, 0, x)),
    "masking's mean": ("denoising.2", lambda x, rate: (1 - rate) * x),
    "all to salt": ("denoising.2", lambda x, rate: (1 - rate) * x + rate),
    "spreads, not variances": ("denoising.3", lambda x, m, s, sigma: m + s / (s + sigma) * (x - m)),
    "the other share": (
        "denoising.3",
        lambda x, m, s, sigma: m + sigma**2 / (s**2 + sigma**2) * (x - m),
    ),
    "score of the clean density": (
        "denoising.3",
        lambda x, m, s, sigma: x + sigma**2 * (m - x) / s**2,
    ),
    "0 / 0": ("denoising.4", underflowing),
    "nearest image": ("denoising.4", nearest),
    "σ not squared": (
        "denoising.4",
        lambda x, images, sigma: perfect_denoiser(x, images, sigma**0.5),
    ),
}
