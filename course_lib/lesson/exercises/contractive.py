"""What right answers to the exercises of lesson `contractive` are."""

import numpy as np

from course_lib.lesson import Unexpected, exercise, expect


@exercise("contractive.1")
def contraction_tanh():
    """‖J‖² of each image, for a layer of tanh units."""
    rng = np.random.default_rng(2)
    x, W = rng.normal(size=(3, 6)), rng.normal(size=(6, 4))
    codes = np.tanh(x @ W)
    yours = yield codes, W
    J = (1 - codes**2)[:, :, None] * W.T
    expect("‖J‖² of each image", yours, (J**2).sum((1, 2)))


@exercise("contractive.2")
def best_alpha_squared():
    """Where Σ (1 − s)² v + λKs is smallest over s ≥ 0."""
    variances = np.array([3.0, 2.0, 0.5])
    for weight in (0.0, 1.0, 2.5, 6.0):
        yours = yield variances, weight
        grid = np.linspace(0, 1, 100_001)
        loss = (1 - grid) ** 2 * variances.sum() + weight * len(variances) * grid
        expect(f"the best α² at λ = {weight}", yours, grid[loss.argmin()])


@exercise("contractive.3")
def spectrum():
    """Singular values with a gap after the third, the number of dimensions."""
    rng = np.random.default_rng(7)
    place = rng.uniform(-1, 1, size=(3_000, 3))
    bends = np.sin(place @ rng.normal(size=(3, 20)) + rng.uniform(0, 6, size=20))
    yours = yield (bends.astype("float32"),)
    if np.shape(yours) != (20,):
        raise Unexpected(f"20 singular values, but the shape is {np.shape(yours)}")
    s = np.asarray(yours, "float64")
    if not np.all(np.diff(s) <= 1e-6) or s[-1] < 0:
        raise Unexpected("singular values are at least 0, and the largest comes first")
    if not s[2] > 0.5:
        raise Unexpected(
            f"the third value of a denoiser is near 1, and yours is {s[2]:.3g}: is it the "
            "Jacobian of the output with respect to the input, and was the network trained?"
        )
    if not s[2] > 2 * s[3]:
        raise Unexpected(
            f"a gap after the third value, but the third is {s[2]:.2f} and the fourth {s[3]:.2f}: "
            "is the input noisy and the target clean, and does training last long enough?"
        )


@exercise("contractive.6")
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
