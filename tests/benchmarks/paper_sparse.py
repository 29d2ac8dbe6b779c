"""k-sparse autoencoders of 1,000 units, and logistic regression on their codes."""

import keras
import numpy as np

from course_lib.layers import TiedDense, TopK
from course_lib.metrics import squared_error
from course_lib.models import SparseAutoencoder
from tests.benchmarks.clock import Clock
from tests.benchmarks.digits import flat_digits
from tests.benchmarks.paper_stacked import fine_tuned
from tests.benchmarks.scanning import Scanned

TITLE = "Sparse at paper scale: logistic regression on the codes of k-sparse autoencoders"
PROTOCOL = (
    "784-1000, linear, tied, the k largest kept, squared error; MNIST's training images less "
    "their mean, 50,000 to train and 10,000 to choose; passes as stated of Adam, 2e-3 falling "
    "along a cosine, batch 100. Codes keep the αk largest, α of 1, 2 and 3, scaled by one number "
    "to a mean square of 1; logistic regression on them for 20 passes of Adam, batch 100, of "
    "three rates (3e-3, 1e-3, 3e-4), each falling along a cosine, and of the passes the best by "
    "validation error, which chooses α, too. Error on the 10,000 test images, mean and range of "
    "two seeds. The paper trains on 60,000 images"
)
ABOUT = (
    "Published: Makhzani and Frey, 2014 (recalled). Test error in %, lower is better; in "
    "brackets the range of two seeds"
)
FIGURE = "test error (%)"
# name: k, passes, published
ROWS = {"k = 25, 15 passes": (25, 15, "1.35"), "k = 25, 5 passes": (25, 5, "1.35")}
UNITS, TUNING, BATCH, SEEDS, RATE = 1_000, 20, 100, 2, 2e-3
RATES, ALPHAS = (3e-3, 1e-3, 3e-4), (1, 2, 3)


def row(name, seconds, journal):
    k, passes, published = ROWS[name]
    flat, labels = zip(*flat_digits(valid=10_000).values(), strict=True)
    flat = [x - flat[0].mean(axis=0) for x in flat]
    found, curve, spent, tuning = {"units on": name, "published": published}, [], 0.0, 0.0
    of_seeds = []
    for seed in range(SEEDS):
        # One after the other: side by side, keeping the largest would sort all units.
        training, clock = Scanned([make(k, seed)], flat[0], BATCH), Clock(passes, seconds / 4)
        for _ in journal.passes(training, clock, []):
            training.train([RATE * clock.cosine()])
        (model,) = training.written()
        spent += clock.seconds
        tuned = []
        for alpha in ALPHAS:
            parts = list(zip(codes(model, flat, alpha * k), labels, strict=True))
            networks = [probe(seed) for _ in RATES]
            rest = seconds / (4 * len(ALPHAS))
            tuned.append(fine_tuned(networks, RATES, parts, TUNING, rest, BATCH, journal))
            tuning += tuned[-1]["tuning seconds"]
            curve += [[seed, alpha, *point] for point in tuned[-1]["curve"]]
        rebuilt = squared_error(flat[1], model.reconstruct(flat[1])).mean()
        of_seeds.append((rebuilt, len(model.dead_units(flat[1])), tuned))
    rebuilt, dead, tuned = zip(*of_seeds, strict=True)
    valid, test = (
        np.array([[one[f"{part} error (%)"] for one in seed] for seed in tuned])
        for part in ("validation", "test")
    )
    best = int(valid.mean(axis=0).argmin())
    errors = test[:, best]
    found |= {FIGURE: errors.mean(), "lowest": errors.min(), "highest": errors.max()}
    found |= {"validation error (%)": valid[:, best].mean(), "α": ALPHAS[best]}
    found |= {f"α = {a}": e for a, e in zip(ALPHAS, test.mean(axis=0), strict=True)}
    found |= {"squared error": np.mean(rebuilt), "dead units": np.mean(dead)}
    found = {key: v if isinstance(v, str) else float(v) for key, v in found.items()}
    seconds = {"pretraining seconds": spent, "tuning seconds": tuning}
    journal.report(found | seconds | {"curve": curve})


def make(k, seed):
    keras.utils.set_random_seed(seed)
    dense = keras.layers.Dense(UNITS)
    model = SparseAutoencoder(keras.Sequential([dense, TopK(k)]), TiedDense(dense))
    model.build((None, 784))
    model.compile(keras.optimizers.Adam(RATE))
    return model


def codes(model, parts, count):
    """Codes that keep so many numbers, of a mean square of 1 over the first part."""
    model = keras.Sequential([model.encoder.layers[0], TopK(count)])
    found = [model.predict(x, batch_size=1_000, verbose=0) for x in parts]
    scale = np.sqrt(np.mean(found[0] ** 2))
    return [part / scale for part in found]


def probe(seed):
    keras.utils.set_random_seed(seed)
    return keras.Sequential([keras.Input((UNITS,)), keras.layers.Dense(10)])
