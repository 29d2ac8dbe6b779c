"""What right answers to the exercises of lesson `seeing_codes` are."""

import numpy as np

from course_lib.lesson import Unexpected, draws, exercise, expect


@exercise("seeing_codes.1")
def perplexity():
    """The exponential of the entropy of each row, zeros counting for nothing."""
    rng = draws(1)
    p = rng.random((5, 8)) ** 4
    p[0] = [0, 1, 0, 0, 0, 0, 0, 0]
    p[1, :4] = 0
    p /= p.sum(axis=1, keepdims=True)
    yours = yield (p,)
    nats = -np.sum(np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0), axis=1)
    expect("the perplexity of each row", yours, np.exp(nats))


@exercise("seeing_codes.2")
def map_probabilities():
    """Student's kernel of squared distances, zero on the diagonal, all pairs together sum to 1."""
    rng = draws(2)
    for n in (4, 9):
        y = rng.normal(0, 2, size=(n, 2))
        yours = yield (y,)
        kernel = 1 / (1 + ((y[:, None] - y[None]) ** 2).sum(axis=-1))
        np.fill_diagonal(kernel, 0)
        expect(f"q of {n} places", yours, kernel / kernel.sum())


@exercise("seeing_codes.3")
def preserved():
    """The mean share of a point's k neighbours in the data that are among its k in the map."""
    rng = draws(3)
    for n, k in ((12, 3), (20, 5)):
        x = rng.normal(size=(n, 6))
        y = x[:, :2] + 0.1 * rng.normal(size=(n, 2))
        yours = yield x, y, k
        shared = [len(a & b) for a, b in zip(_near(x, k), _near(y, k), strict=True)]
        expect(f"the share of neighbours kept, {n} points, k = {k}", yours, np.mean(shared) / k)


def _near(x, k):
    d = ((x[:, None] - x[None]) ** 2).sum(axis=-1)
    np.fill_diagonal(d, np.inf)
    return [set(row) for row in np.argsort(d, axis=1)[:, :k].tolist()]


@exercise("seeing_codes.4")
def unrolled():
    """Distances along a rolled sheet, kept by the map over its whole length."""
    rng = draws(4)
    turn, height = 1.5 * np.pi * (1 + 2 * rng.random(600)), 20 * rng.random(600)
    roll = np.stack([turn * np.cos(turn), height, turn * np.sin(turn)], axis=1)
    yours = yield (roll + 0.05 * rng.normal(size=roll.shape),)
    if np.shape(yours) != (600, 2):
        raise Unexpected(f"two numbers for each of 600 points, but got the shape {np.shape(yours)}")
    # The length of the spiral r = t from its middle to the angle t.
    along = (turn * np.sqrt(1 + turn**2) + np.arcsinh(turn)) / 2
    sheet = np.stack([along, height], axis=1)
    one, two = rng.integers(600, size=(2, 5_000))
    true = np.linalg.norm(sheet[one] - sheet[two], axis=1)
    found = np.corrcoef(true, np.linalg.norm(yours[one] - yours[two], axis=1))[0, 1]
    if not found > 0.95:
        raise Unexpected(
            f"distances in the map that go with those along the sheet: a correlation above .95, "
            f"but yours is {found:.2f}. Which method follows the sheet from neighbour to neighbour?"
        )
