"""Right and typical wrong answers to the exercises of lesson `zoo`."""

import keras
import numpy as np

from course_lib.layers import KLPenalty
from course_lib.models import VAE, Autoencoder, InfoVAE, SparseAutoencoder


def sensitivity(J, codes, x):
    noise = x.var(0).mean() * (J**2).sum((1, 2)).mean()
    return np.sqrt(noise / codes.var(0).sum())


def activities(codes):
    squares = (codes**2).mean(0)
    return np.abs(codes).mean(0) ** 2 / np.where(squares > 0, squares, 1)


def standard_errors_below(a, b):
    gain = (b - a).ravel()
    return gain.mean() / (gain.std(ddof=1) / np.sqrt(len(gain)))


def dense(*widths, last=None):
    layers = [keras.layers.Dense(width, "gelu") for width in widths[:-1]]
    return keras.Sequential([*layers, keras.layers.Dense(widths[-1], last)])


def sparse(pixels, units):
    halves = dense(32, units, last="sigmoid"), dense(32, pixels)
    return SparseAutoencoder(*halves, KLPenalty(0.1), weight=0.1, likelihood="bernoulli")


RIGHT = {
    "zoo.1": sensitivity,
    "zoo.2": activities,
    "zoo.3": lambda n, alpha: np.sqrt(2 / ((1 + alpha**2) * n)),
    "zoo.4": standard_errors_below,
    "zoo.5": sparse,
}


class Noisy(VAE):
    def encode(self, x):
        return self.sampling(*self.posterior(x))


class Logits(Autoencoder):
    def reconstruct(self, x):
        return self.decoder(self.encode(x))


def of_all_at_once(J, codes, x):
    return np.sqrt(x.var() * (J**2).sum((1, 2)).mean() / codes.var(0).sum())


def unpaired(a, b):
    error = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / a.size)
    return (b.mean() - a.mean()) / error


WRONG = {
    "zoo.1 not divided by the codes": (
        "zoo.1",
        lambda J, codes, x: np.sqrt(x.var(0).mean() * (J**2).sum((1, 2)).mean()),
    ),
    "zoo.1 no root": ("zoo.1", lambda *given: sensitivity(*given) ** 2),
    "zoo.1 variance summed over pixels": (
        "zoo.1",
        lambda J, codes, x: sensitivity(J, codes, x) * np.sqrt(x.shape[1]),
    ),
    "zoo.1 variance of all pixels at once": ("zoo.1", of_all_at_once),
    "zoo.1 squares of codes instead of variances": (
        "zoo.1",
        lambda J, codes, x: np.sqrt(
            x.var(0).mean() * (J**2).sum((1, 2)).mean() / (codes**2).mean(0).sum()
        ),
    ),
    "zoo.2 of the mean, not the absolute mean": (
        "zoo.2",
        lambda h: h.mean(0) ** 2 / np.maximum((h**2).mean(0), 1e-9),
    ),
    "zoo.2 silent units become NaN": (
        "zoo.2",
        lambda h: np.abs(h).mean(0) ** 2 / (h**2).mean(0),
    ),
    "zoo.2 one number": ("zoo.2", lambda h: activities(h).mean()),
    "zoo.2 over units, not images": ("zoo.2", lambda h: activities(h.T)),
    "zoo.2 share of zeros": ("zoo.2", lambda h: (h != 0).mean(0)),
    "zoo.3 He's, whatever the slope": ("zoo.3", lambda n, alpha: np.sqrt(2 / n)),
    "zoo.3 Glorot's": ("zoo.3", lambda n, alpha: np.sqrt(1 / n)),
    "zoo.3 slope not squared": ("zoo.3", lambda n, alpha: np.sqrt(2 / ((1 + alpha) * n))),
    "zoo.3 the variance": ("zoo.3", lambda n, alpha: 2 / ((1 + alpha**2) * n)),
    "zoo.4 unpaired": ("zoo.4", unpaired),
    "zoo.4 the wrong way round": ("zoo.4", lambda a, b: standard_errors_below(b, a)),
    "zoo.4 in standard deviations": ("zoo.4", lambda a, b: (b - a).mean() / (b - a).std(ddof=1)),
    "zoo.4 all degrees of freedom": (
        "zoo.4",
        lambda a, b: (b - a).mean() / ((b - a).std() / np.sqrt(a.size)),
    ),
    "zoo.5 an encoder alone": ("zoo.5", lambda pixels, units: dense(32, units)),
    "zoo.5 a code of another size": ("zoo.5", lambda pixels, units: sparse(pixels, 2 * units)),
    "zoo.5 codes that are drawn": (
        "zoo.5",
        lambda pixels, units: Noisy(dense(32, 2 * units), dense(32, pixels)),
    ),
    "zoo.5 logits for reconstructions": (
        "zoo.5",
        lambda pixels, units: Logits(dense(32, units), dense(32, pixels), "bernoulli"),
    ),
    "zoo.5 no room for the variances": (
        "zoo.5",
        lambda pixels, units: InfoVAE(dense(32, units), dense(32, pixels)),
    ),
}
