"""What right answers to the exercises of lesson 06 are."""

import numpy as np

from course_lib.lesson.checks import Unexpected, exercise, expect


@exercise("06.1")
def draw(attempt):
    """z = m + exp(s/2) ε, for every ε given."""
    rng = np.random.default_rng(1)
    mean, log_variance = rng.normal(size=(2, 3, 4))
    epsilon = rng.normal(size=(3, 4))
    expect("z where ε = 0", attempt(mean, log_variance, 0 * epsilon), mean)
    wanted = mean + np.sqrt(np.exp(log_variance)) * epsilon
    expect("z", attempt(mean, log_variance, epsilon), wanted)


@exercise("06.2")
def minus_elbo(attempt):
    """Nats of each example: a sum over pixels and a sum over units."""
    rng = np.random.default_rng(2)
    x, logits = rng.uniform(size=(3, 7)), rng.normal(size=(3, 7))
    mean, log_variance = rng.normal(size=(2, 3, 4))
    p = 1 / (1 + np.exp(-logits))
    nll = -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum(1)
    kl = 0.5 * (np.exp(log_variance) - 1 - log_variance + mean**2).sum(1)
    nothing = np.zeros((3, 4))
    expect("−ELBO where q is the prior", attempt(x, logits, nothing, nothing), nll)
    expect("−ELBO of each example", attempt(x, logits, mean, log_variance), nll + kl)


@exercise("06.3")
def bound(attempt):
    """log of the mean weight, also where every weight is 0 in floating point."""
    log_weights = np.log([[1.0, 3.0], [2.0, 2.0], [0.5, 8.0]])
    wanted = np.log(np.exp(log_weights).mean(1))
    expect("IWAE-2 of each example", attempt(log_weights), wanted)
    with np.errstate(all="ignore"):
        far = attempt(log_weights - 2_000)
    expect("the same with 2,000 taken off every log-weight", far, wanted - 2_000)
    expect("IWAE-1, the ELBO,", attempt(log_weights[:, :1]), log_weights[:, 0])


@exercise("06.4")
def best_posterior(attempt):
    """Mean and log-variance of p(z|x), for x = w z + b and noise."""
    x = np.array([-1.0, 0.5, 3.0])
    for w, b, variance in ((2.0, 0.5, 1.0), (0.3, -1.0, 0.2), (0.0, 1.0, 2.0)):
        answer = attempt(x, w, b, variance)
        if answer is None or answer is ...:
            expect("the posterior", None, 0)
        mean, log_variance = answer
        here = f"at w = {w}, b = {b}, variance {variance}"
        precision = 1 + w**2 / variance
        expect(f"the mean {here}", mean, w * (x - b) / variance / precision)
        spread = np.broadcast_to(log_variance, x.shape)
        expect(f"the log-variance {here}", spread, np.full(3, -np.log(precision)))


@exercise("06.5")
def free_penalty(attempt):
    """Any penalty that leaves a unit its first nats, and charges what is above them."""
    nats, free = np.array([[0.1, 2.0, 0.5], [0.3, 3.0, 1.5]]), 0.5
    value = attempt(nats, free)
    expect("the shape", None if value is None else np.shape(value), ())
    less = nats.copy()
    less[:, 0] = 0
    if not np.isclose(attempt(less, free), value):
        raise Unexpected("a unit below its free nats should gain nothing by losing them all")
    more = nats.copy()
    more[:, 1] += 1
    expect("what one nat more in a used unit costs", attempt(more, free) - value, 1)
    every = nats.mean(0).sum()
    expect("with nothing free, the KL divergence,", attempt(nats, 0.0), every)
