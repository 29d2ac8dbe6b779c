import os
from pathlib import Path

import numpy as np
import pytest
from keras import ops
from sklearn.metrics import mean_squared_error

from course_lib.metrics import squared_error


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("shape", [(4, 6), (4, 3, 3), (4, 3, 3, 2)])
def test_is_the_squared_distance(shape):
    x, x_hat = draw(*shape), draw(*shape, seed=1)
    expected = [np.linalg.norm((a - b).ravel()) ** 2 for a, b in zip(x, x_hat, strict=True)]
    np.testing.assert_allclose(squared_error(x, x_hat), expected, rtol=1e-12)
    flat = x.reshape(4, -1), x_hat.reshape(4, -1)
    mean = mean_squared_error(*flat) * flat[0].shape[1]
    np.testing.assert_allclose(squared_error(x, x_hat).mean(), mean, rtol=1e-12)


def test_nothing_is_clipped():
    np.testing.assert_array_equal(squared_error(np.ones((1, 2)), np.array([[3.0, -1.0]])), [8.0])


def test_single_precision_adds_up_in_double():
    x = draw(2, 100_000).astype("float32")
    expected = (x.astype("float64") ** 2).sum(1)
    np.testing.assert_allclose(squared_error(x, np.zeros_like(x)), expected, rtol=1e-12)


def test_takes_tensors():
    x = draw(2, 3).astype("float32")
    error = squared_error(ops.convert_to_tensor(x), ops.zeros((2, 3)))
    assert isinstance(error, np.ndarray)
    np.testing.assert_allclose(error, (x.astype("float64") ** 2).sum(1), rtol=1e-6)


MNIST = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "datasets" / "mnist.npz"


@pytest.mark.slow
@pytest.mark.skipif(not MNIST.exists(), reason="MNIST is not in the cache of Keras")
def test_pca_30_on_mnist_is_the_published_figure():
    from sklearn.decomposition import PCA

    with np.load(MNIST) as digits:
        train, test = (digits[k].reshape(-1, 784) / np.float32(255) for k in ("x_train", "x_test"))
    pca = PCA(30, svd_solver="covariance_eigh").fit(train)
    error = squared_error(test, pca.inverse_transform(pca.transform(test)))
    assert abs(error.mean() - 13.87) < 0.01


X = np.zeros((4, 6))
NAN = np.full((4, 6), np.nan)


@pytest.mark.parametrize(
    ("x", "x_hat", "sentence"),
    [
        ([[1.0]], X, "x must be an array or tensor, but is of type list"),
        (X[0], X[0], "x must have 2 or 3 or 4 or 5 axes"),
        (X[:0], X[:0], "x must not be empty"),
        (X.astype("uint8"), X, "x must hold floats, but its dtype is uint8"),
        (NAN, X, "x must be finite"),
        (X, NAN, "x_hat must be finite"),
        (X, X.astype(int), "x_hat must hold floats"),
        (X, X[:1], "x_hat must have the shape of x"),
        (X, X[..., None], "x_hat must have the shape of x"),
    ],
)
def test_bad_input(x, x_hat, sentence):
    with pytest.raises(ValueError, match=sentence):
        squared_error(x, x_hat)
