"""What right answers to the exercises of lesson `pixels` are."""

import itertools

import numpy as np

from course_lib.lesson import Unexpected, draws, exercise, expect


@exercise("pixels.1")
def made_masks():
    """Inputs to units of at least their degree, units to outputs of a larger one."""
    rng = draws(1)
    for order, hidden in (
        (np.arange(4), np.array([1, 2, 3, 3, 1])),
        (rng.permutation(5), rng.integers(1, 5, size=4)),
    ):
        yours = yield order.copy(), hidden.copy()
        if not isinstance(yours, tuple) or len(yours) != 2:
            raise Unexpected("two arrays, one to the hidden units and one to the outputs")
        degree = np.argsort(order) + 1
        case = f"order {order}"
        expect(f"the mask to the hidden units, {case}", yours[0], degree[:, None] <= hidden)
        expect(f"the mask to the outputs, {case}", yours[1], hidden[:, None] < degree)


@exercise("pixels.2")
def draw():
    """One pixel after the other, each from its own logits."""
    rng = draws(2)
    W = np.triu(rng.normal(0, 1.5, size=(6, 6)), k=1)
    b = rng.normal(size=6)
    u = rng.random((50, 6))
    yours = yield lambda x: np.asarray(x, "float64") @ W + b, u
    expect("the images drawn", yours, _drawn(W, b, u))


def _drawn(W, b, u):
    x = np.zeros_like(u)
    for i in range(u.shape[1]):
        x[:, i] = u[:, i] < 1 / (1 + np.exp(-(x @ W[:, i] + b[i])))
    return x


@exercise("pixels.3")
def skewed():
    """Row i moved to the right by i."""
    rng = draws(3)
    for shape in ((2, 3, 4), (1, 4, 2), (3, 1, 5)):
        x = rng.normal(size=shape)
        yours = yield (x,)
        expect(f"the skewed maps of shape {shape}", yours, _skewed(x))


def _skewed(x):
    count, height, width = x.shape
    out = np.zeros((count, height, width + height - 1))
    for i in range(height):
        out[:, i, i : i + width] = x[:, i]
    return out


@exercise("pixels.4")
def depends():
    """Which logit moves when a pixel is flipped, in any of the images."""
    rng = draws(4)
    n = 7
    images = rng.integers(2, size=(20, n)).astype("float64")
    for seed, reach in enumerate((-1, 0)):
        yours = yield _network(n, seed, reach), images.copy()
        kind = "leaky" if reach == 0 else "causal"
        expect(f"who depends on whom, {kind} logits", yours, _mask(n, seed, reach))


def _mask(n, seed, reach):
    return np.tril(draws(seed).random((n, n)) < 0.6, k=reach)


def _network(n, seed, reach):
    W = _mask(n, seed, reach) * draws(seed + 10).normal(size=(n, n))
    return lambda x: np.tanh(np.asarray(x, "float64") @ W.T)


@exercise("pixels.5")
def density():
    """Probabilities that sum to 1, and few nats on new images."""
    rng = draws(5)

    def some(count):
        # A bar across or down, sometimes both, and a little noise.
        x = np.zeros((count, 3, 3))
        rows, columns = rng.integers(3, size=(2, count))
        kind = rng.integers(3, size=count)
        x[kind != 1, rows[kind != 1]] = 1
        x[np.flatnonzero(kind != 0), :, columns[kind != 0]] = 1
        flip = rng.random(x.shape) < 0.03
        return np.where(flip, 1 - x, x).reshape(count, 9).astype("float32")

    every = np.array(list(itertools.product((0, 1), repeat=9)), "float32")
    new = some(2_000)
    yours = yield some(5_000), np.concatenate([every, new])
    if np.shape(yours) != (2_512,):
        raise Unexpected(
            f"one number for each of 2,512 images, but got the shape {np.shape(yours)}"
        )
    total = np.exp(yours[:512]).sum()
    if not abs(total - 1) < 1e-3:
        raise Unexpected(
            f"probabilities of all 512 possible images that sum to 1, but yours sum to {total:.4f}"
        )
    again = yours[(new @ 2.0 ** np.arange(8, -1, -1)).astype(int)]
    expect(
        "the values of new images, each of which is also among all 512", yours[512:], again, 0.01
    )
    found = -yours[512:].mean()
    if not found < 4.2:
        raise Unexpected(
            f"below 4.2 nats on new images, but yours has {found:.2f} (nine fair coins 6.24): "
            "does each pixel see those before it, and is it trained for long enough?"
        )
