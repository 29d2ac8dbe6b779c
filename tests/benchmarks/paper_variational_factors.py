"""Disentanglement of VAE, β-VAE, FactorVAE and β-TCVAE on glyphs with known factors."""

import keras
import numpy as np

from course_lib import metrics
from course_lib.data import load_images
from course_lib.models import VAE, BetaTCVAE, FactorVAE
from tests.benchmarks.clock import Clock
from tests.benchmarks.scanning import Scanned

TITLE = "Variational: disentanglement against reconstruction on rendered digits, ten starts"
PROTOCOL = (
    "glyphs: 10,000 images to train, 2,000 to report, seven independent factors (digit, font, "
    "slant, thickness, size, shift x, shift y), those that are continuous cut into ten equal "
    "parts; 784-400-400-10, ReLU, Bernoulli likelihood; Adam 1e-3, batch 100, 60 passes; "
    "FactorVAE's discriminator 10-400-400-1, LeakyReLU, Adam 1e-4, β₁ = 0.5; scores of posterior "
    "means in per cent, chance 14 for Higgins and FactorVAE and 0 for MIG; MSE = squared error an "
    "image. Strengths as in their papers, not tuned here. Figures are mean and range over seeds "
    "0 to 9"
)
PASSES, BATCH, UNITS, HIDDEN, SEEDS = 60, 100, 10, 400, 10
ABOUT = (
    "Nothing is published of these images. Mutual information gap in %, higher is better; in "
    "brackets the range of ten seeds; other scores are in the result"
)
FIGURE = "MIG"
# name: class, options, published on these images
ROWS = {
    "VAE": (VAE, {}, "-"),
    "β-VAE, β = 4": (VAE, {"beta": 4.0}, "-"),
    "FactorVAE, γ = 10": (FactorVAE, {"gamma": 10.0}, "-"),
    "FactorVAE, γ = 35": (FactorVAE, {"gamma": 35.0}, "-"),
    "β-TCVAE, β = 6": (BetaTCVAE, {"beta": 6.0}, "-"),
}
dense = keras.layers.Dense


def compiled(make, options, x, seed):
    keras.utils.set_random_seed(seed)
    hidden = [dense(HIDDEN, "relu") for _ in range(4)]
    networks = [
        keras.Sequential([*hidden[:2], dense(2 * UNITS)]),
        keras.Sequential([*hidden[2:], dense(x.shape[1])]),
    ]
    optimizer = keras.optimizers.Adam(1e-3)
    if make is FactorVAE:
        leaky = [dense(HIDDEN, "leaky_relu") for _ in range(2)]
        networks.append(keras.Sequential([*leaky, dense(1)]))
        slow = keras.optimizers.Adam(1e-4, beta_1=0.5)
        optimizer = {"vae": optimizer, "discriminator": slow}
    if make is BetaTCVAE:
        options = options | {"dataset_size": len(x)}
    model = make(*networks, **options)
    model.build((None, x.shape[1]))
    model.compile(optimizer)
    return model


def scores(model, x, factors):
    codes = keras.ops.convert_to_numpy(model.encode(x))
    return {
        "Higgins": 100 * metrics.higgins_score(codes, factors),
        "FactorVAE": 100 * metrics.factor_vae_score(codes, factors),
        "MIG": 100 * metrics.mutual_information_gap(codes, factors),
        "active units": metrics.active_units(codes),
        "MSE": metrics.squared_error(x, model.reconstruct(x)).mean(),
    }


def whole_numbers(factors):
    """Continuous factors, which are uniform, in ten equal parts."""
    columns = []
    for values in factors.values():
        if values.dtype.kind == "f":
            edges = np.linspace(values.min(), values.max(), 11)[1:-1]
            values = np.digitize(values, edges)
        columns.append(values)
    return np.stack(columns, axis=1)


def row(name, seconds, journal):
    make, options, published = ROWS[name]
    data = load_images("glyphs", valid=0)
    x, x_test = (part.reshape(len(part), -1) for part in (data.x_train, data.x_test))
    factors = whole_numbers(data.factors_test)
    tried, spent = [], 0.0
    for seed in range(SEEDS):
        training = Scanned([compiled(make, options, x, seed)], x, BATCH, seed=seed)
        clock = Clock(PASSES, (seconds - spent) / (SEEDS - seed))
        for _ in journal.passes(training, clock, []):
            training.train()
        tried.append(scores(*training.written(), x_test, factors))
        spent += clock.seconds
        found = {"model": name, "published": published, "seeds": len(tried)}
        for key in tried[0]:
            values = [score[key] for score in tried]
            found[key] = f"{np.mean(values):.1f} ({min(values):.1f}–{max(values):.1f})"
        journal.report(found | {"seconds": spent})
