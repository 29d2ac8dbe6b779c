"""Right and typical wrong answers to the exercises of lesson `zoo`."""

import keras
import numpy as np
from scipy.stats import norm, t
from sklearn.mixture import GaussianMixture

from course_lib.layers import KLPenalty
from course_lib.models import VAE, Autoencoder, InfoVAE, SparseAutoencoder
from course_lib.training import train


def interval(values, ddof=1, quantile=None):
    quantile = quantile or t.ppf(0.975, values.size - 1)
    return quantile * values.std(ddof=ddof) / np.sqrt(values.size)


def unbeaten(table):
    beats = [[np.all(a <= b) and np.any(a < b) for a in table] for b in table]
    return [i for i, by in enumerate(beats) if not any(by)]


def sampler(components=10, seen=60_000, prior=False):
    """The third exercise, right or with one thing wrong."""

    def answer(x, n):
        keras.utils.set_random_seed(0)
        parts = dense(64, 3), dense(64, 20)
        model = Autoencoder(*parts)
        train(model, x, seen, batch_size=50, rate=5e-3, verbose=0)
        if prior:
            codes = np.random.default_rng(0).normal(size=(n, 3))
        else:
            codes = model.encode(x).astype("float64")
            mixture = GaussianMixture(components, random_state=0).fit(codes)
            codes = mixture.sample(n)[0]
        return model.decode(codes.astype("float32"))

    return answer


def dense(*widths, last=None):
    layers = [keras.layers.Dense(width, "gelu") for width in widths[:-1]]
    return keras.Sequential([*layers, keras.layers.Dense(widths[-1], last)])


def sparse(pixels, units):
    halves = dense(32, units, last="sigmoid"), dense(32, pixels)
    return SparseAutoencoder(*halves, KLPenalty(0.1), weight=0.1, likelihood="bernoulli")


RIGHT = {
    "zoo.1": lambda errors: interval(errors.mean(axis=1)),
    "zoo.2": unbeaten,
    "zoo.3": sampler(),
    "zoo.6": sparse,
}


class Noisy(VAE):
    def encode(self, x):
        return self.sampling(*self.posterior(x))


class Logits(Autoencoder):
    def reconstruct(self, x):
        return self.decoder(self.encode(x))


WRONG = {
    "zoo.1 all draws as units": ("zoo.1", lambda errors: interval(errors)),
    "zoo.1 means of draws": ("zoo.1", lambda errors: interval(errors.mean(axis=0))),
    "zoo.1 the normal quantile": (
        "zoo.1",
        lambda errors: interval(errors.mean(axis=1), quantile=norm.ppf(0.975)),
    ),
    "zoo.1 all degrees of freedom": (
        "zoo.1",
        lambda errors: interval(errors.mean(axis=1), ddof=0),
    ),
    "zoo.1 the whole width": ("zoo.1", lambda errors: 2 * interval(errors.mean(axis=1))),
    "zoo.2 winners of columns alone": ("zoo.2", lambda x: np.unique(x.argmin(axis=0))),
    "zoo.2 better in all columns": (
        "zoo.2",
        lambda x: [i for i, b in enumerate(x) if not any(np.all(a < b) for a in x)],
    ),
    "zoo.2 as good in all columns, oneself too": (
        "zoo.2",
        lambda x: [i for i, b in enumerate(x) if not any(np.all(a <= b) for a in x)],
    ),
    "zoo.2 yes and no for each": ("zoo.2", lambda x: np.isin(np.arange(len(x)), unbeaten(x))),
    "zoo.3 one Gaussian": ("zoo.3", sampler(components=1)),
    "zoo.3 from the prior": ("zoo.3", sampler(prior=True)),
    "zoo.3 hardly trained": ("zoo.3", sampler(seen=2_000)),
    "zoo.3 copies": ("zoo.3", lambda x, n: x[:n]),
    "zoo.3 too many": ("zoo.3", lambda x, n: x + 0.01),
    "zoo.6 an encoder alone": ("zoo.6", lambda pixels, units: dense(32, units)),
    "zoo.6 a code of another size": ("zoo.6", lambda pixels, units: sparse(pixels, 2 * units)),
    "zoo.6 codes that are drawn": (
        "zoo.6",
        lambda pixels, units: Noisy(dense(32, 2 * units), dense(32, pixels)),
    ),
    "zoo.6 logits for reconstructions": (
        "zoo.6",
        lambda pixels, units: Logits(dense(32, units), dense(32, pixels), "bernoulli"),
    ),
    "zoo.6 no room for the variances": (
        "zoo.6",
        lambda pixels, units: InfoVAE(dense(32, units), dense(32, pixels)),
    ),
}
