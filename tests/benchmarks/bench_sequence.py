"""Steps a second of an LSTM autoencoder, beside PyTorch's own LSTM."""

import os
import statistics
import sys
import time

import numpy as np

from tests.benchmarks.turns import compete, serve

TITLE = "Training speed of LSTM autoencoders, one code of 16"
PROTOCOL = (
    "2,048 random sequences, 64 units each way, the code as first state and at every step, batch "
    "64, Adam, squared error; median of 7 epochs after one of warm-up, the contenders taking turns "
    "epoch by epoch, on one thread each, in processes that otherwise sleep. PyTorch runs "
    "torch.nn.LSTM in a bare loop, with oneDNN's fused kernel and without. XLA is "
    "`compile(jit_compile=True)`, which JAX has by default; forced is the decoder told the step "
    "before. Seconds of the processor, which other programs disturb least. A plain LSTM of Keras, "
    "without this library, is no faster; oneDNN's kernel alone lifts PyTorch by 1.8"
)
SEQUENCES, BATCH, ROUNDS, UNITS, CODE = 2_048, 64, 7, 64, 16
# Steps this small gain nothing from a second thread, and lose much where another program has it.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}
SHAPES = {"28 steps of 28": (28, 28), "28 steps of 5": (28, 5)}
CONTENDERS = {
    "torch.nn.LSTM": "torch",
    "torch.nn.LSTM without oneDNN": "torch",
    "fit on tensorflow": "tensorflow",
    "fit on tensorflow, XLA": "tensorflow",
    "fit on jax": "jax",
    "forced fit on tensorflow": "tensorflow",
}


def epoch_of(contender, shape):
    """A function that trains for one epoch."""
    steps, features = SHAPES[shape]
    x = np.random.default_rng(0).normal(size=(SEQUENCES, steps, features)).astype("float32")
    if contender.startswith("torch"):
        return pytorch_epoch(x, onednn=not contender.endswith("without oneDNN"))
    import keras

    from course_lib.layers import RecurrentDecoder
    from course_lib.models import SequenceAutoencoder

    lstm = keras.layers.LSTM
    model = SequenceAutoencoder(
        keras.Sequential([lstm(UNITS), keras.layers.Dense(CODE)]),
        RecurrentDecoder(
            lstm(UNITS, return_sequences=True),
            steps,
            features,
            feedback=contender.startswith("forced"),
        ),
    )
    model.compile("adam", jit_compile=contender.endswith("XLA") or "auto")
    return lambda: model.fit(x, batch_size=BATCH, verbose=0)


def pytorch_epoch(x, onednn=True):
    import torch
    from torch import nn

    torch.backends.mkldnn.enabled = onednn
    steps, features = x.shape[1:]
    parts = nn.ModuleDict(
        {
            "read": nn.LSTM(features, UNITS, batch_first=True),
            "code": nn.Linear(UNITS, CODE),
            "hidden": nn.Linear(CODE, UNITS),
            "cell": nn.Linear(CODE, UNITS),
            "write": nn.LSTM(CODE, UNITS, batch_first=True),
            "head": nn.Linear(UNITS, features),
        }
    )
    optimizer = torch.optim.Adam(parts.parameters())
    x = torch.tensor(x)

    def rebuilt(batch):
        code = parts["code"](parts["read"](batch)[1][0][0])
        states = torch.tanh(parts["hidden"](code))[None], parts["cell"](code)[None]
        return parts["head"](parts["write"](code[:, None].expand(-1, steps, -1), states)[0])

    def epoch():
        order = torch.randperm(SEQUENCES)
        for i in range(0, SEQUENCES, BATCH):
            batch = x[order[i : i + BATCH]]
            loss = 0.5 * ((rebuilt(batch) - batch) ** 2).sum((1, 2)).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return epoch


def run():
    os.environ |= ONE_THREAD
    rows = []
    for shape in SHAPES:
        seconds, _ = compete("bench_sequence", CONTENDERS, shape, ROUNDS)
        base = seconds[next(iter(seconds))]
        for contender, took in seconds.items():
            ratios = [b / t for b, t in zip(base, took, strict=True)]
            rows.append(
                {
                    "sequences": shape,
                    "contender": contender,
                    "milliseconds a step": 1e3 * statistics.median(took) * BATCH / SEQUENCES,
                    "times the first": statistics.median(ratios),
                    "lowest": min(ratios),
                    "highest": max(ratios),
                }
            )
    return rows


if __name__ == "__main__":
    serve(epoch_of(*sys.argv[1:3]), time.process_time)
