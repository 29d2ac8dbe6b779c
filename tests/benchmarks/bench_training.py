"""Images a second through `fit`, beside a bare PyTorch loop and the same model on JAX."""

import itertools
import json
import statistics
import sys

import numpy as np

from tests.benchmarks.turns import compete, serve

TITLE = "Training speed of dense autoencoders"
PROTOCOL = (
    "20,000 random images of 784 pixels, batch 128, Adam; median of 7 epochs after one of warm-up, "
    "the contenders taking turns epoch by epoch in processes that otherwise sleep; share = "
    "multiply-adds of the model's matrix products over the rate of NumPy's 2,048² float32 "
    "product, measured in the same turns"
)
IMAGES, BATCH, ROUNDS = 20_000, 128, 7
MODELS = {"784-400-20 (VAE-sized)": [400, 20], "784-400-100-30 (deep)": [400, 100, 30]}
CONTENDERS = {
    "PyTorch loop": "torch",
    "fit on tensorflow": "tensorflow",
    "fit on jax": "jax",
    "plain Keras on tensorflow": "tensorflow",
}


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


def run():
    rows = []
    for name, widths in MODELS.items():
        seconds, products = compete("bench_training", CONTENDERS, json.dumps(widths), ROUNDS)
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
    serve(epoch_of(sys.argv[1], json.loads(sys.argv[2])))
