"""What right answers to the exercises of lesson `contractive` are."""

import numpy as np

from course_lib.lesson import Unexpected, draws, exercise, expect


@exercise("contractive.1")
def contraction_tanh():
    """‖J‖² of each image, for a layer of tanh units."""
    rng = draws(2)
    x, W = rng.normal(size=(3, 6)), rng.normal(size=(6, 4))
    codes = np.tanh(x @ W)
    yours = yield codes, W
    J = (1 - codes**2)[:, :, None] * W.T
    expect("‖J‖² of each image", yours, (J**2).sum((1, 2)))


@exercise("contractive.2")
def best_alpha_squared():
    """Where Σ (1 − s)² v + λKs is smallest over s ≥ 0."""
    variances = draws(3).uniform(0.5, 3, size=3)
    for weight in (0.0, 1.0, 2.5, 6.0):
        yours = yield variances, weight
        grid = np.linspace(0, 1, 100_001)
        loss = (1 - grid) ** 2 * variances.sum() + weight * len(variances) * grid
        expect(f"the best α² at λ = {weight}", yours, grid[loss.argmin()])


@exercise("contractive.3")
def spectrum():
    """Singular values with a gap after the second: points on a torus, which fills four."""
    rng = draws(7)
    turns = rng.uniform(0, 2 * np.pi, size=(3_000, 2))
    torus = 2 * np.concatenate([np.cos(turns), np.sin(turns)], axis=1)
    yours = yield ((torus @ np.linalg.qr(rng.normal(size=(20, 4)))[0].T).astype("float32"),)
    if np.shape(yours) != (20,):
        raise Unexpected(f"20 singular values, but the shape is {np.shape(yours)}")
    s = np.asarray(yours, "float64")
    if not (np.all(np.diff(s) <= 0) and s[-1] >= -1e-6):
        raise Unexpected("singular values are at least 0, and the largest comes first")
    if not 0.5 < s[1] < 1.5:
        raise Unexpected(
            f"along the surface the values of a denoiser are near 1, but yours is {s[1]:.3g}: is "
            "it the Jacobian of the output with respect to the input, of a trained network?"
        )
    if not s[1] > 2 * s[2]:
        raise Unexpected(
            f"a gap after the second value, but the second is {s[1]:.2f} and the third {s[2]:.2f}: "
            "is the input noisy and the target clean, and does training last long enough?"
        )


@exercise("contractive.6")
def penalty():
    """A positive number that rescaling the code leaves alone, and that is not a constant."""
    rng = draws(4)
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
