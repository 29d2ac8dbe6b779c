"""Likelihood of binarised digits under VAE and IWAE, by importance sampling."""

import jax
import keras
import numpy as np

from course_lib.data import load_images
from course_lib.metrics import importance_nll
from course_lib.models import IWAE, VAE
from tests.benchmarks.clock import Clock
from tests.benchmarks.paper_pixels import binarised
from tests.benchmarks.scanning import Scanned

TITLE = "Variational at paper scale: −log p(x) of binarised digits, nats an image"
PROTOCOL = (
    "MNIST, 50,000 images to train, 10,000 to choose the rate and the pass by their bound, 10,000 "
    "to report; each pixel drawn with its grey level as probability, once for validation and test "
    "(seed 0) and for training as stated. Batch 100, Adam, the rate falling along a cosine. "
    "Published: 89.8 after 500 passes from 200 samples; IWAE 86.76, 85.54, 84.78 after 3,280 "
    "passes at batch 20 from 5,000 samples, and a reproduction in 400,000 steps 90.26, 88.49, "
    "87.34. Seed 0. Curve: pass, seconds, bound of the validation images at each rate"
)
BATCH = 100
ABOUT = (
    "Published: Rezende and Mohamed, 2015, and pythae; Burda et al., 2016. −log p of the test "
    "images, nats an image, lower is better"
)
FIGURE = "−log p"
# name: class, options, widths, activation, whether drawn anew each pass, rates, passes, samples
# that the published figure took, published
ROWS = {
    "VAE 784-400-40": (VAE, {}, (400, 40), "relu", False, (5e-4, 1e-3, 2e-3), 500, 200, "89.8"),
    "VAE 784-200-200-50": (
        VAE,
        {},
        (200, 200, 50),
        "tanh",
        True,
        (1e-3, 2e-3),
        800,
        5_000,
        "86.76",
    ),
    "IWAE k = 5": (IWAE, {"k": 5}, (200, 200, 50), "tanh", True, (1e-3,), 800, 5_000, "85.54"),
    "IWAE k = 50": (IWAE, {"k": 50}, (200, 200, 50), "tanh", True, (1e-3,), 800, 5_000, "84.78"),
}
CHECKS = 50


def network(make, options, widths, activation, rate):
    keras.utils.set_random_seed(0)
    *hidden, code = widths
    dense = keras.layers.Dense
    encoder = [dense(w, activation) for w in hidden]
    decoder = [dense(w, activation) for w in hidden[::-1]]
    model = make(
        keras.Sequential([*encoder, dense(2 * code)]),
        keras.Sequential([*decoder, dense(784)]),
        **options,
    )
    model.build((None, 784))
    model.compile(keras.optimizers.Adam(rate))
    return model


def row(name, seconds, journal):
    make, options, widths, activation, anew, rates, passes, of, published = ROWS[name]
    data = load_images("mnist", valid=10_000)
    grey = data.x_train.reshape(-1, 784)
    x, x_valid, x_test = (
        part.reshape(-1, 784) for part in binarised(data.x_train, data.x_valid, data.x_test)
    )
    models = [network(make, options, widths, activation, rate) for rate in rates]
    training, clock, curve = Scanned(models, x, BATCH), Clock(passes, seconds), []
    draw, key = jax.jit(jax.random.bernoulli), jax.random.key(0)
    grey = jax.numpy.asarray(grey) if anew else None
    found = {"model": name, "drawn": "each pass" if anew else "once", "published": published}
    for number in journal.passes(training, clock, curve):
        if anew:
            training.data = (draw(jax.random.fold_in(key, number), grey).astype("float32"),)
        training.train(np.multiply(rates, clock.cosine()))
        if number % max(1, passes // CHECKS) == 0 or clock.over:
            bounds = training.evaluate(x_valid)["loss"]
            training.keep(bounds)
            curve.append([number, round(clock.seconds, 1), *np.round(bounds, 3)])
            grown = {"passes": number, "training seconds": clock.seconds, "curve": curve}
            journal.report(found | grown)
    found |= {"passes": clock.done, "training seconds": clock.seconds}
    best = int(np.argmin(training.best))
    model = training.restore()[best]
    found |= {"rate": rates[best], "bound, validation": float(training.best[best])}
    for samples in (200, 5_000):
        nats = importance_nll(model.log_weights, x_test, samples, chunk=min(samples, 500)).mean()
        found |= {f"−log p, {samples:,} samples": float(nats)}
        if samples == of:
            found["−log p"] = float(nats)
        journal.report(found | {"curve": curve})
