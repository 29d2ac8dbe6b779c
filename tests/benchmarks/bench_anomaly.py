"""Scores by one pass of an encoder, and by a search for the code, hundreds of steps an example."""

import statistics
import time

import numpy as np

TITLE = "Time of one score of a BiGAN: a pass of the encoder, or a search for the code"
PROTOCOL = (
    "encoder 121-64-32, decoder 32-64-128-121, features 121|32-128|128-128, weights as they are "
    "first drawn, 200 random rows, scores by features; the search is 500 steps of "
    "Adam. Both compiled, 200 rows at once or one by one (20 of them); median of 5 rounds in "
    "which all take turns in one process, after one of warm-up; ratio = median over rounds of "
    "the search's time over the pass's in the same round. Seconds of the processor, which other "
    "programs disturb least. The 500 steps are one compiled loop; as 500 calls of a compiled step "
    "they took 1.6 times as long, and so would the ratio be larger"
)
EXAMPLES, SINGLE, STEPS, ROUNDS, PASSES = 200, 20, 500, 5, 100


def model():
    import keras

    from course_lib.layers import GaussianPrior
    from course_lib.models import BiGAN

    dense = keras.layers.Dense
    keras.utils.set_random_seed(0)
    encoder = keras.Sequential([dense(64, "leaky_relu"), dense(32)])
    decoder = keras.Sequential([dense(64, "relu"), dense(128, "relu"), dense(121)])
    pair = [keras.Input((121,)), keras.Input((32,))]
    halves = keras.layers.Concatenate()([dense(128, "leaky_relu")(part) for part in pair])
    features = keras.Model(pair, dense(128, "leaky_relu")(halves))
    made = BiGAN(encoder, decoder, features, GaussianPrior(32))
    made.build((None, 121))
    return made


def run():
    bigan, x = model(), np.random.default_rng(0).random((EXAMPLES, 121), "float32")
    rows = []
    for together, count, passes in ((EXAMPLES, EXAMPLES, PASSES), (1, SINGLE, 1)):
        some = x[:count]

        def passed(some=some, together=together, passes=passes):
            for _ in range(passes):
                bigan.scores(some, batch_size=together)

        def searched(some=some, together=together):
            bigan.latent_search(some, STEPS, seed=0, batch_size=together)

        seconds = {"pass": [], "search": []}
        for rounds in range(ROUNDS + 1):
            for name, act, times in (("pass", passed, passes), ("search", searched, 1)):
                start = time.process_time()
                act()
                if rounds:
                    seconds[name].append((time.process_time() - start) / times / count)
        ratios = [b / a for a, b in zip(seconds["pass"], seconds["search"], strict=True)]
        rows.append(
            {
                "rows at once": together,
                "milliseconds a row, pass": 1000 * statistics.median(seconds["pass"]),
                "milliseconds a row, search": 1000 * statistics.median(seconds["search"]),
                "ratio": statistics.median(ratios),
                "lowest": min(ratios),
                "highest": max(ratios),
            }
        )
    return rows
