"""Error against the number of labels: two sigmoid layers, pretrained without labels and not."""

import keras
import numpy as np

from course_lib.layers import MaskingCorruption
from course_lib.models import StackedAutoencoder
from tests.benchmarks.clock import Clock
from tests.benchmarks.digits import flat_digits
from tests.benchmarks.paper_stacked import fine_tuned
from tests.benchmarks.scanning import Scanned

TITLE = "Error against the number of labels, pretrained on all images and not"
PROTOCOL = (
    "784-500-500-10, sigmoid; MNIST's training images, 50,000 to train and 10,000 to choose; "
    "labels of 100 to 50,000 of them, drawn at random. Pretraining, once and without labels, on "
    "the 50,000: 20 passes a level, Adam 1e-3 falling along a cosine, batch 100, tied weights, "
    "cross-entropy, masking 25 %. Fine-tuning, the same for both: Adam, batch 100, 12 passes of "
    "all labelled images, of fewer than 5,000 repeated until there are as many; of two rates "
    "(3e-3, 1e-3), each falling along a cosine, and of the passes the best by validation "
    "error. Error on the 10,000 test images, mean and range of three draws, each with a start of "
    "the layers that are not pretrained of its own. Published as a curve"
)
ABOUT = (
    "Published: Erhan et al., 2010, as a curve. Here the test error in % with 1,000 labels, "
    "lower is better; the other numbers of labels are in the result"
)
FIGURE = "1,000 labels"
# name: masking, published
ROWS = {"random start": (None, "-"), "pretrained": (0.25, "-")}
LABELS = (100, 300, 1_000, 3_000, 10_000, 50_000)
WIDTHS, PASSES, TUNING, BATCH, DRAWS, LEAST = (500, 500), 20, 12, 100, 3, 5_000
RATES = (3e-3, 1e-3)


def row(name, seconds, journal):
    masking, published = ROWS[name]
    parts = list(flat_digits(valid=10_000).values())
    stack, spent = None, 0.0
    if masking is not None:
        stack = fresh(0, masking)
        spent = pretrain(stack, parts[0][0], seconds / 4, journal)
    found = {"start": name, "published": published, "pretraining seconds": spent}
    tuning, curve = 0.0, []
    for labels in LABELS:
        errors = []
        for draw in range(DRAWS):
            chosen = np.random.default_rng(draw).permutation(len(parts[0][0]))[:labels]
            chosen = np.resize(chosen, max(LEAST, labels))
            some = [tuple(part[chosen] for part in parts[0]), *parts[1:]]
            networks = [classifier(stack, draw) for _ in RATES]
            rest = (seconds - spent) / (len(LABELS) * DRAWS)
            tuned = fine_tuned(networks, RATES, some, TUNING, rest, BATCH, journal)
            errors.append(tuned["test error (%)"])
            tuning += tuned["tuning seconds"]
            curve += [[labels, draw, *point] for point in tuned["curve"]]
        found[f"{labels:,} labels"] = float(np.mean(errors))
        found[f"{labels:,} labels, lowest"] = min(errors)
        found[f"{labels:,} labels, highest"] = max(errors)
        journal.report(found | {"tuning seconds": tuning, "curve": curve})


def fresh(seed, masking=None):
    keras.utils.set_random_seed(seed)
    corruption = MaskingCorruption(masking, seed=seed) if masking else None
    stack = StackedAutoencoder(WIDTHS, corruption=corruption)
    stack.build((None, 784))
    return stack


def classifier(stack, seed):
    """784-500-500-10 from a stack, or from a start drawn with the seed, as its logits are."""
    stack = stack or fresh(seed)
    keras.utils.set_random_seed(seed)
    return stack.classifier(10)


def pretrain(stack, x, seconds, journal):
    """Level after level; returns the seconds it took."""
    spent = 0.0
    for model in stack.levels:
        model.compile(keras.optimizers.Adam(1e-3))
        training, clock = Scanned([model], x, BATCH), Clock(PASSES, seconds / len(WIDTHS))
        for _ in journal.passes(training, clock, []):
            training.train([1e-3 * clock.cosine()])
        spent += clock.seconds
        x = np.asarray(training.written()[0].encode(x, 1_000))
    return spent
