"""Is it the prior of the classes that keeps an error with a hundred labels from the published?"""

import jax
import keras
import numpy as np
from keras import ops

from course_lib.layers import CategoricalPrior
from course_lib.models import SemiSupervisedAAE
from tests.benchmarks.clock import Clock
from tests.benchmarks.digits import flat_digits
from tests.benchmarks.paper_adversarial import BATCH, compiled, few, labels, networks
from tests.benchmarks.scanning import Scanned

TITLE = "Adversarial, labels: a hundred of them, classes even in the prior or as in the data"
PROTOCOL = (
    "SemiSupervisedAAE of paper_adversarial with 500 units a layer; 100 labels, ten of each "
    "class, in the first row and the second the same. Prior of the classes: even, as in the "
    "paper, or as frequent as they are among MNIST's training images, which 100 labels do not "
    "tell. Adam, 1e-4, of the classification 3e-4, β₁ = 0.5 for the two players, batch 100. 50,000 "
    "images to train, 10,000 to choose the start, 10,000 to report. Four starts for three passes, "
    "the best by validation error for 40 more, the rates falling along a cosine. Error of the "
    "test images in %. Published: of networks of 1,000 units, trained longer. Curve: passes, "
    "start, error of the validation images"
)
ABOUT = "Published: Makhzani et al., 2016 (recalled). Error in %, lower is better"
FIGURE = "error (%)"
# name: whether the prior is even, seed of the hundred labels, published
ROWS = {
    "classes even in the prior": (True, 0, "1.90"),
    "classes as in the data": (False, 0, "1.90"),
    "classes as in the data, another hundred": (False, 2, "1.90"),
}
WIDTH, STYLE, LABELS, STARTS, FIRST, PASSES = 500, 10, 100, 4, 3, 40
RATES = {"reconstruction": 1e-4, "discriminator": 1e-4, "generator": 1e-4, "classification": 3e-4}


class FrequencyPrior(CategoricalPrior):
    """A `CategoricalPrior` whose classes have the probabilities given."""

    def __init__(self, probabilities, style):
        super().__init__(len(probabilities), style)
        self.logits = np.log(probabilities).astype("float32")

    def draw(self, count, seed):
        label = keras.random.categorical(self.logits[None], count, seed=seed)[0]
        style = self._normal((count, self.style), seed)
        return ops.concatenate([ops.one_hot(label, self.classes, dtype=style.dtype), style], 1)


def row(name, seconds, journal):
    even, draw, published = ROWS[name]
    data = flat_digits(valid=10_000)
    _, judge = labels(LABELS, data)
    known = few(LABELS, data, draw)
    classes = np.concatenate([data["train"][1], data["valid"][1]])
    frequencies = np.bincount(classes) / len(classes)
    # Once for all starts.
    x = jax.numpy.asarray(data["train"][0])
    found, curve, spent = {"prior": name, "published": published}, [], 0.0
    going, errors = {}, {}
    of_all = STARTS * FIRST + PASSES
    for start in range(STARTS):
        keras.utils.set_random_seed(start)
        prior = CategoricalPrior(10, STYLE) if even else FrequencyPrior(frequencies, STYLE)
        model = compiled(SemiSupervisedAAE(*networks(10 + STYLE, width=WIDTH), prior))
        going[start] = Scanned([model], x, BATCH, seed=start)
        spent += trained(going[start], known, FIRST, seconds * FIRST / of_all, journal, fall=False)
        errors[start] = judge(going[start].written()[0], "valid")
        curve.append([FIRST, start, round(errors[start], 2)])
        journal.report(found | {"seconds": spent, "curve": curve})
    best, worst = min(errors, key=errors.get), max(errors.values())
    found |= {f"validation after {FIRST}": f"{errors[best]:.1f} … {worst:.1f}", "start": best}
    spent += trained(going[best], known, PASSES, seconds * PASSES / of_all, journal)
    (model,) = going[best].written()
    found |= {"validation (%)": judge(model, "valid"), FIGURE: judge(model, "test")}
    curve.append([FIRST + PASSES, best, round(found["validation (%)"], 2)])
    journal.report(found | {"seconds": spent, "curve": curve})


def trained(training, known, passes, seconds, journal, fall=True):
    """The passes of a training; returns the seconds they took."""
    (model,), clock = training.models, Clock(passes, seconds)
    rates = np.array([[RATES[phase.name]] for phase in model.phases()])
    with model._given(known):
        for _ in journal.passes(training, clock, []):
            training.train(rates * (clock.cosine() if fall else 1))
    return clock.seconds
