"""Is it that fine-tuning overfits that keeps a contractive layer from its published error?"""

import keras
import numpy as np

from tests.benchmarks.clock import Clock
from tests.benchmarks.digits import flat_digits
from tests.benchmarks.paper_contractive import BATCH, PASSES, RATE, TUNING, copied, make
from tests.benchmarks.paper_stacked import fine_tuned
from tests.benchmarks.scanning import Scanned

TITLE = "Contractive, noise: error where fine-tuning sees its images with noise"
PROTOCOL = (
    "784-1000, tied sigmoid, Bernoulli likelihood, weight, rates, lengths and images as in "
    "paper_contractive: 50,000 to train, 10,000 to choose; 100 passes of Adam, then 60 of "
    "fine-tuning, 1e-3 falling along a cosine, batch 100. While it is fine-tuned, and only then, "
    "Gaussian noise is added to the images. Deviation of the noise, of three, and pass the best "
    "by validation error: the deviation for the seed 0, the other seeds take it over. Error of "
    "the 10,000 test images in %, mean and range of the seeds 0, 1, 2. Curve: seed, deviation, "
    "pass, seconds, validation error"
)
ABOUT = (
    "Published: Rifai et al., 2011; whether they fine-tuned with noise is not known here. Test "
    "error in %, lower is better; in brackets the range of three seeds"
)
FIGURE = "test error (%)"
# name: model, weight, published
ROWS = {
    "random start": (None, None, "-"),
    "AE": ("AE", None, "1.78"),
    "CAE, weight 1": ("CAE", 1.0, "1.14"),
}
SEEDS, NOISES = 3, (0.2, 0.3, 0.4)


def row(name, seconds, journal):
    kind, weight, published = ROWS[name]
    parts = list(flat_digits(valid=10_000).values())
    found = {"pretraining": name, "published": published}
    tests, valids, curve, spent = [], [], [], 0.0
    trainings, noises = len(NOISES) + SEEDS - 1, NOISES
    for seed in range(SEEDS):
        model = make(kind, weight, seed)
        if kind is not None:
            training = Scanned([model], parts[0][0], BATCH)
            clock = Clock(PASSES, seconds / 2 / SEEDS)
            for _ in journal.passes(training, clock, []):
                training.train([RATE * clock.cosine()])
            (model,), spent = training.written(), spent + clock.seconds
        tuned = {}
        for noise in noises:
            network = noisy(model.encoder, noise, seed)
            share = seconds / 2 / trainings
            one = fine_tuned([network], (RATE,), parts, TUNING, share, BATCH, journal)
            curve += [[seed, noise, *point] for point in one["curve"]]
            tuned[noise], spent = one, spent + one["tuning seconds"]
        noise = min(tuned, key=lambda noise: tuned[noise]["validation error (%)"])
        noises = (noise,)
        tests.append(tuned[noise]["test error (%)"])
        valids.append(tuned[noise]["validation error (%)"])
        found |= {
            "noise": noise,
            "test error (%)": float(np.mean(tests)),
            "lowest": min(tests),
            "highest": max(tests),
            "validation error (%)": float(np.mean(valids)),
            "seeds": len(tests),
            "seconds": spent,
            "curve": curve,
        }
        journal.report(found)


def noisy(encoder, noise, seed):
    """784-1000-10 with the encoder's weights, which sees its images with noise in training."""
    network = copied(encoder, seed)
    disturbed = keras.layers.GaussianNoise(noise, seed=seed)
    return keras.Sequential([keras.Input((784,)), disturbed, network])
