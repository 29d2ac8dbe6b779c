"""One layer of 1,000 tied sigmoid units: plain, denoising and contractive, then fine-tuned."""

import keras
import numpy as np
from keras import ops

from course_lib.layers import GaussianCorruption, TiedDense
from course_lib.losses import contraction_dense
from course_lib.models import Autoencoder, ContractiveAutoencoder, DenoisingAutoencoder
from tests.benchmarks.clock import Clock
from tests.benchmarks.digits import flat_digits
from tests.benchmarks.paper_stacked import fine_tuned
from tests.benchmarks.scanning import Scanned

TITLE = (
    "Contractive at paper scale: error after fine-tuning from plain, denoising, contractive codes"
)
PROTOCOL = (
    "784-1000, tied sigmoid, Bernoulli likelihood; MNIST's training images, 50,000 to train and "
    "10,000 to choose; 100 passes of Adam, 1e-3 falling along a cosine, batch 100; then "
    "784-1000-10 fine-tuned for 60 passes, Adam, of two rates falling along a cosine and of the "
    "passes the best by validation error, which chooses noise and penalty, too; error on the "
    "10,000 test images, mean and range of three seeds; norm of the Jacobian (root mean square "
    "over 1,000 validation images) before fine-tuning"
)
ABOUT = (
    "Published: Rifai et al., 2011: plain (AE), with Gaussian noise (DAE-g), contractive "
    "(CAE). Test error in %, lower is better; in brackets the range of three seeds"
)
FIGURE = "test error (%)"
# name: model, noise or weight, published
ROWS = {
    "random start": (None, None, "-"),
    "AE": ("AE", None, "1.78"),
    "DAE-g, noise 0.15": ("DAE-g", 0.15, "1.18"),
    "DAE-g, noise 0.3": ("DAE-g", 0.3, "1.18"),
    "DAE-g, noise 0.6": ("DAE-g", 0.6, "1.18"),
    "DAE-g, noise 1": ("DAE-g", 1.0, "1.18"),
    "CAE, weight 0.1": ("CAE", 0.1, "1.14"),
    "CAE, weight 0.3": ("CAE", 0.3, "1.14"),
    "CAE, weight 1": ("CAE", 1.0, "1.14"),
    "CAE, weight 3": ("CAE", 3.0, "1.14"),
    "CAE, weight 10": ("CAE", 10.0, "1.14"),
}
PASSES, TUNING, BATCH, SEEDS, RATE, RATES = 100, 60, 100, 3, 1e-3, (1e-3, 3e-4)


def make(kind, strength, seed):
    keras.utils.set_random_seed(seed)
    encoder = keras.layers.Dense(1000, "sigmoid")
    options = {"likelihood": "bernoulli"}
    if kind == "CAE":
        model = ContractiveAutoencoder(encoder, weight=strength, method="chain", **options)
    elif kind == "DAE-g":
        noise = GaussianCorruption(strength, seed=seed)
        model = DenoisingAutoencoder(encoder, TiedDense(encoder), noise, **options)
    else:
        model = Autoencoder(encoder, TiedDense(encoder), **options)
    model.build((None, 784))
    model.compile(keras.optimizers.Adam(RATE))
    return model


def row(name, seconds, journal):
    kind, strength, published = ROWS[name]
    parts = list(flat_digits(valid=10_000).values())
    models = [make(kind, strength, seed) for seed in range(SEEDS)]
    spent = 0.0
    if kind is not None:
        training, clock = Scanned(models, parts[0][0], BATCH), Clock(PASSES, seconds / 2)
        for _ in journal.passes(training, clock, []):
            training.train([RATE * clock.cosine()] * SEEDS)
        models, spent = training.written(), clock.seconds
    norms = [contraction_dense(model.encoder, parts[1][0][:1000])[1] for model in models]
    norms = [float(ops.sqrt(ops.mean(norm))) for norm in norms]
    found = {"pretraining": name, "published": published, "Jacobian": float(np.mean(norms))}
    networks = [copied(model.encoder, seed) for seed, model in enumerate(models) for _ in RATES]
    found |= {"pretraining seconds": spent}
    rest = seconds - spent
    journal.report(found | fine_tuned(networks, RATES, parts, TUNING, rest, BATCH, journal))


def copied(encoder, seed):
    """784-1000-10 with the encoder's weights, and ten logits drawn with the seed."""
    keras.utils.set_random_seed(seed)
    dense = keras.layers.Dense
    network = keras.Sequential([keras.Input((784,)), dense(1000, "sigmoid"), dense(10)])
    network.layers[0].set_weights(encoder.get_weights())
    return network
