"""What greedy pretraining costs as a stack grows, as a multiple of one level."""

import statistics
import time

import numpy as np

TITLE = "Time of greedy pretraining over that of one level"
PROTOCOL = (
    "denoising levels of 256 sigmoid units on random images of 256 pixels, so that all levels are "
    "alike; 8,192 images, 8 epochs a level, batch 128, Adam, `pretrain` as it comes, its "
    "compiling included; 3 rounds after one of warm-up, all depths taking turns in one process; "
    "ratio = median over rounds of the time over that of one level in the same round"
)
UNITS, IMAGES, EPOCHS, ROUNDS = 256, 8_192, 8, 3
DEPTHS = (1, 2, 3, 4, 5)


def run():
    x = np.random.default_rng(0).random((IMAGES, UNITS), "float32")
    seconds = {depth: [] for depth in DEPTHS}
    for rounds in range(ROUNDS + 1):
        for depth in DEPTHS:
            taken = pretraining(x, depth)
            if rounds:
                seconds[depth].append(taken)
    return [row(depth, seconds[depth], seconds[1]) for depth in DEPTHS]


def pretraining(x, depth):
    from course_lib.layers import MaskingCorruption
    from course_lib.models import StackedAutoencoder

    stack = StackedAutoencoder([UNITS] * depth, corruption=MaskingCorruption(0.25))
    start = time.perf_counter()
    stack.pretrain(x, EPOCHS, verbose=0)
    return time.perf_counter() - start


def row(depth, times, of_one):
    ratios = [a / b for a, b in zip(times, of_one, strict=True)]
    return {
        "levels": depth,
        "seconds": round(statistics.median(times), 2),
        "over one level": round(statistics.median(ratios), 2),
        "lowest": round(min(ratios), 2),
        "highest": round(max(ratios), 2),
    }
