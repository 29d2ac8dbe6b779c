"""Images a second through `fit`, beside a bare PyTorch loop and the same model on JAX."""

import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from importlib.util import find_spec

import numpy as np

TITLE = "Training speed of dense autoencoders"
PROTOCOL = (
    "20,000 random images of 784 pixels, batch 128, Adam; median of 7 epochs after one of warm-up, "
    "the contenders taking turns epoch by epoch in processes that otherwise sleep; share = "
    "multiply-adds of the model's matrix products over the rate of NumPy's 2,048² float32 "
    "product, measured in the same turns"
)
IMAGES, BATCH, ROUNDS = 20_000, 128, 7
MODELS = {"784-400-20 (VAE-sized)": [400, 20], "784-400-100-30 (lesson 01)": [400, 100, 30]}
CONTENDERS = ["PyTorch loop", "fit on tensorflow", "fit on jax", "plain Keras on tensorflow"]


def multiply_adds(widths):
    """Of one image: forward, and twice as many backward."""
    widths = [784, *widths]
    return 3 * 2 * sum(a * b for a, b in itertools.pairwise(widths))


def epoch_of(contender, widths):
    """A function that trains for one epoch."""
    if contender == "PyTorch loop":
        return pytorch_epoch(widths)
    import keras

    from course_lib.models import Autoencoder

    dense = keras.layers.Dense
    encoder = [dense(w, activation="relu") for w in widths[:-1]] + [dense(widths[-1])]
    decoder = [dense(w, activation="relu") for w in widths[-2::-1]] + [dense(784)]
    x = np.random.default_rng(0).random((IMAGES, 784), "float32")
    if contender.startswith("plain"):
        model = keras.Sequential([*encoder, *decoder])
        model.compile("adam", loss="mse")
        return lambda: model.fit(x, x, batch_size=BATCH, verbose=0)
    model = Autoencoder(keras.Sequential(encoder), keras.Sequential(decoder))
    model.compile("adam")
    return lambda: model.fit(x, batch_size=BATCH, verbose=0)


def pytorch_epoch(widths):
    import torch

    layers, sizes = [], [784, *widths, *widths[-2::-1], 784]
    for i, (a, b) in enumerate(itertools.pairwise(sizes), 1):
        layers += [torch.nn.Linear(a, b)]
        if i not in (len(widths), len(sizes) - 1):
            layers += [torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers)
    optimizer = torch.optim.Adam(model.parameters())
    x = torch.rand(IMAGES, 784)

    def epoch():
        order = torch.randperm(IMAGES)
        for i in range(0, IMAGES, BATCH):
            batch = x[order[i : i + BATCH]]
            loss = 0.5 * ((model(batch) - batch) ** 2).sum(1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return epoch


def product():
    """Seconds a multiply-add, of the product of two 2,048² matrices."""
    a = np.ones((2048, 2048), "float32")
    start = time.perf_counter()
    a @ a
    return (time.perf_counter() - start) / 2048**3


def serve(contender, widths):
    """Train one epoch for each line read, and answer with its seconds."""
    epoch = epoch_of(contender, widths)
    epoch()
    print(json.dumps("ready"), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        epoch()
        seconds = time.perf_counter() - start
        print(json.dumps(seconds), flush=True)


def package(contender):
    return "torch" if contender == "PyTorch loop" else contender.split()[-1]


def start(contender, widths):
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.bench_training", contender, json.dumps(widths)],
        env=os.environ | {"KERAS_BACKEND": package(contender), "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    process.stdout.readline()
    return process


def run():
    rows = []
    for name, widths in MODELS.items():
        processes = {c: start(c, widths) for c in CONTENDERS if find_spec(package(c))}
        seconds, products = {contender: [] for contender in processes}, []
        for _ in range(ROUNDS):
            for contender, process in processes.items():
                process.stdin.write("\n")
                process.stdin.flush()
                seconds[contender].append(json.loads(process.stdout.readline()))
            products.append(product())
        for process in processes.values():
            process.stdin.close()
            process.wait()
        ideal = IMAGES * multiply_adds(widths) * statistics.median(products)
        base = seconds[next(iter(seconds))]
        for contender, took in seconds.items():
            ratios = [b / t for b, t in zip(base, took, strict=True)]
            rows.append(
                {
                    "model": name,
                    "contender": contender,
                    "images a second": IMAGES / statistics.median(took),
                    "times the first": statistics.median(ratios),
                    "share of matrix rate": ideal / statistics.median(took),
                }
            )
    return rows


if __name__ == "__main__":
    serve(sys.argv[1], json.loads(sys.argv[2]))
