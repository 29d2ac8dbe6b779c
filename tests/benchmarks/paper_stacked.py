"""Deep sigmoid networks from a random start and from pretraining, on 10,000 digits."""

import time

import keras
import numpy as np

from course_lib.data import load_images
from course_lib.layers import MaskingCorruption
from course_lib.models import StackedAutoencoder

TITLE = "Stacked at paper scale: three sigmoid layers on 10,000 digits"
PROTOCOL = (
    "784-1000-1000-1000-10, sigmoid, 10,000 images to train, 2,000 to choose, 50,000 to report, "
    "all drawn from MNIST (the paper's MNIST-basic is drawn the same way; the images differ). "
    "Pretraining: 15 passes a level, Adam 1e-3, batch 100, tied weights, cross-entropy, masking 10 "
    "% or none. Fine-tuning: Adam, batch 100, 15 passes, the rate of 1e-3 and 3e-4 and the pass "
    "chosen by validation error; from the random start 3e-3 as well. One seed, 0"
)
CORRUPTIONS = {"random start": None, "SAE-3": None, "SDAE-3": 0.1}
PUBLISHED = {"random start": "-", "SAE-3": "3.46", "SDAE-3": "2.84"}
PASSES, BATCH = 15, 100


def mnist_basic():
    """10,000, 2,000 and 50,000 images and labels."""
    data = load_images("mnist", train=None, valid=0, test=None)
    x = np.concatenate([data.x_train, data.x_test]).reshape(-1, 784)
    y = np.concatenate([data.y_train, data.y_test])
    order = np.random.default_rng(0).permutation(len(x))[:62_000]
    return [(x[part], y[part]) for part in np.split(order, [10_000, 12_000])]


class KeepBest(keras.callbacks.Callback):
    """Keeps the weights of the pass with the least validation error."""

    def __init__(self, valid):
        super().__init__()
        self.valid, self.best, self.weights = valid, np.inf, None

    def error(self, known):
        x, y = known
        logits = self.model.predict(x, batch_size=1000, verbose=0)
        return float(100 * np.mean(np.argmax(logits, 1) != y))

    def on_epoch_end(self, epoch, logs=None):
        error = self.error(self.valid)
        if error < self.best:
            self.best, self.weights, self.passes = error, self.model.get_weights(), epoch + 1

    def test_error(self, test):
        self.model.set_weights(self.weights)
        return self.error(test)


def run():
    train, valid, test = mnist_basic()
    rows = []
    for name, rate in CORRUPTIONS.items():
        keras.utils.set_random_seed(0)
        start = time.perf_counter()
        corruption = None if rate is None else MaskingCorruption(rate, seed=0)
        stack = StackedAutoencoder((1000, 1000, 1000), corruption=corruption)
        stack.build((None, 784))
        if name != "random start":
            stack.pretrain(train[0], PASSES, BATCH, keras.optimizers.Adam(1e-3), verbose=0)
        rates = (3e-3, 1e-3, 3e-4) if name == "random start" else (1e-3, 3e-4)
        tried = [(fine_tune(stack, step, train, valid), step) for step in rates]
        best, step = min(tried, key=lambda entry: entry[0].best)
        rows.append(
            {
                "start": name,
                "validation error (%)": best.best,
                "test error (%)": best.test_error(test),
                "published": PUBLISHED[name],
                "rate": step,
                "pass": best.passes,
                "minutes": (time.perf_counter() - start) / 60,
            }
        )
        print(rows[-1], flush=True)
    return rows


def fine_tune(stack, rate, train, valid):
    keras.utils.set_random_seed(0)
    network = stack.classifier(10)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.Adam(rate), loss, steps_per_execution=20)
    keep = KeepBest(valid)
    network.fit(*train, batch_size=BATCH, epochs=PASSES, verbose=0, callbacks=[keep])
    return keep
