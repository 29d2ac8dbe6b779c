"""Is it the images held out that keep a contractive layer from its published error?"""

import keras
import numpy as np

from tests.benchmarks.clock import Clock
from tests.benchmarks.digits import flat_digits
from tests.benchmarks.paper_contractive import BATCH, PASSES, RATE, TUNING, copied, make
from tests.benchmarks.scanning import Scanned

TITLE = "Contractive, all images: error after fine-tuning where nothing is held out any more"
PROTOCOL = (
    "784-1000, tied sigmoid, Bernoulli likelihood, as in paper_contractive, with its weight 1 "
    "(which its validation images cannot tell from 0.3), its rate 1e-3 and its lengths: 100 "
    "passes of Adam, then 60 of fine-tuning, each falling along a cosine, batch 100. Here on "
    "all 60,000 images of MNIST's training part, and the last pass is reported. Error of the "
    "10,000 test images in %, mean and range of the seeds 0, 1, 2. Curve: seed, pass of the "
    "fine-tuning, seconds, error of the training images"
)
ABOUT = (
    "Published: Rifai et al., 2011. Test error in %, lower is better; in brackets the range "
    "of three seeds"
)
FIGURE = "test error (%)"
# name: model, noise or weight, published
ROWS = {
    "CAE, weight 1": ("CAE", 1.0, "1.14"),
}
SEEDS = 3


def row(name, seconds, journal):
    kind, strength, published = ROWS[name]
    data = flat_digits(valid=0)
    train, test = data["train"], data["test"]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    found, errors, curve, spent = {"pretraining": name, "published": published}, [], [], 0.0
    for seed in range(SEEDS):
        model, share = make(kind, strength, seed), (seconds - spent) / (SEEDS - seed)
        training, clock = Scanned([model], train[0], BATCH), Clock(PASSES, share / 2)
        for _ in journal.passes(training, clock, []):
            training.train([RATE * clock.cosine()])
        (model,) = training.written()
        spent, share = spent + clock.seconds, share - clock.seconds
        network = copied(model.encoder, seed)
        network.compile(keras.optimizers.Adam(RATE), loss, metrics=["accuracy"])
        training, clock = Scanned([network], train, BATCH), Clock(TUNING, share)
        for number in journal.passes(training, clock, own := []):
            wrong = 100 * (1 - training.train([RATE * clock.cosine()])["accuracy"][0])
            if number % (TUNING // 10) == 0:
                own.append([seed, number, round(clock.seconds, 1), round(wrong, 2)])
        spent, curve = spent + clock.seconds, curve + own
        errors.append(float(100 * (1 - training.evaluate(test)["accuracy"][0])))
        found |= {
            "test error (%)": float(np.mean(errors)),
            "lowest": min(errors),
            "highest": max(errors),
            "seeds": len(errors),
            "seconds": spent,
            "curve": curve,
        }
        journal.report(found)
