"""The deep autoencoder of Hinton and Salakhutdinov (2006): 784 pixels through a code of 30."""

import keras
import numpy as np
from sklearn.decomposition import PCA

from course_lib.data import load_images
from course_lib.metrics import squared_error
from course_lib.models import Autoencoder
from tests.benchmarks.clock import Clock
from tests.benchmarks.scanning import Scanned

TITLE = "Autoencoder at paper scale: squared error per image with a code of 30 numbers"
PROTOCOL = (
    "784-1000-500-250-30 and its mirror image, GELU, weights drawn by Glorot's rule and not "
    "pretrained, likelihood as stated; Adam, batch 250, 36 passes over MNIST's 60,000 training "
    "images, the rate 2e-3 falling along a cosine, a tenth of it in the first pass; squared error "
    "per image of the reconstruction's mean on the 10,000 test images; seed 0. Curve: pass, "
    "seconds, error of the test images, which chose nothing"
)
FIGURE = "test"
# name: likelihood, published
ROWS = {
    "PCA-30": (None, "13.87"),
    "Bernoulli likelihood": ("bernoulli", "3.00"),
    "Gaussian likelihood": ("gaussian", "3.00"),
}
WIDTHS, CODE, PASSES, BATCH, RATE = (1000, 500, 250), 30, 36, 250, 2e-3


def network(likelihood):
    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense
    encoder = [*(dense(width, "gelu") for width in WIDTHS), dense(CODE)]
    decoder = [*(dense(width, "gelu") for width in WIDTHS[::-1]), dense(784)]
    model = Autoencoder(keras.Sequential(encoder), keras.Sequential(decoder), likelihood=likelihood)
    model.build((None, 784))
    model.compile(keras.optimizers.Adam(RATE))
    return model


def row(name, seconds, journal):
    likelihood, published = ROWS[name]
    data = load_images("mnist", valid=0)
    x, x_test = (part.reshape(-1, 784) for part in (data.x_train, data.x_test))
    found = {"model": name, "published": published}
    if likelihood is None:
        pca = PCA(CODE, svd_solver="covariance_eigh").fit(x)
        means = [pca.inverse_transform(pca.transform(part)) for part in (x, x_test)]
        errors = [squared_error(a, b).mean() for a, b in zip((x, x_test), means, strict=True)]
        return journal.report(found | dict(zip(("train", "test"), map(float, errors), strict=True)))
    training, clock, curve = Scanned([network(likelihood)], x, BATCH), Clock(PASSES, seconds), []

    def error(model, part):
        rebuilt = keras.ops.convert_to_numpy(model.reconstruct(part, batch_size=1_000))
        return float(squared_error(part, rebuilt).mean())

    for number in journal.passes(training, clock, curve):
        training.train([RATE * (0.1 if number == 1 else clock.cosine())])
        if number % 4 == 0 or clock.over:
            (model,) = training.written()
            curve.append([number, round(clock.seconds, 1), round(error(model, x_test), 3)])
            grown = {"passes": number, "seconds": clock.seconds, "curve": curve}
            journal.report(found | {"test": curve[-1][-1]} | grown)
    (model,) = training.written()
    found |= {"train": error(model, np.asarray(x)), "test": error(model, x_test)}
    journal.report(found | {"passes": clock.done, "seconds": clock.seconds, "curve": curve})
