"""Contenders that take turns: each in a process of its own that sleeps while the others run."""

import json
import os
import subprocess
import sys
import time
from importlib.util import find_spec

import numpy as np


def compete(module, contenders, argument, rounds):
    """Seconds of each contender's turns, and of a multiply-add between them.

    Args:
        module: of this package, whose `__main__` calls `serve`.
        contenders: `{name: package it needs}`; those without their package are left out.
        argument: what the module is told besides the name, a string.
        rounds: turns each.

    Returns:
        `{name: [seconds]}` and a list of seconds.
    """
    names = [name for name, package in contenders.items() if find_spec(package)]
    processes = {name: _start(module, name, contenders[name], argument) for name in names}
    seconds, products = {name: [] for name in names}, []
    for _ in range(rounds):
        for name, process in processes.items():
            process.stdin.write("\n")
            process.stdin.flush()
            seconds[name].append(json.loads(process.stdout.readline()))
        products.append(product())
    for process in processes.values():
        process.stdin.close()
        process.wait()
    return seconds, products


def serve(turn, clock=time.perf_counter):
    """Once to warm up, then once for each line read; the answer is the seconds it took."""
    turn()
    print("ready", flush=True)
    for _ in sys.stdin:
        start = clock()
        turn()
        print(json.dumps(clock() - start), flush=True)


def product():
    """Seconds a multiply-add, of the product of two 2,048² matrices."""
    a = np.ones((2048, 2048), "float32")
    start = time.perf_counter()
    a @ a
    return (time.perf_counter() - start) / 2048**3


def _start(module, name, package, argument):
    backend = package if package in ("tensorflow", "jax", "torch") else "torch"
    process = subprocess.Popen(
        [sys.executable, "-m", f"tests.benchmarks.{module}", name, argument],
        env=os.environ | {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    # What a library prints while it starts is not the answer.
    for line in process.stdout:
        if line == "ready\n":
            return process
    raise RuntimeError(
        f"{name} did not start: python -m tests.benchmarks.{module} {name!r} says why."
    )
