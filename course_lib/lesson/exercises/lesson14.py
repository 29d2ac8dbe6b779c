"""What right answers to the exercises of lesson 14 are."""

import keras
import numpy as np

from course_lib.lesson.checks import Unexpected, exercise, expect


def _sensitivity(J, codes, x):
    return np.sqrt((J**2).sum((1, 2)).mean() * x.var(0).mean() / codes.var(0).sum())


@exercise("14.1")
def sensitivity(attempt):
    """How much a code answers to noise, as a share of what it answers to data."""
    rng = np.random.default_rng(1)
    x, codes = 0.3 * rng.random((40, 12)), 2 + rng.normal(size=(40, 5)) * [1, 2, 3, 4, 5]
    J = rng.normal(size=(40, 5, 12))
    expect("the sensitivity", attempt(J, codes, x), _sensitivity(J, codes, x))
    ten_times = attempt(10 * J, 10 * codes, x)
    expect("the sensitivity of ten times the code", ten_times, _sensitivity(J, codes, x))


@exercise("14.2")
def activities(attempt):
    """(E|h|)² / E h² of each unit, 0 where it is silent."""
    h = np.random.default_rng(2).normal(size=(100, 4))
    h[10:, 0], h[:10, 0] = 0, -3
    h[:, 1] = 5
    expect("one in ten, always, and two Gaussians", attempt(h), _activities(h))
    h[:, 2] = 0
    with np.errstate(divide="ignore", invalid="ignore"):
        expect("a unit that is 0 for every image", attempt(h), _activities(h))


def _activities(h):
    squares = (h**2).mean(0)
    return np.abs(h).mean(0) ** 2 / np.where(squares > 0, squares, 1)


@exercise("14.3")
def start_scale(attempt):
    """√(2 / ((1 + α²) n))."""
    expect("a ReLU, 50 inputs", attempt(50, 0.0), 0.2)
    expect("a straight line, 25 inputs", attempt(25, 1.0), 0.2)
    expect("α = 0.3, 100 inputs", attempt(100, 0.3), np.sqrt(2 / 109))


@exercise("14.4")
def standard_errors_below(attempt):
    """Of differences pair by pair."""
    rng = np.random.default_rng(4)
    hard = 5 * rng.normal(size=(3, 5))
    a, b = 25 + hard + rng.normal(size=(3, 5)), 26.5 + hard + rng.normal(size=(3, 5))
    gain = b - a
    expect("a below b", attempt(a, b), gain.mean() / (gain.std(ddof=1) / np.sqrt(15)))
    expect("b below a", attempt(b, a), -gain.mean() / (gain.std(ddof=1) / np.sqrt(15)))


def _error(model, x):
    return float(np.mean(np.sum((_numpy(model.reconstruct(x)) - x) ** 2, axis=1)))


def _numpy(x):
    return keras.ops.convert_to_numpy(x)


@exercise("14.5")
def row(attempt):
    """A model that could stand in the zoo."""
    rng = np.random.default_rng(5)
    x = (rng.random((500, 3)) @ rng.random((3, 20)) / 3).astype("float32")
    keras.utils.set_random_seed(5)
    model = attempt(20, 6)
    expect("what is returned", None if model is None else 1, 1)
    for name in ("encode", "reconstruct", "fit"):
        if not callable(getattr(model, name, None)):
            raise Unexpected(f"it has no {name}, and the zoo calls it")
    if not model.built:
        model.build((None, 20))
    codes, rebuilt = _numpy(model.encode(x)), _numpy(model.reconstruct(x))
    expect("the shape of the codes", codes.shape, (500, 6))
    expect("the shape of the reconstructions", rebuilt.shape, x.shape)
    expect("the codes of a second call", _numpy(model.encode(x)), codes)
    before = _error(model, x)
    _train(model, x)
    rebuilt = _numpy(model.reconstruct(x))
    if not np.isfinite(rebuilt).all() or rebuilt.min() < 0 or rebuilt.max() > 1:
        raise Unexpected(
            f"reconstructions lie from {rebuilt.min():.4g} to {rebuilt.max():.4g}, "
            "expected within 0 and 1"
        )
    if not _error(model, x) < before:
        raise Unexpected(
            f"training took the squared error from {before:.4g} to {_error(model, x):.4g}, "
            "expected less"
        )


def _train(model, x):
    names = [phase.name for phase in model.phases()] if hasattr(model, "phases") else None
    adam = keras.optimizers.Adam
    optimizer = {name: adam(3e-3) for name in names} if names else adam(3e-3)
    model.compile(optimizer, jit_compile=False)
    model.fit(x, batch_size=50, epochs=3, verbose=0)
