"""What right answers to the exercises of lesson `denoising` are."""

import numpy as np
from scipy.special import softmax

from course_lib.lesson import Unexpected, draws, exercise, expect


@exercise("denoising.1")
def best_denoiser():
    """x̃ + σ² ∂ log N(x̃; m, s² + σ²)."""
    rng = draws(3)
    noisy = rng.normal(0, 2, size=3)
    drawn = [round(float(v), 2) for v in rng.uniform(0.2, 2, size=3)]
    for m, s, sigma in [(0.0, 1.0, 1.0), drawn, (-1.0, 3.0, 0.1)]:
        yours = yield noisy, m, s, sigma
        score = (m - noisy) / (s**2 + sigma**2)
        what = f"the best guess at m = {m}, s = {s}, σ = {sigma}"
        expect(what, yours, noisy + sigma**2 * score)


@exercise("denoising.2")
def perfect_denoiser():
    """The mean of the images, weighted by N(x̃; x, σ² I)."""
    rng = draws(4)
    images = rng.random((5, 30))
    noisy = images[[0, 3, 3]] + 0.3 * rng.normal(size=(3, 30))
    for sigma in (1.0, 0.3, 0.01):
        yours = yield noisy, images, sigma
        logs = -((noisy[:, None] - images) ** 2).sum(2) / (2 * sigma**2)
        expect(f"the mean image at σ = {sigma}", yours, softmax(logs, axis=1) @ images)


@exercise("denoising.3")
def denoised_without_clean_data():
    """From one noisy copy to the other: the noise of the target cannot be guessed."""
    rng = draws(5)
    # A bent curve in 20 dimensions.
    t = rng.uniform(-2, 2, size=(2_300, 1))
    bent = np.concatenate([2 * t, 2 * np.sin(2 * t), 2 * np.cos(2 * t)], axis=1)
    clean = bent @ np.linalg.qr(rng.normal(size=(20, 3)))[0].T
    first, second = (
        (clean + 0.7 * rng.normal(size=clean.shape)).astype("float32") for _ in range(2)
    )
    yours = yield first[:2_000], second[:2_000], first[2_000:]
    if isinstance(yours, tuple) or yours.shape != (300, 20):
        raise Unexpected("one row of 20 numbers for each row of noisy, but got another shape")
    error = float(((yours - clean[2_000:]) ** 2).sum(1).mean())
    noise = float(((first - clean)[2_000:] ** 2).sum(1).mean())
    if not error < 0.2 * noise:
        raise Unexpected(
            f"an error below {0.2 * noise:.1f} from the clean data, but yours is {error:.1f} "
            f"(nothing done: {noise:.1f}): is its target a copy with *other* noise than its "
            "input, and is it trained for long enough?"
        )


@exercise("denoising.6")
def noise_level():
    """σ of the noise within 15 %."""
    rng = draws(6)
    y, x = np.mgrid[:28, :28]
    places = rng.uniform(9, 19, size=(2, 400, 1, 1))
    reach = rng.uniform(2, 5, size=(400, 1, 1))
    clean = np.exp(-((x - places[0]) ** 2 + (y - places[1]) ** 2) / (2 * reach**2))
    for sigma in (0.1, 0.3, 0.6):
        noisy = clean + sigma * rng.normal(size=clean.shape)
        yours = yield (noisy,)
        expect("the shape", np.shape(yours), ())
        if not abs(yours / sigma - 1) < 0.15:
            raise Unexpected(f"an estimate within 15 % of {sigma}, but yours is {float(yours):.3f}")
