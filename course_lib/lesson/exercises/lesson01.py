"""What right answers to the exercises of lesson 01 are."""

import itertools

import numpy as np

from course_lib.lesson.checks import exercise, expect


@exercise("01.1")
def squared_error(attempt):
    """‖x − x̂‖² of each image."""
    x = np.arange(12.0).reshape(2, 6) / 10
    x_hat = np.zeros((2, 6))
    expect("the error of each image", attempt(x, x_hat), (x**2).sum(1))


@exercise("01.2")
def gaussian_nll(attempt):
    """−log N(x; x̂, σ²I) of each image, at any σ."""
    rng = np.random.default_rng(1)
    x, x_hat = rng.random((2, 3, 5))
    for sigma in (1.0, 0.5):
        log_density = -0.5 * ((x - x_hat) / sigma) ** 2 - np.log(sigma * np.sqrt(2 * np.pi))
        expect(f"−log p at σ = {sigma}", attempt(x, x_hat, sigma), -log_density.sum(1))


@exercise("01.3")
def parameters(attempt):
    """Weights and biases of a mirrored autoencoder of Dense layers."""
    for widths in ([784, 30], [784, 500, 250, 30], [6, 4, 4, 2]):
        weights = sum(2 * a * b for a, b in itertools.pairwise(widths))
        biases = sum(widths[1:]) + sum(widths[:-1])
        expect(f"the parameters of {widths}", attempt(widths), weights + biases)


@exercise("01.4")
def pca_reconstruct(attempt):
    """The mean plus the projection onto orthonormal directions."""
    rng = np.random.default_rng(2)
    directions = np.linalg.qr(rng.normal(size=(5, 2)))[0]
    mean, x = rng.normal(size=5), rng.normal(size=(4, 5))
    expect(
        "the reconstruction",
        attempt(x, directions, mean),
        mean + (x - mean) @ directions @ directions.T,
    )


@exercise("01.5")
def whiten(attempt):
    """Any linear map of the codes whose result has mean 0 and covariance I."""
    rng = np.random.default_rng(3)
    codes = rng.normal(size=(500, 4)) @ rng.normal(size=(4, 4)) + 3
    white = attempt(codes)
    expect("the shape", None if white is None else np.shape(white), codes.shape)
    white = np.asarray(white, "float64")
    expect("the mean", white.mean(0), np.zeros(4), 1e-3)
    expect("the covariance", white.T @ white / len(white), np.eye(4), 1e-2)
    centred = codes - codes.mean(0)
    back = white @ np.linalg.lstsq(white, centred, rcond=None)[0]
    expect("the codes, as a linear map of yours", back, centred, 1e-3)
