"""Clusters by an adversarial autoencoder: how much depends on the start, how much on noise."""

import keras

from course_lib.data import load_images
from course_lib.layers import CategoricalPrior
from course_lib.models import ClusteringAAE
from tests.benchmarks.clock import Clock
from tests.benchmarks.paper_adversarial import BATCH, RATE, clusters, compiled, networks
from tests.benchmarks.scanning import Scanned

TITLE = "Adversarial, starts: clusters of MNIST, the best of sixteen starts"
PROTOCOL = (
    "ClusteringAAE and optimisers of paper_adversarial with 500 units a layer; what the "
    "discriminator sees with Gaussian noise of the deviation stated. MNIST, 50,000 images to "
    "train, 10,000 to choose the start, 10,000 to report. Sixteen starts for one pass, the four of "
    "least validation error for two more, the best of these for 12 more, the rate constant until "
    "then and falling along a cosine at last. Each cluster is named after the majority of its "
    "training images' labels; error of the test images in %. Published: the mean of a longer "
    "training of larger networks. Curve: start, passes, error of the validation images"
)
FIGURE = "error (%)"
# name: clusters, deviation of the noise, published
ROWS = {
    "16 clusters": (16, 0.0, "9.55 ± 2.05"),
    "30 clusters": (30, 0.0, "4.10 ± 1.13"),
    "16 clusters, noise 0.3": (16, 0.3, "9.55 ± 2.05"),
}
WIDTH, STYLE = 500, 5
# Passes of each start of a round, and how many starts there are.
ROUNDS = ((1, 16), (2, 4), (12, 1))


def row(name, seconds, journal):
    number, noise, published = ROWS[name]
    images = load_images("mnist", valid=10_000, seed=0)
    data = {}
    for part in ("train", "valid", "test"):
        x = getattr(images, f"x_{part}").reshape(-1, 784)
        data[part] = x, getattr(images, f"y_{part}")
    _, judge = clusters(number, data)
    going, curve, spent = {}, [], 0.0
    for start in range(ROUNDS[0][1]):
        keras.utils.set_random_seed(start)
        parts = networks(number + STYLE, width=WIDTH, noise=noise)
        model = compiled(ClusteringAAE(*parts, CategoricalPrior(number, STYLE)))
        going[start] = Scanned([model], data["train"][0], BATCH, seed=start)
    found = {"what": name, "published": published}
    done, of_all = 0, sum(passes * starts for passes, starts in ROUNDS)
    errors = dict.fromkeys(going, 0.0)
    for passes, starts in ROUNDS:
        going = {start: going[start] for start in sorted(errors, key=errors.get)[:starts]}
        done, errors = done + passes, {}
        for start, training in going.items():
            clock = Clock(passes, seconds * passes / of_all)
            for _ in journal.passes(training, clock, []):
                training.train([RATE * (clock.cosine() if starts == 1 else 1)])
            spent += clock.seconds
            errors[start] = judge(training.written()[0], "valid")
            curve.append([start, done, round(errors[start], 2)])
            found[f"validation after {done}"] = " … ".join(
                f"{error:.1f}" for error in (min(errors.values()), max(errors.values()))
            )
            journal.report(found | {"seconds": spent, "curve": curve})
    (start,) = going
    found |= {"start": start, "error (%)": judge(going[start].written()[0], "test")}
    journal.report(found | {"seconds": spent, "curve": curve})
