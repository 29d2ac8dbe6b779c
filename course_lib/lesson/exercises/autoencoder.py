"""What right answers to the exercises of lesson `autoencoder` are."""

import numpy as np

from course_lib.lesson import Unexpected, draws, exercise, expect


@exercise("autoencoder.1")
def gaussian_nll():
    """−log N(x; x̂, σ²I) of each image, at any σ."""
    rng = draws(1)
    x, x_hat = rng.random((2, 3, 5))
    for sigma in (1.0, 0.5):
        yours = yield x, x_hat, sigma
        log_density = -0.5 * ((x - x_hat) / sigma) ** 2 - np.log(sigma * np.sqrt(2 * np.pi))
        expect(f"−log p at σ = {sigma}", yours, -log_density.sum(1))


@exercise("autoencoder.2")
def pca_reconstruct():
    """The mean plus the projection onto orthonormal directions."""
    rng = draws(2)
    directions = np.linalg.qr(rng.normal(size=(5, 2)))[0]
    mean, x = rng.normal(size=5), rng.normal(size=(4, 5))
    yours = yield x, directions, mean
    expect("the reconstruction", yours, mean + (x - mean) @ directions @ directions.T)


@exercise("autoencoder.3")
def error_without_activations():
    """The test error of a deep linear network, which PCA's can be compared with."""
    rng = draws(4)
    # Eight directions of falling variance around a bent line, so that a bend would pay.
    t = rng.uniform(-2, 2, size=(1_200, 1))
    bent = np.concatenate([t, t**2 - 4 / 3, np.sin(3 * t)], axis=1)
    z = np.concatenate([bent, rng.normal(size=(1_200, 5)) * [1.5, 1.2, 1, 0.5, 0.4]], axis=1)
    x = (z @ np.linalg.qr(rng.normal(size=(20, 8)))[0].T).astype("float32") + 0.5
    x_train, x_test = x[:1_000], x[1_000:]
    yours = np.asarray((yield x_train, x_test), "float64")
    expect("the shape of your answer, one number", yours.shape, ())
    mean = x_train.mean(0)
    directions = np.linalg.svd(x_train - mean, full_matrices=False)[2][:4]
    centred = x_test - mean
    best = float(((centred - centred @ directions.T @ directions) ** 2).sum(1).mean())
    if not yours >= 0.97 * best:
        raise Unexpected(
            f"an error of at least PCA's, {best:.3f}, which no linear network can beat, but yours "
            f"is {yours:.3f}: is an activation left, or is it not the sum over the features?"
        )
    if yours > 1.1 * best:
        raise Unexpected(
            f"an error near PCA's, {best:.3f}, but yours is {yours:.3f}: train it for longer, or "
            "look for something that keeps it from being any linear map"
        )


@exercise("autoencoder.6")
def whiten():
    """Any linear map of the codes whose result has mean 0 and covariance I."""
    rng = draws(3)
    codes = rng.normal(size=(500, 4)) @ rng.normal(size=(4, 4)) + 3
    white = yield (codes,)
    expect("the shape", np.shape(white), codes.shape)
    expect("the mean", white.mean(0), np.zeros(4), 1e-3)
    expect("the covariance", white.T @ white / len(white), np.eye(4), 1e-2)
    centred = codes - codes.mean(0)
    back = white @ np.linalg.lstsq(white, centred, rcond=None)[0]
    expect("the codes, as a linear map of yours", back, centred, 1e-3)
