"""What right answers to the exercises of lesson `adversarial` are."""

import numpy as np
from scipy.special import expit

from course_lib.lesson import Unexpected, draws, exercise, expect
from course_lib.lesson.trials import moved, paired, trial


@exercise("adversarial.1")
def annulus():
    """Evenly between two circles: as many points to every piece of area."""
    u = draws(4).random((200_000, 2))
    z = yield u, 1.0, 3.0
    expect("the shape", np.shape(z), u.shape)
    r = np.linalg.norm(z, axis=1)
    if not (r.min() >= 1 - 1e-6 and r.max() <= 3 + 1e-6):
        raise Unexpected(f"the radii lie from {r.min():.3f} to {r.max():.3f}, expected from 1 to 3")
    # A quarter, a half and three quarters of the area lie within these circles.
    for share in (0.25, 0.5, 0.75):
        inside = np.mean(r**2 < 1 + 8 * share)
        expect(f"share of points within the inner {share:.0%} of the area", inside, share, 0.01)
    right, up = np.mean(z > 0, axis=0)
    expect("share of points on the right", right, 0.5, 0.01)
    expect("share of points in the upper half", up, 0.5, 0.01)


@exercise("adversarial.2")
def discriminator_loss():
    """−log d(z) − log(1 − d(f(x))), which moves d and cannot move f."""
    rng = draws(2)
    x, z = (rng.normal(size=(5, units)).astype("float32") for units in (4, 2))
    shapes = [(4, 2), (2,), (2, 1), (1,)]
    weights = [rng.normal(size=shape).astype("float32") for shape in shapes]
    yours = yield trial(paired, x, z, weights)
    codes = np.tanh(x @ weights[0] + weights[1])
    real, fake = (v @ weights[2] + weights[3] for v in (z, codes))
    expect("the loss of each pair", yours, np.logaddexp(0, [-real, fake]).sum(axis=0)[:, 0])
    of_f, of_d = yield trial(moved, x, z, weights)
    if np.any(of_f != 0):
        raise Unexpected(
            "a gradient reaches the encoder, and would make it help the discriminator: at rate 1 "
            f"it moves by up to {np.abs(of_f).max():.4g}, expected 0"
        )
    on_real, on_fake = -expit(-real) / len(x), expit(fake) / len(x)
    slopes = [z.T @ on_real + codes.T @ on_fake, (on_real + on_fake).sum(axis=0)]
    expect("the step of the discriminator", of_d, -np.concatenate([s.ravel() for s in slopes]))


@exercise("adversarial.3")
def kl_from_samples():
    """The mean logit over samples of p, of a discriminator that was trained to tell p from q."""
    rng = draws(5)
    z_p = rng.normal(size=(10_000, 2)).astype("float32")
    z_q = (np.array([1.0, -0.5]) + 1.3 * rng.normal(size=(10_000, 2))).astype("float32")
    right = 2 * np.log(1.3) + (2 + 1.25) / (2 * 1.3**2) - 1
    yours = yield z_p, z_q
    expect("the shape", np.shape(yours), ())
    if not abs(yours / right - 1) < 0.2:
        raise Unexpected(
            f"an estimate within 20 % of {right:.3f} nats, but yours is {float(yours):.3f}: is it "
            "the mean of logits, over samples of p, with the label 1 for p?"
        )


@exercise("adversarial.4")
def log_ratio():
    """log p(z) − log q(z) from logits that were trained on n draws from p and m from q."""
    rng = draws(8)
    logits = rng.normal(0, 2, size=3)
    n, m = map(int, rng.integers(100, 1_000, size=2))
    yours = yield logits, n, m
    expect(f"{n} draws from the prior and {m} codes", yours, logits - np.log(n / m))
    yours = yield logits, 500, 500
    expect("as many of each", yours, logits)


@exercise("adversarial.7")
def told_apart():
    """Near a half for one distribution, clearly above it for a ring against a Gaussian."""
    rng = draws(7)

    def ring(n):
        angle, radius = 2 * np.pi * rng.random(n), 2 + 0.1 * rng.normal(size=n)
        return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)

    def alike(n):
        return np.sqrt(2) * rng.normal(size=(n, 2))

    same = []
    for draw in (ring, alike):
        yours = yield draw(1_000), draw(1_000)
        expect("the shape", np.shape(yours), ())
        same.append(yours)
    if not all(0.42 < value < 0.58 for value in same):
        raise Unexpected(
            "from 0.42 to 0.58 for two samples of one distribution, but yours gives "
            f"{same[0]:.2f} and {same[1]:.2f}: is it tested on points it has not seen?"
        )
    apart = yield ring(1_000), alike(1_000)
    if not 0.75 < apart <= 1:
        raise Unexpected(f"above 0.75 for a ring and a Gaussian, but yours gives {apart:.2f}")
