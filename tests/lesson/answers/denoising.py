"""Right and typical wrong answers to the exercises of lesson `denoising`."""

import keras
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


def network(epochs=10, same=False):
    """The third exercise, right or with one thing wrong."""

    def answer(first, second, noisy):
        keras.utils.set_random_seed(0)
        layers = [keras.layers.Dense(64, "relu"), keras.layers.Dense(20)]
        model = keras.Sequential(layers)
        model.compile(keras.optimizers.Adam(3e-3), "mse")
        target = first if same else second
        model.fit(first, target, batch_size=50, epochs=epochs, verbose=0)
        return model.predict(noisy, verbose=0)

    return answer


def by_corners(noisy):
    return np.std(noisy[:, [0, 0, -1, -1], [0, -1, 0, -1]])


RIGHT = {
    "denoising.1": lambda x, m, s, sigma: m + s**2 / (s**2 + sigma**2) * (x - m),
    "denoising.2": perfect_denoiser,
    "denoising.3": network(),
    "denoising.6": by_corners,
}

WRONG = {
    "spreads, not variances": ("denoising.1", lambda x, m, s, sigma: m + s / (s + sigma) * (x - m)),
    "the other share": (
        "denoising.1",
        lambda x, m, s, sigma: m + sigma**2 / (s**2 + sigma**2) * (x - m),
    ),
    "score of the clean density": (
        "denoising.1",
        lambda x, m, s, sigma: x + sigma**2 * (m - x) / s**2,
    ),
    "0 / 0": ("denoising.2", underflowing),
    "nearest image": ("denoising.2", nearest),
    "σ not squared": (
        "denoising.2",
        lambda x, images, sigma: perfect_denoiser(x, images, sigma**0.5),
    ),
    "the same copy": ("denoising.3", network(same=True)),
    "hardly trained": ("denoising.3", network(epochs=1)),
    "nothing done": ("denoising.3", lambda first, second, noisy: noisy),
    "the mean": ("denoising.3", lambda first, second, noisy: 0 * noisy + first.mean(0)),
    "spread of all pixels": ("denoising.6", np.std),
    "variance": ("denoising.6", lambda noisy: by_corners(noisy) ** 2),
    "differences of neighbours": ("denoising.6", lambda noisy: np.diff(noisy, axis=2).std()),
}
