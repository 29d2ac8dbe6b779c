"""What right answers to the exercises of lesson `latents` are."""

import numpy as np
from scipy.linalg import subspace_angles
from scipy.stats import kstest

from course_lib.lesson import Unexpected, draws, exercise, expect


@exercise("latents.1")
def nats_of_units():
    """½ log(λ / βσ²) where λ > βσ², else 0."""
    spectrum = draws(1).uniform(0.2, 1.8, size=5) * [30, 9, 3, 1.5, 0.5]
    for beta, variance in ((1.0, 1.0), (4.0, 1.0), (2.0, 0.5)):
        yours = yield spectrum, beta, variance
        right = 0.5 * np.log(np.maximum(spectrum / (beta * variance), 1))
        expect(f"the nats at β = {beta}, σ² = {variance}", yours, right)


@exercise("latents.2")
def entangled():
    """Another N(0, I), from which the first can be computed, each number mixed of both."""
    z = draws(2).normal(size=(20_000, 2))
    yours = yield (z,)
    if np.shape(yours) != z.shape:
        raise Unexpected(f"codes of shape {z.shape}, but yours have {np.shape(yours)}")
    again = yield (z[:100],)
    expect("the first hundred codes by themselves", again, yours[:100])
    expect("the covariance", np.cov(yours.T), np.eye(2), 0.05)
    for i in range(2):
        if kstest(yours[:, i], "norm").pvalue < 1e-4:
            raise Unexpected(f"number {i} of your codes is not distributed as N(0, 1)")
        for j in range(2):
            moved = z.copy()
            moved[:, j] += 0.5
            shifted = yield (moved,)
            change = np.abs(shifted - yours)[:, i].mean()
            if not change > 0.01:
                raise Unexpected(f"number {i} of your codes does not depend on number {j} of z")
    # Neighbours in the new codes must be neighbours in the old ones: then there is a way back.
    order = np.argsort(((yours[:300, None] - yours[None, 300:5_300]) ** 2).sum(2), axis=1)[:, 0]
    apart = np.linalg.norm(z[:300] - z[300:5_300][order], axis=1)
    if not np.median(apart) < 0.2:
        raise Unexpected("z cannot be computed back: unlike z have the same code")


@exercise("latents.3")
def by_adam():
    """The right plane, and columns along no particular axis."""
    rng = draws(3)
    axes = np.linalg.qr(rng.normal(size=(16, 16)))[0][:3]
    x = rng.normal(size=(4_000, 3)) * np.sqrt([30, 16, 9]) @ axes + rng.normal(size=(4_000, 16))
    yours = yield x.astype("float32"), axes, 3
    W = np.asarray(yours)
    if W.shape != (16, 3):
        raise Unexpected(f"weights of shape (16, 3), but yours have {W.shape}")
    angle = np.degrees(subspace_angles(W.astype("float64"), axes.T).max())
    if not angle < 10:
        raise Unexpected(
            f"columns within 10° of the plane of the three axes, but yours are {angle:.0f}° off: "
            "is the model trained for long enough?"
        )


@exercise("latents.6")
def one_factor_each():
    """Any score with these ends that neither order nor silent units can change."""
    rng = draws(6)
    perfect, level = np.diag(rng.uniform(0.5, 2, size=3)), np.full((4, 3), rng.uniform(0.3, 1))
    value = yield (perfect,)
    expect("the shape", np.shape(value), ())
    expect("the score if each unit knows one factor", value, 1)
    value = yield (level,)
    expect("the score if every unit knows all factors equally", value, 0)
    some = np.diag(rng.uniform(0.7, 1, size=3)) + np.triu(rng.uniform(0.1, 0.4, size=(3, 3)), 1)
    value = yield (some,)
    if not 0 < value < 1:
        raise Unexpected(f"a score between 0 and 1 for a mixed code, but yours is {value:.3f}")
    swapped = yield (some[[2, 0, 1]],)
    expect("the score with units permuted", swapped, value)
    silent = yield (np.vstack([some, np.zeros((5, 3))]),)
    expect("the score with five units that know nothing", silent, value)
    purer = yield (np.where(some == some.max(axis=1, keepdims=True), some, some / 2),)
    if not purer > value:
        raise Unexpected("a code whose units know less of other factors should score higher")
