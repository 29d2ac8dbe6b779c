"""Deep sigmoid networks from a random start and from pretraining, on 10,000 digits."""

import keras
import numpy as np

from course_lib.data import load_images
from course_lib.layers import MaskingCorruption
from course_lib.models import StackedAutoencoder
from tests.benchmarks.clock import Clock
from tests.benchmarks.scanning import Scanned

TITLE = "Stacked at paper scale: three layers on 10,000 digits"
PROTOCOL = (
    "784-1000-1000-1000-10, sigmoid, 10,000 images to train, 2,000 to choose, 50,000 to report, "
    "all drawn from MNIST (the paper's MNIST-basic is drawn the same way; the images differ). "
    "Pretraining: 200 passes a level, Adam 1e-3 falling along a cosine, batch 100, tied weights, "
    "cross-entropy, masking as stated. Fine-tuning: Adam, batch 100, 100 passes, the highest rate "
    "falling along a cosine; of three rates and of the passes the best by validation error. "
    "Test error in %, mean and range of three seeds; the paper chooses the masking as well"
)
ABOUT = (
    "Published: Vincent et al., 2010: stacked autoencoders (SAE-3), denoising ones (SDAE-3). "
    "Test error in %, lower is better; in brackets the range of three seeds"
)
FIGURE = "test error (%)"
# name: masking, activation, published
ROWS = {
    "random start": (None, "sigmoid", "-"),
    "random start, ReLU and He's rule": (None, "relu", "-"),
    "SAE-3": (0.0, "sigmoid", "3.46"),
    "SDAE-3, masking 10 %": (0.1, "sigmoid", "2.84"),
    "SDAE-3, masking 25 %": (0.25, "sigmoid", "2.84"),
    "SDAE-3, masking 40 %": (0.4, "sigmoid", "2.84"),
}
PASSES, TUNING, BATCH, WIDTHS, SEEDS = 200, 100, 100, (1000, 1000, 1000), 3
RATES = {"random start": (3e-3, 1e-3, 3e-4), "pretrained": (1e-3, 3e-4, 1e-4)}


def mnist_basic():
    """10,000, 2,000 and 50,000 images and labels."""
    data = load_images("mnist", train=None, valid=0, test=None)
    x = np.concatenate([data.x_train, data.x_test]).reshape(-1, 784)
    y = np.concatenate([data.y_train, data.y_test])
    order = np.random.default_rng(0).permutation(len(x))[:62_000]
    return [(x[part], y[part]) for part in np.split(order, [10_000, 12_000])]


def row(name, seconds, journal):
    masking, activation, published = ROWS[name]
    parts = mnist_basic()
    stacks = []
    for seed in range(SEEDS):
        keras.utils.set_random_seed(seed)
        corruption = MaskingCorruption(masking, seed=seed) if masking else None
        stacks.append(StackedAutoencoder(WIDTHS, corruption=corruption))
        stacks[-1].build((None, 784))
    spent = 0.0
    if masking is not None:
        spent = pretrain(stacks, parts[0][0], seconds / 4, journal)
    found = {"start": name, "published": published, "pretraining seconds": spent}
    rates = RATES["random start" if masking is None else "pretrained"]
    networks = []
    for seed, stack in enumerate(stacks):
        for _ in rates:
            keras.utils.set_random_seed(seed)
            networks.append(stack.classifier(10) if activation == "sigmoid" else rectified())
    rest = seconds - spent
    journal.report(found | fine_tuned(networks, rates, parts, TUNING, rest, BATCH, journal))


def rectified():
    """The same network with rectifiers, drawn by He's rule."""
    dense = keras.layers.Dense
    hidden = [dense(n, "relu", kernel_initializer="he_normal") for n in WIDTHS]
    return keras.Sequential([keras.Input((784,)), *hidden, dense(10)])


def pretrain(stacks, x, seconds, journal):
    """Level after level, all stacks side by side; returns the seconds it took."""
    own, spent = False, 0.0
    for level in range(len(WIDTHS)):
        models = [stack.levels[level] for stack in stacks]
        for model in models:
            model.compile(keras.optimizers.Adam(1e-3))
        training, clock = Scanned(models, x, BATCH, own), Clock(PASSES, seconds)
        for _ in journal.passes(training, clock, []):
            training.train([1e-3 * clock.cosine()] * len(models))
        spent += clock.seconds
        inputs = x if own else [x] * len(models)
        models = training.written()
        x = np.stack([model.encode(part, 1000) for model, part in zip(models, inputs, strict=True)])
        own = True
    return spent


def fine_tuned(
    networks, rates, parts, passes, seconds, batch, journal, optimizer=keras.optimizers.Adam
):
    """Test errors of classifiers, of each seed the one of the best rate and pass.

    Args:
        networks: for each seed one a rate.
        rates: the highest of each.
        parts: `(x, y)` to train, to choose and to report.
        passes: of each network.
        seconds: that these may take.
        batch: examples a step.
        journal: of the row.
        optimizer: class of Keras.
    """
    train, valid, test = parts
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    of_all = np.tile(rates, len(networks) // len(rates))
    for network, rate in zip(networks, of_all, strict=True):
        network.compile(optimizer(rate), loss, metrics=["accuracy"])
    training, clock, curve = Scanned(networks, train, batch), Clock(passes, seconds), []
    for number in journal.passes(training, clock, curve):
        training.train(of_all * clock.cosine())
        errors = 100 * (1 - training.evaluate(valid)["accuracy"])
        training.keep(errors)
        if number % max(1, passes // 20) == 0:
            curve.append([number, round(clock.seconds, 1), *np.round(errors, 2)])
    best = np.asarray(training.best).reshape(-1, len(rates))
    training.restore()
    errors = 100 * (1 - training.evaluate(test)["accuracy"]).reshape(best.shape)
    chosen = best.argmin(axis=1)
    of_seeds = errors[np.arange(len(best)), chosen]
    return {
        "test error (%)": float(of_seeds.mean()),
        "lowest": float(of_seeds.min()),
        "highest": float(of_seeds.max()),
        "validation error (%)": float(best.min(axis=1).mean()),
        "rates": ", ".join(f"{rates[i]:g}" for i in chosen),
        "passes": clock.done,
        "tuning seconds": clock.seconds,
        "curve": curve,
    }
