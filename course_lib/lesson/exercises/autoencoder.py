"""What right answers to the exercises of lesson `autoencoder` are."""

import itertools

import numpy as np

from course_lib.lesson import exercise, expect


@exercise("autoencoder.1")
def squared_error():
    """‖x − x̂‖² of each image."""
    x = np.arange(12.0).reshape(2, 6) / 10
    yours = yield x, np.zeros((2, 6))
    expect("the error of each image", yours, (x**2).sum(1))


@exercise("autoencoder.2")
def gaussian_nll():
    """−log N(x; x̂, σ²I) of each image, at any σ."""
    rng = np.random.default_rng(1)
    x, x_hat = rng.random((2, 3, 5))
    for sigma in (1.0, 0.5):
        yours = yield x, x_hat, sigma
        log_density = -0.5 * ((x - x_hat) / sigma) ** 2 - np.log(sigma * np.sqrt(2 * np.pi))
        expect(f"−log p at σ = {sigma}", yours, -log_density.sum(1))


@exercise("autoencoder.3")
def parameters():
    """Weights and biases of a mirrored autoencoder of Dense layers."""
    for widths in ([784, 30], [784, 500, 250, 30], [6, 4, 4, 2]):
        yours = yield (widths,)
        weights = sum(2 * a * b for a, b in itertools.pairwise(widths))
        biases = sum(widths[1:]) + sum(widths[:-1])
        expect(f"the parameters of {widths}", yours, weights + biases)


@exercise("autoencoder.4")
def pca_reconstruct():
    """The mean plus the projection onto orthonormal directions."""
    rng = np.random.default_rng(2)
    directions = np.linalg.qr(rng.normal(size=(5, 2)))[0]
    mean, x = rng.normal(size=5), rng.normal(size=(4, 5))
    yours = yield x, directions, mean
    expect("the reconstruction", yours, mean + (x - mean) @ directions @ directions.T)


@exercise("autoencoder.5")
def whiten():
    """Any linear map of the codes whose result has mean 0 and covariance I."""
    rng = np.random.default_rng(3)
    codes = rng.normal(size=(500, 4)) @ rng.normal(size=(4, 4)) + 3
    white = yield (codes,)
    expect("the shape", np.shape(white), codes.shape)
    expect("the mean", white.mean(0), np.zeros(4), 1e-3)
    expect("the covariance", white.T @ white / len(white), np.eye(4), 1e-2)
    centred = codes - codes.mean(0)
    back = white @ np.linalg.lstsq(white, centred, rcond=None)[0]
    expect("the codes, as a linear map of yours", back, centred, 1e-3)
