"""What right answers to the exercises of lesson `denoising` are."""

import numpy as np
from scipy.special import softmax

from course_lib.lesson import exercise, expect


@exercise("denoising.1")
def mask():
    """0 where a pixel's uniform number is below the rate, the pixel elsewhere."""
    x = np.linspace(0.1, 1, 12).reshape(3, 4)
    u = np.random.default_rng(1).random(x.shape)
    for rate in (0.3, 0.7):
        yours = yield x, u, rate
        expect(f"the image masked at rate {rate}", yours, x * (u >= rate))


@exercise("denoising.2")
def expected_image():
    """(1 − ρ) x + ρ/2."""
    x = np.linspace(0, 1, 6).reshape(2, 3)
    for rate in (0.3, 0.0, 1.0):
        yours = yield x, rate
        expect(f"the mean at rate {rate}", yours, x + rate * (0.5 - x))


@exercise("denoising.3")
def best_denoiser():
    """x̃ + σ² ∂ log N(x̃; m, s² + σ²)."""
    noisy = np.array([-2.0, 0.5, 3.0])
    for mean, spread, sigma in [(0.0, 1.0, 1.0), (0.7, 0.5, 2.0), (-1.0, 3.0, 0.1)]:
        yours = yield noisy, mean, spread, sigma
        score = (mean - noisy) / (spread**2 + sigma**2)
        what = f"the best guess at m = {mean}, s = {spread}, σ = {sigma}"
        expect(what, yours, noisy + sigma**2 * score)


@exercise("denoising.4")
def perfect_denoiser():
    """The mean of the images, weighted by N(x̃; x, σ² I)."""
    rng = np.random.default_rng(4)
    images = rng.random((5, 30))
    noisy = images[[0, 3, 3]] + 0.3 * rng.normal(size=(3, 30))
    for sigma in (1.0, 0.3, 0.01):
        yours = yield noisy, images, sigma
        logs = -((noisy[:, None] - images) ** 2).sum(2) / (2 * sigma**2)
        expect(f"the mean image at σ = {sigma}", yours, softmax(logs, axis=1) @ images)
