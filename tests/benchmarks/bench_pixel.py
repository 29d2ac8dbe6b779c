"""Training steps of the recurrences over pixels beside PyTorch; drawing with and without waste."""

import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np

from tests.benchmarks.turns import compete, serve

TITLE = "Pixel by pixel: training the recurrences, drawing images"
PROTOCOL = (
    "Processor time of one thread each: with more, threads of one contender wait for each other "
    "wherever the machine does anything else, PyTorch's most of all. Training: random binary "
    "images of 28 × 28, 16 units, one layer, a masked convolution of 7 × 7 before and two dense "
    "layers after it, batch 32, Adam 1e-3; median of 5 turns of 8 steps after one of warm-up, the "
    "contenders taking turns in processes that otherwise sleep; other = the same network in a "
    "loop of PyTorch's own operations, not compiled. Drawing: 64 images of 28 × 28 with random "
    "weights, on TensorFlow, median of 3; other = a compiled pass of the whole images for each "
    "pixel, of which every 16th is made and the time taken 16 times"
)
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}
IMAGES, BATCH, ROUNDS, UNITS, SIDE = 256, 32, 5, 16, 28
CONTENDERS = {"PyTorch loop": "torch", "fit on tensorflow": "tensorflow", "fit on jax": "jax"}
KINDS = ("row", "diagonal")
DRAWING = {
    "MADE, 500 units": ("MADE", {"units": (500,)}),
    "PixelCNN, 16 × 5": ("PixelCNN", {}),
    "PixelRNN, row": ("PixelRNN", {}),
    "PixelRNN, diagonal": ("PixelRNN", {"kind": "diagonal"}),
}


def binary(count):
    x = np.random.default_rng(0).random((count, SIDE, SIDE, 1)) < 0.15
    return x.astype("float32")


def epoch_of(contender, kind):
    """A function that trains for one epoch."""
    if contender == "PyTorch loop":
        return pytorch_epoch(kind)
    import keras

    from course_lib.models import PixelRNN

    model = PixelRNN((SIDE, SIDE, 1), UNITS, kind=kind)
    model.compile(keras.optimizers.Adam(1e-3))
    x = binary(IMAGES)
    return lambda: model.fit(x, batch_size=BATCH, verbose=0)


