"""What right answers to the exercises of lesson `stacked` are."""

import numpy as np

from course_lib.lesson import Unexpected, draws, exercise, expect
from course_lib.lesson.draws import is_assigned


@exercise("stacked.1")
def leaky_std():
    """The standard deviation of weights that keeps the mean square through leaky ReLUs."""
    drawn = round(float(draws(1).uniform(0.1, 0.5)), 2)
    for inputs, slope in [(250, 0.0), (250, 1.0), (64, drawn)]:
        yours = yield inputs, slope
        # The mean square that is left of a standard normal number, as an integral.
        z = np.linspace(-8, 8, 160_001)
        density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
        left = (np.where(z > 0, z, slope * z) ** 2 * density).sum() * (z[1] - z[0])
        expect(f"τ for {inputs} inputs and slope {slope}", yours, 1 / np.sqrt(inputs * left), 1e-3)


@exercise("stacked.2")
def largest_factor():
    """A quarter of the largest singular value of each kernel, multiplied."""
    rng = draws(2)
    for shape in [(1, 6, 6), (3, 12, 12)]:
        kernels = rng.normal(size=shape)
        yours = yield (kernels,)
        bound = 1.0
        for kernel in kernels:
            bound *= np.sqrt(np.linalg.eigvalsh(kernel.T @ kernel).max()) / 4
        expect(f"the largest factor through {len(kernels)} layers", yours, bound)


@exercise("stacked.3")
def training_error():
    """Plain SGD on four sigmoid layers: chance at Glorot's scale, next to nothing at four times."""
    x, y = _digits(500)
    at_one = float((yield 1.0, x, y))
    at_four = float((yield 4.0, x, y))
    for gain, error in ((1, at_one), (4, at_four)):
        if not 0 <= error <= 100:
            raise Unexpected(f"an error in per cent, but at gain {gain} yours is {error:.3g}")
    if at_four > 30:
        raise Unexpected(
            f"an error below 30 % at gain 4, but yours is {at_four:.1f} %: is it the weights of "
            "all hidden layers that are four times as large, and is the rate large enough for SGD?"
        )
    if not at_one >= 80:
        raise Unexpected(
            f"an error near that of a guess, 90 %, at gain 1, but yours is {at_one:.1f} %: are all "
            "four layers sigmoid, at Glorot's scale, and is the optimiser plain SGD?"
        )
    if is_assigned():  # a number can be made up, but not for labels that nobody expects
        one_class = float((yield 1.0, x, np.zeros_like(y)))
        if not one_class < 20:
            raise Unexpected(f"an error near 0 for one class alone, but yours is {one_class:.1f} %")


@exercise("stacked.6")
def my_start():
    """Any layer made of data alone whose codes show classes better than a random layer's."""
    x, y = _digits(1_797)
    units = 10
    W = yield x[:1_200].copy(), units
    expect("the shape of W", np.shape(W), (64, units))
    if not np.isfinite(W).all():
        raise Unexpected("finite weights, but some of yours are not")
    rng = draws(6)
    limit = np.sqrt(6 / (64 + units))
    random = [_probe(x, y, rng.uniform(-limit, limit, (64, units))) for _ in range(5)]
    error, bar = _probe(x, y, W), 0.8 * np.mean(random)
    if error > bar:
        raise Unexpected(
            f"a probe's error below {bar:.1f} % (a random layer's is {np.mean(random):.1f} %), but "
            f"with yours it is {error:.1f} %: are its directions taken from the data?"
        )


def _digits(count):
    """Small images of digits that ship with scikit-learn, as rows, and their labels."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    every = len(digits.target)
    some = (draws(0).permutation(every) if is_assigned() else np.arange(every))[:count]
    return (digits.data[some] / 16).astype("float32"), digits.target[some]


def _probe(x, y, W):
    """Errors in per cent of a linear probe with 100 labels on one sigmoid layer, mean of three."""
    from sklearn.linear_model import LogisticRegression

    a = (x - x[:1_200].mean(axis=0)) @ W
    codes, errors = 1 / (1 + np.exp(-np.clip(a, -50, 50))), []
    codes = (codes - codes.mean(axis=0)) / (codes.std(axis=0) + 1e-9)
    for draw in range(3):
        some = draws(draw).choice(1_200, 100, replace=False)
        probe = LogisticRegression(max_iter=1_000).fit(codes[some], y[some])
        errors.append(100 * (1 - probe.score(codes[1_200:], y[1_200:])))
    return np.mean(errors)
