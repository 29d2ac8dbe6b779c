"""What right answers to the exercises of lesson `variational` are."""

import numpy as np

from course_lib.lesson import Unexpected, exercise, expect


@exercise("variational.1")
def draw():
    """z = m + exp(s/2) ε, for every ε given."""
    rng = np.random.default_rng(1)
    mean, log_variance = rng.normal(size=(2, 3, 4))
    epsilon = rng.normal(size=(3, 4))
    yours = yield mean, log_variance, 0 * epsilon
    expect("z where ε = 0", yours, mean)
    yours = yield mean, log_variance, epsilon
    expect("z", yours, mean + np.sqrt(np.exp(log_variance)) * epsilon)


@exercise("variational.2")
def minus_elbo():
    """Nats of each example: a sum over pixels and a sum over units."""
    rng = np.random.default_rng(2)
    x, logits = rng.uniform(size=(3, 7)), rng.normal(size=(3, 7))
    mean, log_variance = rng.normal(size=(2, 3, 4))
    at_prior = yield x, logits, np.zeros((3, 4)), np.zeros((3, 4))
    yours = yield x, logits, mean, log_variance
    p = 1 / (1 + np.exp(-logits))
    nll = -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum(1)
    kl = 0.5 * (np.exp(log_variance) - 1 - log_variance + mean**2).sum(1)
    expect("−ELBO where q is the prior", at_prior, nll)
    expect("−ELBO of each example", yours, nll + kl)


@exercise("variational.3")
def bound():
    """log of the mean weight, also where every weight is 0 in floating point."""
    log_weights = np.log([[1.0, 3.0], [2.0, 2.0], [0.5, 8.0]])
    yours = yield (log_weights,)
    with np.errstate(all="ignore"):
        far = yield (log_weights - 2_000,)
    single = yield (log_weights[:, :1],)
    wanted = np.log(np.exp(log_weights).mean(1))
    expect("IWAE-2 of each example", yours, wanted)
    expect("the same with 2,000 taken off every log-weight", far, wanted - 2_000)
    expect("IWAE-1, the ELBO,", single, log_weights[:, 0])


@exercise("variational.4")
def best_posterior():
    """Mean and log-variance of p(z|x), for x = w z + b and noise."""
    x = np.array([-1.0, 0.5, 3.0])
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


@exercise("variational.5")
def free_penalty():
    """Any penalty that leaves a unit its first nats, and charges what is above them."""
    nats, free = np.array([[0.1, 2.0, 0.5], [0.3, 3.0, 1.5]]), 0.5
    less, more = nats.copy(), nats.copy()
    less[:, 0] = 0
    more[:, 1] += 1
    value = yield nats, free
    expect("the shape", np.shape(value), ())
    without = yield less, free
    if not np.isclose(without, value):
        raise Unexpected("a unit below its free nats should gain nothing by losing them all")
    dearer = yield more, free
    expect("what one nat more in a used unit costs", dearer - value, 1)
    nothing_free = yield nats, 0.0
    expect("with nothing free, the KL divergence,", nothing_free, nats.mean(0).sum())
