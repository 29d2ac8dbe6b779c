"""What right answers to the exercises of lesson `zoo` are."""

import numpy as np
from scipy.spatial.distance import cdist, pdist
from scipy.stats import t

from course_lib.lesson import Unexpected, draws, exercise, expect
from course_lib.lesson.trials import stands_in_the_zoo, trial


@exercise("zoo.1")
def half_width():
    """t · SD of the seeds' means / √S."""
    rng = draws(1)
    for seeds, each in [(3, 10), (6, 2)]:
        errors = 12 + rng.normal(size=(seeds, 1)) + 0.3 * rng.normal(size=(seeds, each))
        yours = yield (errors,)
        means = errors.mean(axis=1)
        right = t.ppf(0.975, seeds - 1) * means.std(ddof=1) / np.sqrt(seeds)
        expect(f"half the width for {seeds} seeds with {each} draws each", yours, right)


@exercise("zoo.2")
def unbeaten():
    """The kinds that nobody beats."""
    yours = yield (np.array([[1.0, 5.0], [2.0, 2.0], [3.0, 3.0], [5.0, 1.0]]),)
    expect("who is left of four, of whom the third is beaten by the second", yours, [0, 1, 3])
    yours = yield (np.array([[1.0, 2.0], [1.0, 2.0], [1.0, 3.0]]),)
    expect("who is left of two that are equal and one that is worse in one column", yours, [0, 1])
    table = draws(2).integers(0, 6, size=(12, 3)).astype("float64")
    yours = yield (table,)
    expect("who is left of twelve kinds with three columns", yours, _unbeaten(table))


def _unbeaten(table):
    as_good = (table[:, None] <= table[None]).all(axis=2)
    better = (table[:, None] < table[None]).any(axis=2)
    return np.flatnonzero(~(as_good & better).any(axis=0))


@exercise("zoo.3")
def new_rows():
    """As near to fresh rows as a fitted density is, and no copies."""
    rng = draws(3)
    basis = np.linalg.qr(rng.normal(size=(20, 3)))[0].T

    def ring(n):
        angle = rng.uniform(0, 2 * np.pi, size=n)
        bent = np.stack([2 * np.cos(angle), 2 * np.sin(angle), np.sin(3 * angle)], axis=1)
        return (bent @ basis + 0.05 * rng.normal(size=(n, 20))).astype("float32")

    x, fresh = ring(2_000), ring(500)
    yours = np.asarray((yield x, 500))
    if yours.shape != (500, 20):
        raise Unexpected(f"500 rows of 20 numbers, but got the shape {yours.shape}")
    if not np.isfinite(yours).all():
        raise Unexpected("finite numbers, but got others")
    if np.mean(cdist(yours, x).min(axis=1) < 1e-5) > 0.01:
        raise Unexpected("new rows, but some of yours are copies of training rows")
    away = 2 * cdist(yours, fresh).mean() - pdist(yours).mean() - pdist(fresh).mean()
    if not away < LIMIT:
        raise Unexpected(
            f"an energy distance below {LIMIT} from fresh rows, but yours is {away:.3f}: was the "
            "density fitted to codes, has it more than one bump, and is the network trained for "
            "long enough?"
        )


LIMIT = 0.03


@exercise("zoo.6")
def row():
    """A model that could stand in the zoo."""
    rng = draws(5)
    x = (rng.random((500, 3)) @ rng.random((3, 20)) / 3).astype("float32")
    codes, again, before, rebuilt = yield trial(stands_in_the_zoo, x, 6)
    expect("the shape of the codes", np.shape(codes), (500, 6))
    expect("the shape of the reconstructions", np.shape(rebuilt), x.shape)
    expect("the codes of a second call", again, codes)
    if not np.isfinite(rebuilt).all() or rebuilt.min() < 0 or rebuilt.max() > 1:
        raise Unexpected(
            f"reconstructions lie from {rebuilt.min():.4g} to {rebuilt.max():.4g}, "
            "expected within 0 and 1"
        )
    first, last = _error(before, x), _error(rebuilt, x)
    if not last < first:
        raise Unexpected(
            f"training took the squared error from {first:.4g} to {last:.4g}, expected less"
        )


def _error(rebuilt, x):
    return np.mean(np.sum((rebuilt - x) ** 2, axis=1))