def pytorch_epoch(kind):
    import torch
    from torch import nn
    from torch.nn import functional as F

    wide, gates = 2 * UNITS, 4 * UNITS
    first = nn.Conv2d(1, wide, 7, padding=3)
    mask = torch.ones(7 * 7)
    mask[7 * 7 // 2 :] = 0
    mask = mask.reshape(1, 1, 7, 7)
    widen, inner, outer = nn.Linear(UNITS, wide), nn.Linear(wide, wide), nn.Linear(wide, 1)
    if kind == "row":
        of_input, of_state = nn.Linear(2 * wide, gates), nn.Linear(3 * UNITS, gates, bias=False)
        own = [of_input, of_state]
    else:
        kernel = nn.Parameter(0.1 * torch.randn(2, wide + 1 + 2 * UNITS, gates))
        own = [nn.ParameterList([kernel])]
    parts = nn.ModuleList([first, widen, inner, outer, *own])
    optimizer = torch.optim.Adam(parts.parameters())

    def lstm(gates, cell):
        i, f, o = gates[..., : 3 * UNITS].sigmoid().split(UNITS, -1)
        cell = f * cell + i * gates[..., 3 * UNITS :].tanh()
        return o * cell.tanh(), cell

    def row(z):
        read = of_input(torch.cat([F.pad(z, (0, 0, 1, 0))[:, :, :-1], z], -1))
        state = cell = z.new_zeros(len(z), SIDE, UNITS)
        states = []
        for i in range(SIDE):
            q = F.pad(state, (0, 0, 1, 1))
            seen = torch.cat([q[:, :-2], q[:, 1:-1], q[:, 2:]], -1)
            state, cell = lstm(read[:, i] + of_state(seen), cell)
            states.append(state)
        return torch.stack(states, 1)

    def diagonal(z):
        steps = 2 * SIDE - 1
        z = torch.cat([z, torch.ones_like(z[..., :1])], -1)
        both = torch.stack([z, z.flip(2)])
        flat = F.pad(both, (0, 0, 0, SIDE)).reshape(2, len(z), -1, wide + 1)[:, :, :-SIDE]
        columns = flat.reshape(2, len(z), SIDE, steps, wide + 1)
        state = cell = z.new_zeros(2, len(z), SIDE, UNITS)
        states = []
        for t in range(steps):
            above = F.pad(state, (0, 0, 1, 0))[:, :, :-1]
            seen = torch.cat([columns[:, :, :, t], state, above], -1)
            state, cell = lstm(torch.einsum("dbhc,dcg->dbhg", seen, kernel), cell)
            states.append(state)
        made = torch.stack(states, 3).reshape(2, len(z), SIDE * steps, UNITS)
        made = F.pad(made, (0, 0, 0, SIDE)).reshape(2, len(z), SIDE, steps + 1, UNITS)
        made = made[:, :, :, :SIDE]
        return made[0] + F.pad(made[1].flip(2), (0, 0, 0, 0, 1, 0))[:, :-1]

    recurrence = row if kind == "row" else diagonal
    x = torch.from_numpy(binary(IMAGES)[..., 0])

    def epoch():
        for part in x[torch.randperm(IMAGES)].split(BATCH):
            z = F.conv2d(2 * part[:, None] - 1, first.weight * mask, first.bias, padding=3)
            z = z.permute(0, 2, 3, 1)
            z = z + widen(recurrence(z))
            logits = outer(inner(z.relu()).relu())[..., 0]
            loss = F.binary_cross_entropy_with_logits(logits, part, reduction="sum") / len(part)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return epoch


def training():
    for kind in KINDS:
        seconds, _ = compete("bench_pixel", CONTENDERS, kind, ROUNDS)
        loop = seconds.pop("PyTorch loop")
        for contender, took in seconds.items():
            yield row_of(f"{kind}, {contender}", took, loop, IMAGES)


def row_of(what, ours, other, images):
    return {
        "what": what,
        "ms an image": 1000 * statistics.median(ours) / images,
        "other": 1000 * statistics.median(other) / images,
        "times as fast": statistics.median(b / a for a, b in zip(ours, other, strict=True)),
    }


def drawing(count=64, every=16):
    import keras

    from course_lib import models
    from course_lib.models.pixel.base import PixelModel

    for name, (cls, options) in DRAWING.items():
        keras.utils.set_random_seed(0)
        model = getattr(models, cls)((SIDE, SIDE, 1), **options)
        x = binary(count)
        passes = len(model.order)

        def one_pass(model=model, x=x):
            # What a naive drawing asks for at each pixel.
            return next(PixelModel.conditionals(model, x))

        one_pass()
        start = time.process_time()
        for _ in range(passes // every):
            one_pass()
        naive = every * (time.process_time() - start)
        cached = []
        for _ in range(3):
            start = time.process_time()
            model.generate(count, seed=0)
            cached.append(time.process_time() - start)
        yield row_of(f"drawing, {name}", cached, [naive] * 3, count)


def run():
    # Threads are counted when a library is loaded: each of these is a process of its own.
    os.environ.update(ONE_THREAD)
    command = [sys.executable, "-m", "tests.benchmarks.bench_pixel", "drawing"]
    drawn = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [*training(), *json.loads(drawn.splitlines()[-1])]


if __name__ == "__main__":
    if sys.argv[1] == "drawing":
        print(json.dumps(list(drawing())))
    else:
        serve(epoch_of(sys.argv[1], sys.argv[2]), time.process_time)
