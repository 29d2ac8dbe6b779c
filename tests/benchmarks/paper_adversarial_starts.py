"""Clusters by an adversarial autoencoder: how much depends on the start, how much on noise."""

import jax
import keras

from course_lib.layers import CategoricalPrior
from course_lib.models import ClusteringAAE
from tests.benchmarks.clock import Clock
from tests.benchmarks.digits import flat_digits
from tests.benchmarks.paper_adversarial import BATCH, RATE, clusters, compiled, networks
from tests.benchmarks.scanning import Scanned

TITLE = "Adversarial, starts: clusters of MNIST, the best of many starts"
PROTOCOL = (
    "ClusteringAAE and optimisers of paper_adversarial with 500 units a layer; no noise on what "
    "the discriminator sees. MNIST, 50,000 images to train, 10,000 to choose the start, 10,000 "
    "to report. All starts for one pass, the best by validation error for two more (four of 16, "
    "eight of 48), the best of these for as many as the row says, the rate constant until then "
    "and falling along a cosine at last. Each cluster is named after the majority of its "
    "training images' labels; error of the test images in %. Published: the mean of a longer "
    "training of larger networks. Curve: passes, start, error of the validation images"
)
ABOUT = "Published: Makhzani et al., 2016. Error in %, lower is better"
FIGURE = "error (%)"
# name: clusters, (passes, starts) of each round, published
FEW = (1, 16), (2, 4)
ROWS = {
    "16 clusters, best of 16, 15 passes": (16, (*FEW, (12, 1)), "9.55 ± 2.05"),
    "16 clusters, best of 48, 27 passes": (16, ((1, 48), (2, 8), (24, 1)), "9.55 ± 2.05"),
    "16 clusters, best of 16, 99 passes": (16, (*FEW, (96, 1)), "9.55 ± 2.05"),
    "30 clusters, best of 16, 15 passes": (30, (*FEW, (12, 1)), "4.10 ± 1.13"),
    "30 clusters, best of 16, 99 passes": (30, (*FEW, (96, 1)), "4.10 ± 1.13"),
}
WIDTH, STYLE = 500, 5


def row(name, seconds, journal):
    number, rounds, published = ROWS[name]
    data = flat_digits(valid=10_000)
    _, judge = clusters(number, data)
    # Once for all starts.
    x = jax.numpy.asarray(data["train"][0])
    going, curve, spent = {}, [], 0.0
    for start in range(rounds[0][1]):
        keras.utils.set_random_seed(start)
        parts = networks(number + STYLE, width=WIDTH, noise=0.0)
        model = compiled(ClusteringAAE(*parts, CategoricalPrior(number, STYLE)))
        going[start] = Scanned([model], x, BATCH, seed=start)
    found = {"what": name, "published": published}
    done, of_all = 0, sum(passes * starts for passes, starts in rounds)
    errors = dict.fromkeys(going, 0.0)
    for passes, starts in rounds:
        best = sorted(errors, key=errors.get)[:starts]
        going = {start: going[start] for start in sorted(best)}
        done, errors = done + passes, {}
        for start, training in going.items():
            clock = Clock(passes, seconds * passes / of_all)
            for _ in journal.passes(training, clock, []):
                training.train([RATE * (clock.cosine() if starts == 1 else 1)])
            spent += clock.seconds
            errors[start] = judge(training.written()[0], "valid")
            curve.append([done, start, round(errors[start], 2)])
            found[f"validation after {done}"] = " … ".join(
                f"{error:.1f}" for error in (min(errors.values()), max(errors.values()))
            )
            journal.report(found | {"seconds": spent, "curve": curve})
    (start,) = going
    found |= {"start": start, "error (%)": judge(going[start].written()[0], "test")}
    journal.report(found | {"seconds": spent, "curve": curve})
