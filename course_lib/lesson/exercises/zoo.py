"""What right answers to the exercises of lesson `zoo` are."""

import keras
import numpy as np

from course_lib.lesson import Unexpected, exercise, expect
from course_lib.lesson.compare import as_data


@exercise("zoo.1")
def sensitivity():
    """How much a code answers to noise, as a share of what it answers to data."""
    rng = np.random.default_rng(1)
    x, codes = 0.3 * rng.random((40, 12)), 2 + rng.normal(size=(40, 5)) * [1, 2, 3, 4, 5]
    J = rng.normal(size=(40, 5, 12))
    yours = yield J, codes, x
    ten_times = yield 10 * J, 10 * codes, x
    right = np.sqrt((J**2).sum((1, 2)).mean() * x.var(0).mean() / codes.var(0).sum())
    expect("the sensitivity", yours, right)
    expect("the sensitivity of ten times the code", ten_times, right)


@exercise("zoo.2")
def activities():
    """(E|h|)² / E h² of each unit, 0 where it is silent."""
    h = np.random.default_rng(2).normal(size=(100, 4))
    h[10:, 0], h[:10, 0] = 0, -3
    h[:, 1] = 5
    yours = yield (h,)
    expect("one in ten, always, and two Gaussians", yours, _activities(h))
    h[:, 2] = 0
    with np.errstate(divide="ignore", invalid="ignore"):
        yours = yield (h,)
    expect("a unit that is 0 for every image", yours, _activities(h))


def _activities(h):
    squares = (h**2).mean(0)
    return np.abs(h).mean(0) ** 2 / np.where(squares > 0, squares, 1)


@exercise("zoo.3")
def start_scale():
    """√(2 / ((1 + α²) n))."""
    yours = yield 50, 0.0
    expect("a ReLU, 50 inputs", yours, 0.2)
    yours = yield 25, 1.0
    expect("a straight line, 25 inputs", yours, 0.2)
    yours = yield 100, 0.3
    expect("α = 0.3, 100 inputs", yours, np.sqrt(2 / 109))


@exercise("zoo.4")
def standard_errors_below():
    """Of differences pair by pair."""
    rng = np.random.default_rng(4)
    hard = 5 * rng.normal(size=(3, 5))
    a, b = 25 + hard + rng.normal(size=(3, 5)), 26.5 + hard + rng.normal(size=(3, 5))
    below, above = (yield a, b), (yield b, a)
    gain = b - a
    right = gain.mean() / (gain.std(ddof=1) / np.sqrt(15))
    expect("a below b", below, right)
    expect("b below a", above, -right)


@exercise("zoo.5")
def row():
    """A model that could stand in the zoo."""
    rng = np.random.default_rng(5)
    x = (rng.random((500, 3)) @ rng.random((3, 20)) / 3).astype("float32")
    tried = yield lambda attempt: _try(attempt, x.copy())
    before, rebuilt = tried
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


def _try(attempt, x):
    """What the model rebuilds before and after training."""
    keras.utils.set_random_seed(5)
    model = attempt(20, 6)
    if model is None or model is ...:
        return model
    for name in ("encode", "reconstruct", "fit"):
        if not callable(getattr(model, name, None)):
            raise Unexpected(f"it has no {name}, and the zoo calls it")
    if not model.built:
        model.build((None, 20))
    codes, again = as_data(model.encode(x.copy())), as_data(model.encode(x.copy()))
    rebuilt = as_data(model.reconstruct(x.copy()))
    expect("the shape of the codes", np.shape(codes), (500, 6))
    expect("the shape of the reconstructions", np.shape(rebuilt), x.shape)
    expect("the codes of a second call", again, codes)
    _train(model, x.copy())
    return rebuilt, model.reconstruct(x)


def _error(rebuilt, x):
    return np.mean(np.sum((rebuilt - x) ** 2, axis=1))


def _train(model, x):
    model.compile(keras.optimizers.Adam(3e-3), jit_compile=False)
    model.fit(x, batch_size=50, epochs=3, verbose=0)
