"""What right answers to the exercises of lesson `contractive` are."""

import numpy as np

from course_lib.lesson import Unexpected, exercise, expect


@exercise("contractive.1")
def contraction():
    """‖J‖² of each image, for a layer of sigmoid units."""
    rng = np.random.default_rng(1)
    x, W = rng.normal(size=(3, 6)), rng.normal(size=(6, 4))
    codes = 1 / (1 + np.exp(-x @ W))
    yours = yield codes, W
    J = (codes * (1 - codes))[:, :, None] * W.T
    expect("‖J‖² of each image", yours, (J**2).sum((1, 2)))


@exercise("contractive.2")
def contraction_tanh():
    """‖J‖² of each image, for a layer of tanh units."""
    rng = np.random.default_rng(2)
    x, W = rng.normal(size=(3, 6)), rng.normal(size=(6, 4))
    codes = np.tanh(x @ W)
    yours = yield codes, W
    J = (1 - codes**2)[:, :, None] * W.T
    expect("‖J‖² of each image", yours, (J**2).sum((1, 2)))


@exercise("contractive.3")
def probe_estimate():
    """The mean of ‖Jᵀu‖² over the given signs, and with all signs ‖J‖² itself."""
    rng = np.random.default_rng(3)
    J = rng.normal(size=(4, 7))
    u = rng.choice([-1.0, 1.0], size=(5, 4))
    yours = yield J, u
    expect("the mean of five probes", yours, np.mean([((J.T @ v) ** 2).sum() for v in u]))
    every = np.array([[1 - 2 * (n >> k & 1) for k in range(4)] for n in range(16)], "float64")
    yours = yield J, every
    expect("the mean over every u there is, ‖J‖²,", yours, (J**2).sum())


@exercise("contractive.4")
def best_alpha_squared():
    """Where Σ (1 − s)² v + λKs is smallest over s ≥ 0."""
    variances = np.array([3.0, 2.0, 0.5])
    for weight in (0.0, 1.0, 2.5, 6.0):
        yours = yield variances, weight
        grid = np.linspace(0, 1, 100_001)
        loss = (1 - grid) ** 2 * variances.sum() + weight * len(variances) * grid
        expect(f"the best α² at λ = {weight}", yours, grid[loss.argmin()])


@exercise("contractive.5")
def penalty():
    """A positive number that rescaling the code leaves alone, and that is not a constant."""
    rng = np.random.default_rng(4)
    J_f, J_g = rng.normal(size=(3, 8)), rng.normal(size=(8, 3))
    value = yield J_f, J_g
    expect("the shape", np.shape(value), ())
    if not value > 0:
        raise Unexpected(f"the penalty must be above 0, and yours is {float(value):.4g}")
    for alpha in (0.1, 10.0):
        rescaled = yield alpha * J_f, J_g / alpha
        expect(f"the penalty after α = {alpha}", rescaled / value, 1.0)
    shrunk = yield 0.1 * J_f, J_g
    if np.isclose(shrunk, value):
        raise Unexpected("shrinking the encoder alone must change the penalty, and leaves yours")
