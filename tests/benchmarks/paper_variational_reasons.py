"""What does a VAE's likelihood lack to the published one? First weights, units, passes."""

import keras
import numpy as np

from course_lib.data import load_images
from course_lib.metrics import importance_nll
from course_lib.models import VAE
from tests.benchmarks.clock import Clock
from tests.benchmarks.paper_pixels import binarised
from tests.benchmarks.scanning import Scanned

TITLE = "Variational, reasons: −log p(x) of binarised digits, by kind of unit and first weights"
PROTOCOL = (
    "784-400-40 and back, as in paper_variational_likelihood: MNIST binarised once, 50,000 images "
    "to train, 10,000 to choose the pass by their bound, 10,000 to report, batch 100, Adam, 1e-3 "
    "falling along a cosine, seed 0; 200 samples. All images: the 10,000 train, too, and the last "
    "pass is reported. ReLU units, or units that are the maximum of four sums (maxout), as in "
    "Rezende and Mohamed, 2015, whose 89.9 took 500,000 steps, 1,000 passes; 89.78 is pythae's, "
    "of ReLU units. First weights by Glorot's rule or by PyTorch's: uniform, of variance 1/3 over "
    "the inputs. Curve: pass, seconds, bound of the validation images"
)
ABOUT = (
    "Published: Rezende and Mohamed, 2015 (89.9), and pythae (89.78). −log p of the test "
    "images, nats an image, lower is better"
)
FIGURE = "−log p, 200 samples"
# name: kind of unit, first weights, images, passes, published
ROWS = {
    "ReLU, 100 passes": ("relu", "Glorot", 50_000, 100, "89.78"),
    "ReLU, PyTorch's first weights, 100 passes": ("relu", "PyTorch", 50_000, 100, "89.78"),
    "maxout, 100 passes": ("maxout", "Glorot", 50_000, 100, "89.9"),
    "maxout, 500 passes": ("maxout", "Glorot", 50_000, 500, "89.9"),
    "maxout, 500 passes, all images": ("maxout", "Glorot", 60_000, 500, "89.9"),
}
FIRST = {
    "Glorot": keras.initializers.GlorotUniform,
    "PyTorch": lambda: keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform"),
}
BATCH, RATE, CHECKS, WIDTH, CODE, PIECES = 100, 1e-3, 50, 400, 40, 4


def network(unit, first):
    def dense(units, activation=None):
        return keras.layers.Dense(units, activation, kernel_initializer=FIRST[first]())

    def hidden():
        if unit == "relu":
            return [dense(WIDTH, "relu")]
        pieces = keras.layers.Reshape((PIECES, WIDTH))
        return [dense(PIECES * WIDTH), pieces, keras.layers.GlobalMaxPooling1D()]

    keras.utils.set_random_seed(0)
    model = VAE(
        keras.Sequential([*hidden(), dense(2 * CODE)]),
        keras.Sequential([*hidden(), dense(784)]),
    )
    model.build((None, 784))
    model.compile(keras.optimizers.Adam(RATE))
    return model


def row(name, seconds, journal):
    unit, first, images, passes, published = ROWS[name]
    data = load_images("mnist", valid=10_000)
    x, x_valid, x_test = (
        part.reshape(-1, 784) for part in binarised(data.x_train, data.x_valid, data.x_test)
    )
    held_out = images == len(x)
    if not held_out:
        x = np.concatenate([x, x_valid])
    training, clock, curve = Scanned([network(unit, first)], x, BATCH), Clock(passes, seconds), []
    found = {"model": name, "published": published}
    for number in journal.passes(training, clock, curve):
        logs = training.train([RATE * clock.cosine()])
        if number % max(1, passes // CHECKS) == 0 or clock.over:
            bound = training.evaluate(x_valid)["loss"]
            if held_out:
                training.keep(bound)
                found["bound, validation"] = float(training.best[0])
            curve.append([number, round(clock.seconds, 1), round(float(bound[0]), 3)])
            found |= {"passes": number, "training seconds": clock.seconds}
            found |= {"bound, training": float(logs["loss"][0])}
            journal.report(found | {"curve": curve})
    (model,) = training.restore() if held_out else training.written()
    nats = importance_nll(model.log_weights, x_test, 200, chunk=200).mean()
    journal.report(found | {"−log p, 200 samples": float(nats), "curve": curve})
