"""What right answers to the exercises of lesson `variational` are."""

import numpy as np

from course_lib.lesson import Unexpected, draws, exercise, expect
from course_lib.lesson.draws import is_assigned


@exercise("variational.1")
def kl_to_prior():
    """Closed form between two diagonal Gaussians."""
    rng = draws(1)
    m, s = rng.normal(size=(2, 3, 4))
    a, t = rng.normal(size=(2, 4))
    standard = yield m, s, np.zeros(4), np.zeros(4)
    expect("the KL divergence at a = t = 0", standard, 0.5 * (np.exp(s) - 1 - s + m**2).sum(axis=1))
    same = yield np.tile(a, (3, 1)), np.tile(t, (3, 1)), a, t
    expect("the KL divergence from the prior to itself", same, np.zeros(3))
    yours = yield m, s, a, t
    ratio, shift = np.exp(s) / np.exp(t), (m - a) ** 2 / np.exp(t)
    expect("the KL divergence", yours, 0.5 * (ratio + shift - 1 - np.log(ratio)).sum(axis=1))


@exercise("variational.2")
def bound():
    """log of the mean weight, also where every weight is 0 in floating point."""
    log_weights = np.log(draws(2).uniform(0.5, 8, size=(3, 2)))
    yours = yield (log_weights,)
    with np.errstate(all="ignore"):
        far = yield (log_weights - 2_000,)
    single = yield (log_weights[:, :1],)
    right = np.log(np.exp(log_weights).mean(1))
    expect("IWAE-2 of each example", yours, right)
    expect("the same with 2,000 taken off every log-weight", far, right - 2_000)
    expect("IWAE-1, the ELBO,", single, log_weights[:, 0])


@exercise("variational.3")
def nats_in_the_code():
    """Two sums keep the code in use; a mean over pixels is a β of 64, and the code collapses."""
    rng = draws(3)
    # One row and one column of 8 × 8 pixels: 64 images, log 64 = 4.16 nats.
    row, column = rng.integers(8, size=(2, 2_000))
    x = np.zeros((2_000, 8, 8), "float32")
    x[np.arange(2_000), row], x[np.arange(2_000), :, column] = 1, 1
    x = x.reshape(2_000, 64)
    summed = yield x, False
    averaged = yield x, True
    for name, nats in (("summed", summed), ("averaged", averaged)):
        expect(f"the shape, {name}", np.shape(nats), ())
    if not 2 < summed < 12:
        raise Unexpected(
            f"with both terms summed the code should hold from 2 to 12 nats, but yours holds "
            f"{float(summed):.2f}: is it trained for long enough (1,000 steps or more)?"
        )
    if not averaged < 0.2:
        raise Unexpected(
            f"with the cross-entropy averaged the code should be almost empty, but yours holds "
            f"{float(averaged):.2f} nats: a mean over 64 pixels weighs the KL divergence 64 times"
        )
    if is_assigned():  # a number can be made up, but not for images that nobody expects
        alike = yield np.repeat(x[:1], len(x), axis=0), False
        if not alike < 1:
            raise Unexpected(
                f"2,000 equal images need next to no nats, but yours holds {float(alike):.2f}"
            )


@exercise("variational.4")
def best_posterior():
    """Mean and log-variance of p(z|x), for x = w z + b and noise."""
    x = draws(4).normal(0, 2, size=3)
    for w, b, variance in ((2.0, 0.5, 1.0), (0.3, -1.0, 0.2), (0.0, 1.0, 2.0)):
        yours = yield x, w, b, variance
        parts = yours if isinstance(yours, tuple) else np.atleast_1d(yours)
        if len(parts) != 2:
            raise Unexpected("your function must return two things, a mean and a log-variance")
        mean, log_variance = parts
        if np.size(log_variance) == 1:  # one for all is right: it does not depend on x
            log_variance = np.full(3, np.ravel(log_variance)[0])
        here = f"at w = {w}, b = {b}, variance {variance}"
        precision = 1 + w**2 / variance
        expect(f"the mean {here}", mean, w * (x - b) / variance / precision)
        expect(f"the log-variance {here}", log_variance, np.full(3, -np.log(precision)))


@exercise("variational.7")
def free_penalty():
    """Any penalty that leaves a unit its first nats, and charges what is above them."""
    rng = draws(7)
    nats, free = rng.uniform(0.1, 0.4, size=(2, 3)) + np.array([0, 2, 0.6]), 0.5
    less, more = nats.copy(), nats.copy()
    less[:, 0] = 0
    more[:, 1] += 1
    value = yield nats, free
    expect("the shape", np.shape(value), ())
    without = yield less, free
    if not np.isclose(without, value):
        raise Unexpected("a unit below its free nats should gain nothing by losing them all")
    costly = yield more, free
    expect("what one nat more in a used unit costs", costly - value, 1)
    nothing_free = yield nats, 0.0
    expect("with nothing free, the KL divergence,", nothing_free, nats.mean(0).sum())
