"""Is it the fine-tuning that keeps a contractive layer from its published error? Rates, descent."""

import keras

from tests.benchmarks.clock import Clock
from tests.benchmarks.digits import flat_digits
from tests.benchmarks.paper_contractive import copied, make
from tests.benchmarks.paper_stacked import fine_tuned
from tests.benchmarks.scanning import Scanned

TITLE = "Contractive, reasons: error after fine-tuning at several rates, by Adam and by descent"
PROTOCOL = (
    "784-1000, tied sigmoid, Bernoulli likelihood, as in paper_contractive, on a fifth of its "
    "images: 10,000 of MNIST to train where the row does not say 50,000; 10,000 to choose, 10,000 "
    "to report. 30 passes of Adam, 1e-3 falling along a cosine, batch 100; then 20 of fine-tuning, "
    "the rate falling from the one stated along a cosine, by Adam and by plain gradient descent "
    "(SGD), and of the passes the best by validation error. Error of the test images in %, seed 0; "
    "chosen = by the tuning of least validation error. Published: of 50,000 images"
)
ABOUT = (
    "Published: Rifai et al., 2011. Test error in % by the fine-tuning that validation images "
    "choose, lower is better; the others are in the result"
)
FIGURE = "chosen"
# name: weight or None for no pretraining, images, published
ROWS = {
    "weight 1": (1.0, 10_000, "-"),
    "no pretraining": (None, 10_000, "-"),
    "weight 1, 50,000 images": (1.0, 50_000, "1.14"),
}
PASSES, TUNING, BATCH, RATE = 30, 20, 100, 1e-3
ADAM, SGD = keras.optimizers.Adam, keras.optimizers.SGD
BY = {
    "Adam 0.001": (ADAM, 1e-3),
    "Adam 0.003": (ADAM, 3e-3),
    "Adam 0.01": (ADAM, 1e-2),
    "SGD 1": (SGD, 1.0),
    "SGD 3": (SGD, 3.0),
}


def row(name, seconds, journal):
    weight, images, published = ROWS[name]
    train, valid, test = flat_digits(valid=10_000).values()
    parts = [tuple(part[:images] for part in train), valid, test]
    model, spent = make("CAE", weight or 0.0, seed=0), 0.0
    if weight is not None:
        training, clock = Scanned([model], parts[0][0], BATCH), Clock(PASSES, seconds / 2)
        for _ in journal.passes(training, clock, []):
            training.train([RATE * clock.cosine()])
        (model,), spent = training.written(), clock.seconds
    found = {"change": name, "published": published, "pretraining seconds": spent}
    errors, curve, rest = {}, [], (seconds - spent) / len(BY)
    for by, (optimizer, rate) in BY.items():
        network = copied(model.encoder, seed=0)
        tuned = fine_tuned([network], (rate,), parts, TUNING, rest, BATCH, journal, optimizer)
        errors[by] = tuned["validation error (%)"]
        # Of each tuning in turn: its pass, its seconds, the validation error.
        curve += [[len(errors), *point] for point in tuned["curve"]]
        found |= {by: tuned["test error (%)"], f"{by}, seconds": tuned["tuning seconds"]}
        journal.report(found | {"curve": curve})
    best = min(errors, key=errors.get)
    journal.report(found | {"chosen": found[best], "by": best, "curve": curve})
