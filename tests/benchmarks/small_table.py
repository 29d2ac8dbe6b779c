"""A table of seconds that trains all that a row trains: for the test that kills it."""

import hashlib

import keras
import numpy as np

from course_lib.layers import GaussianCorruption, TiedDense
from course_lib.models import DenoisingAutoencoder
from tests.benchmarks.clock import Clock
from tests.benchmarks.paper_stacked import fine_tuned
from tests.benchmarks.scanning import Scanned

TITLE = "A small table"
PROTOCOL = "8-6 tied sigmoid, noise as stated; then 8-6-3 fine-tuned; 60 random rows, two seeds"
ROWS = {"noise 0.3": (0.3, "-")}
PASSES, TUNING, BATCH, SEEDS, RATES = 6, 6, 10, 2, (1e-2, 1e-3)
dense = keras.layers.Dense


def row(name, seconds, journal):
    noise, published = ROWS[name]
    rng = np.random.default_rng(0)
    x, y = rng.random((60, 8)).astype("float32"), rng.integers(0, 3, 60)
    models = [autoencoder(noise, seed) for seed in range(SEEDS)]
    training, clock, curve = Scanned(models, x, BATCH), Clock(PASSES, seconds), []
    found = {"pretraining": name, "published": published}
    for number in journal.passes(training, clock, curve):
        losses = training.train([1e-2 * clock.cosine()] * SEEDS)["loss"]
        training.keep(losses)
        curve.append([number, *losses])
        journal.report(found | {"losses": curve})
    kept = enumerate(training.restore())
    networks = [classifier(model, seed) for seed, model in kept for _ in RATES]
    parts = [(x, y)] * 3
    found |= {"losses": curve, "passes": clock.done}
    found |= fine_tuned(networks, RATES, parts, TUNING, seconds, BATCH, journal)
    weights = [w.tobytes() for network in networks for w in network.get_weights()]
    journal.report(found | {"weights": hashlib.sha256(b"".join(weights)).hexdigest()})


def autoencoder(noise, seed):
    keras.utils.set_random_seed(seed)
    encoder = dense(6, "sigmoid")
    corruption = GaussianCorruption(noise, seed=seed)
    model = DenoisingAutoencoder(encoder, TiedDense(encoder), corruption)
    model.build((None, 8))
    model.compile(keras.optimizers.Adam(1e-2))
    return model


def classifier(model, seed):
    keras.utils.set_random_seed(seed)
    network = keras.Sequential([keras.Input((8,)), dense(6, "sigmoid"), dense(3)])
    network.layers[0].set_weights(model.encoder.get_weights())
    return network
