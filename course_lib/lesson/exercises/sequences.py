"""What right answers to the exercises of lesson `sequences` are."""

from itertools import pairwise

import numpy as np

from course_lib.lesson import Unexpected, draws, exercise, expect


@exercise("sequences.1")
def last_state():
    """sₜ = tanh(xₜ W + sₜ₋₁ U + b), read at the last real step of each sequence."""
    rng = draws(1)
    W, U, b = rng.normal(size=(2, 3)), rng.normal(size=(3, 3)), rng.normal(size=3)
    x = rng.normal(size=(4, 5, 2))
    for lengths in (np.array([5, 5, 5, 5]), np.array([1, 3, 5, 2])):
        yours = yield x, lengths, W, U, b
        pairs = zip(x, lengths, strict=True)
        wanted = np.array([_state(sequence[:length], W, U, b) for sequence, length in pairs])
        expect(f"the last real states, lengths {lengths}", yours, wanted)


def _state(sequence, W, U, b):
    s = np.zeros(len(U))
    for step in sequence:
        s = np.tanh(step @ W + s @ U + b)
    return s


@exercise("sequences.2")
def write():
    """Each step reads the one before: its own, or the true one."""
    rng = draws(2)
    A, B = rng.normal(0, 0.5, size=(2, 2, 2))

    def step(previous, state):
        state = np.tanh(A @ state + B @ previous)
        return state + 0.5 * previous, state

    first, state = rng.normal(size=(2, 2))
    truth = rng.normal(size=(4, 2))
    for what, count, told in (("on its own", 6, None), ("told the truth", 4, truth)):
        yours = yield step, first, state, count, told
        expect(f"the steps written {what}", yours, _written(step, first, state, count, told))


def _written(step, previous, state, count, told):
    written = []
    for t in range(count):
        new, state = step(previous, state)
        written.append(new)
        previous = new if told is None else told[t]
    return np.array(written)


@exercise("sequences.3")
def greedy_tree():
    """The cheapest neighbours first."""

    def merge(a, b):
        return (a + b) / 2

    def cost(a, b):
        return float(np.sum((a - b) ** 2))

    rng = draws(3)
    for nodes in (
        [np.array([v]) for v in (0.0, 1.0, 1.1, 5.0, 5.3)],
        [np.array([v]) for v in (2.0, 2.0, 2.0, 2.0)],
        list(rng.normal(size=(7, 3))),
    ):
        yours = yield list(nodes), merge, cost
        wanted = np.array(_merges(list(nodes), merge, cost))
        expect(f"the merges of {len(nodes)} nodes", np.array(yours), wanted)


def _merges(nodes, merge, cost):
    leaves, numbers, merges = len(nodes), list(range(len(nodes))), []
    while len(nodes) > 1:
        costs = [cost(a, b) for a, b in pairwise(nodes)]
        i = int(np.argmin(costs))
        merges.append((numbers[i], numbers[i + 1]))
        nodes[i : i + 2] = [merge(nodes[i], nodes[i + 1])]
        numbers[i : i + 2] = [leaves + len(merges) - 1]
    return merges


@exercise("sequences.4")
def rebuilt_arcs():
    """Real steps rebuilt within a twentieth of their variance."""
    rng = draws(4)

    def arcs(count):
        lengths = rng.integers(3, 13, size=count)
        start, turn = rng.uniform(0, 2 * np.pi, count), rng.uniform(0.2, 0.5, count)
        radius = rng.uniform(0.5, 1.5, count)
        angle = start[:, None] + turn[:, None] * np.arange(12)
        x = radius[:, None, None] * np.stack([np.cos(angle), np.sin(angle)], axis=2)
        real = np.arange(12) < lengths[:, None]
        return (x * real[..., None]).astype("float32"), lengths, real

    x, lengths, _ = arcs(2_000)
    x_new, lengths_new, real = arcs(300)
    yours = yield x, lengths, x_new, lengths_new
    if np.shape(yours) != x_new.shape:
        raise Unexpected(f"the shape {x_new.shape} of x_new, but got {np.shape(yours)}")
    error = np.square(yours - x_new)[real].sum(1).mean()
    variance = np.square(x_new)[real].sum(1).mean()
    if error < 1e-9 * variance:
        raise Unexpected("reconstructions, but yours are x_new itself")
    if not error < 0.05 * variance:
        raise Unexpected(
            f"an error of a real step below {0.05 * variance:.3f}, a twentieth of its variance, "
            f"but yours is {error:.3f}: does padding count in the loss, or is it trained for "
            "too short?"
        )
