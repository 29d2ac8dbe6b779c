"""What a contraction penalty costs, as a multiple of a step without one."""

import statistics
import time

import numpy as np

TITLE = "Step time of contractive autoencoders over the plain one's"
PROTOCOL = (
    "sigmoid layers of the widths given, mirrored, untied, random images of 784 pixels, batch "
    "128, Adam, `fit` as it comes; 7 rounds of 128 steps after one of warm-up, all contenders of a "
    "width taking turns in one process; ratio = median over rounds of the time over the plain "
    "autoencoder's in the same round. exact = the whole Jacobian, one backward pass per code unit"
)
BATCH, STEPS, ROUNDS = 128, 128, 7
PLAN = {
    (256, 64, 16): ("probe", "chain", "exact"),
    (256, 8): ("probe", "chain", "exact"),
    (256, 32): ("probe", "chain", "exact"),
    (256, 128): ("probe",),
    (256, 512): ("probe",),
}


def run():
    x = np.random.default_rng(0).random((STEPS * BATCH, 784), "float32")
    return [row for widths, methods in PLAN.items() for row in side_by_side(x, widths, methods)]


def side_by_side(x, widths, methods):
    models = {method: model(widths, method) for method in ("plain", *methods)}
    seconds = {method: [] for method in models}
    for rounds in range(ROUNDS + 1):
        for method in models:
            start = time.perf_counter()
            models[method].fit(x, batch_size=BATCH, shuffle=False, verbose=0)
            if rounds:
                seconds[method].append(time.perf_counter() - start)
    for method, times in seconds.items():
        ratios = [a / b for a, b in zip(times, seconds["plain"], strict=True)]
        yield {
            "encoder": "-".join(map(str, (784, *widths))),
            "method": method,
            "milliseconds a step": round(1000 * statistics.median(times) / STEPS, 2),
            "over plain": round(statistics.median(ratios), 2),
            "lowest": round(min(ratios), 2),
            "highest": round(max(ratios), 2),
        }


def model(widths, method):
    import keras

    from course_lib.models import Autoencoder, ContractiveAutoencoder

    def sigmoids(widths):
        return [keras.layers.Dense(width, activation="sigmoid") for width in widths]

    encoder = keras.Sequential(sigmoids(widths))
    decoder = keras.Sequential([*sigmoids(widths[-2::-1]), keras.layers.Dense(784)])
    made = (
        Autoencoder(encoder, decoder)
        if method == "plain"
        else ContractiveAutoencoder(encoder, decoder, method=method)
    )
    made.compile("adam")
    return made
