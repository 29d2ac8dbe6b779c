"""What right answers to the exercises of lesson `sparse_and_stacked` are."""

import numpy as np

from course_lib.lesson import Unexpected, exercise, expect


@exercise("sparse_and_stacked.1")
def count_dead():
    """Units whose magnitude never exceeds the threshold; a rare firing is no death."""
    codes = np.zeros((50, 6))
    codes[:, 0] = 0.9
    codes[7, 1] = 0.5
    codes[3, 2] = -0.5
    codes[:, 3] = 0.1
    for threshold in (0.0, 0.1, 0.6):
        yours = yield codes, threshold
        expect(f"dead units above {threshold}", yours, {0.0: 2, 0.1: 3, 0.6: 5}[threshold])


@exercise("sparse_and_stacked.2")
def kl_price():
    """Σⱼ KL(ρ ‖ mean of unit j), at two rates and two batch sizes."""
    rng = np.random.default_rng(1)
    for size, rate in [(8, 0.05), (200, 0.3)]:
        codes = rng.uniform(0.05, 0.95, size=(size, 4)) * [0.2, 0.5, 0.9, 1.0]
        yours = yield codes, rate
        mean = codes.mean(axis=0)
        cross = -rate * np.log(mean) - (1 - rate) * np.log(1 - mean)
        entropy = -rate * np.log(rate) - (1 - rate) * np.log(1 - rate)
        expect(f"the price at ρ = {rate}", yours, (cross - entropy).sum())


@exercise("sparse_and_stacked.3")
def cheapest_code():
    """The minimum of ½(a − h)² + λ|h|: soft thresholding."""
    a = np.array([-2.0, -0.5, -0.1, 0.0, 0.3, 0.5, 1.25])
    for strength in (0.5, 1.0):
        yours = yield a, strength
        # The minimum over a fine grid, so that the answer is not the formula once more.
        grid = np.arange(-3_000, 3_001) / 1_000
        cost = 0.5 * (a[:, None] - grid) ** 2 + strength * np.abs(grid)
        best = grid[cost.argmin(axis=1)]
        expect(f"h at λ = {strength}", yours, best, tolerance=1e-3)


@exercise("sparse_and_stacked.4")
def greedy():
    """Each level trained once, on the codes of the one below; all encoders in order."""
    rng = np.random.default_rng(4)
    x, new = rng.normal(size=(20, 3)), rng.normal(size=(5, 3))
    for depth in (1, 3):
        trainer = _Trainer()
        yours = yield lambda attempt, d=depth, t=trainer: _codes(attempt, x.copy(), t, d, new)
        expect("the number of levels trained", len(trainer.seen), depth)
        h, expected = x, new
        for level, seen in enumerate(trainer.seen):
            expect(f"what level {level + 1} was trained on", seen, h)
            encoder = _encoder(seen, level)
            h, expected = encoder(h), encoder(expected)
        expect(f"codes of new data, {depth} deep", yours, expected)


def _codes(attempt, x, trainer, depth, new):
    """What the returned encoder makes of new data."""
    deep = attempt(x, trainer, depth)
    if deep is None or deep is ...:
        return deep
    if not callable(deep):
        kind = type(deep).__name__
        raise Unexpected(f"it must return a function of new data, but returned a {kind}")
    return deep(new.copy())


class _Trainer:
    """A stand-in for training: what it returns depends on the data and on the level."""

    def __init__(self):
        self.seen = []

    def __call__(self, data):
        self.seen.append(np.array(data))
        return _encoder(self.seen[-1], len(self.seen) - 1)


def _encoder(data, level):
    centre, turn = np.mean(data, axis=0), np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]])
    return lambda h: np.tanh((h - centre) @ turn) + level
