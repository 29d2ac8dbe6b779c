"""Importance-sampled likelihood: does memory stay flat, and how near is it to bare products?"""

import resource
import statistics
import subprocess
import sys
import time

import numpy as np

from tests.benchmarks.turns import product

TITLE = "Importance-sampled negative log-likelihood of a small VAE"
PROTOCOL = (
    "784-400-40-400-784 at its random start, binary images; samples = draws of z for each image; "
    "share = multiply-adds of the decoder's products over the rate of NumPy's 2,048² float32 "
    "product, measured after every 100 images, median; memory = peak of the process above what it "
    "held before. Each size in a process of its own"
)
BATCH = 100
SIZES = [(200, 50), (200, 500), (200, 5_000), (2_000, 500)]


def measure(images, samples):
    import keras

    from course_lib.metrics import importance_nll
    from course_lib.models import VAE

    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense
    encoder = keras.Sequential([dense(400, "relu"), dense(80)])
    vae = VAE(encoder, keras.Sequential([dense(400, "relu"), dense(784)]))
    vae.build((None, 784))
    x = (np.random.default_rng(0).random((images, 784)) < 0.2).astype("float32")
    importance_nll(vae.log_weights, x[:100], 100)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ideal = BATCH * samples * (40 * 400 + 400 * 784)
    shares, seconds = [], 0.0
    for i in range(0, images, BATCH):
        start = time.perf_counter()
        importance_nll(vae.log_weights, x[i : i + BATCH], samples)
        took = time.perf_counter() - start
        shares.append(ideal * product() / took)
        seconds += took
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return seconds, statistics.median(shares), grown / 1024


def run():
    rows = []
    for images, samples in SIZES:
        command = [sys.executable, "-m", "tests.benchmarks.bench_nll", str(images), str(samples)]
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds, share, grown = map(float, answer.stdout.split()[-3:])
        rate = images * samples / seconds
        rows.append(
            {
                "images": images,
                "samples": samples,
                "draws a second": rate,
                "share of matrix rate": share,
                "MiB more at the peak": grown,
                "minutes for 10,000 × 5,000": 5e7 / rate / 60,
            }
        )
    return rows


if __name__ == "__main__":
    print(*measure(*map(int, sys.argv[1:])))
