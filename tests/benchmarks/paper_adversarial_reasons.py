"""Is it noise on what is encoded that an error with a hundred labels lacks to the published one?"""

import keras
import numpy as np

from course_lib.layers import CategoricalPrior
from course_lib.models import SemiSupervisedAAE
from tests.benchmarks.clock import Clock
from tests.benchmarks.digits import flat_digits
from tests.benchmarks.paper_adversarial import RATE, compiled, few, named, networks
from tests.benchmarks.scanning import Scanned

TITLE = "Adversarial, reasons: error with 100 labels, with and without noise on the encoder's input"
PROTOCOL = (
    "SemiSupervisedAAE and optimisers of paper_adversarial, 100 labels, one start (seed 0), at "
    "most 20 passes, the rate falling along a cosine; while it trains, the encoder sees its input"
    " as stated. 59,000 images to train, 1,000 to choose the pass, error of the 10,000 test "
    "images in %. Published: of a longer training. Curve: pass, seconds, error of the validation "
    "images"
)
ABOUT = "Published: Makhzani et al., 2016 (recalled). Error in %, lower is better"
FIGURE = "error (%)"
# name: layer before the encoder and its argument, published
ROWS = {
    "as it is": (None, "1.90"),
    "with Gaussian noise of 0.3": (keras.layers.GaussianNoise, 0.3, "1.90"),
}
PASSES, LABELS, BATCH = 20, 100, 100


def row(name, seconds, journal):
    layer, *arguments, published = ROWS[name]
    data = flat_digits(valid=1_000)
    keras.utils.set_random_seed(0)
    first = [layer(*arguments)] if layer else []
    model = compiled(SemiSupervisedAAE(*networks(20, first), CategoricalPrior(10, 10)))
    training, clock, curve = Scanned([model], data["train"][0], BATCH), Clock(PASSES, seconds), []

    def error(model, part):
        x, y = data[part]
        return 100 * float(np.mean(named(model, x) != y))

    found = {"input": name, "published": published}
    with model._given(few(LABELS, data)):
        for number in journal.passes(training, clock, curve):
            training.train([RATE * clock.cosine()])
            value = error(training.written()[0], "valid")
            training.keep([value])
            curve.append([number, round(clock.seconds, 1), round(value, 2)])
            grown = {"passes": number, "seconds": clock.seconds, "curve": curve}
            journal.report(found | grown)
    (model,) = training.restore()
    found |= {"error (%)": error(model, "test"), "validation (%)": float(training.best[0])}
    journal.report(found | {"passes": clock.done, "seconds": clock.seconds, "curve": curve})
