"""Sensitivity and activity: against closed forms, and unmoved by scale."""

import keras
import numpy as np
import pytest

from course_lib import losses
from course_lib.metrics import activity, sensitivity

RNG = np.random.default_rng(0)
X = (RNG.normal(size=(400, 12)) * np.linspace(0.2, 3, 12)).astype("float32")


def by_jacobian(J, x, codes):
    """For one J (K, D), the same at every x."""
    return np.sqrt((J**2).sum() * x.var(0).mean() / codes.var(0).sum())


def test_of_a_linear_code_is_its_closed_form():
    W = np.linalg.qr(RNG.normal(size=(12, 4)))[0].astype("float32")
    found = sensitivity(lambda x: keras.ops.matmul(x, W), X, probes=50)
    assert found == pytest.approx(by_jacobian(W.T, X, X @ W), rel=0.01)


def test_principal_components_are_the_least_sensitive_of_equally_many_directions():
    values, vectors = np.linalg.eigh(np.cov(X.T, bias=True))
    leading = vectors[:, -4:].astype("float32")
    found = sensitivity(lambda x: keras.ops.matmul(x, leading), X)
    assert found == pytest.approx(np.sqrt(4 * values.mean() / values[-4:].sum()), rel=1e-4)


def test_of_a_network_agrees_with_the_exact_contraction():
    encoder = keras.Sequential([keras.layers.Dense(8, "tanh"), keras.layers.Dense(3)])
    encoder.build((None, 12))
    codes, squares = map(keras.ops.convert_to_numpy, losses.contraction_exact(encoder, X))
    expected = np.sqrt(squares.mean() * X.var(0).mean() / codes.var(0).sum())
    assert sensitivity(encoder, X, probes=50) == pytest.approx(expected, rel=0.01)


def test_scale_and_offset_change_nothing():
    encode = keras.ops.tanh
    there = sensitivity(lambda x: 3 - 100 * encode(x), X)
    assert there == pytest.approx(sensitivity(encode, X), rel=1e-4)
    assert sensitivity(lambda x: x, X) == pytest.approx(1, rel=1e-4)


def test_codes_that_are_all_the_same_are_refused():
    with pytest.raises(ValueError, match="all are the same"):
        sensitivity(lambda x: 0 * x, X)
    with pytest.raises(ValueError, match="all are the same"):
        activity(np.ones((5, 2)))
    with pytest.raises(ValueError, match="probes must be"):
        sensitivity(lambda x: x, X, probes=0)


def test_activity_is_the_share_of_examples_a_unit_is_on():
    codes = np.zeros((100, 3))
    codes[:10, 0], codes[:30, 1] = 2.0, -7.0
    assert activity(codes, least=0) == (pytest.approx(0.2), 2)


def test_activity_of_known_distributions():
    h = RNG.normal(size=(200_000, 2))
    assert activity(h)[0] == pytest.approx(2 / np.pi, rel=0.01)
    assert activity(RNG.laplace(size=h.shape))[0] == pytest.approx(1 / 2, rel=0.01)
    assert activity(h * [1, 3])[0] == pytest.approx(activity(h)[0])


def test_units_that_hardly_vary_are_not_in_use():
    h = RNG.normal(size=(1000, 4)) * [1, 1, 1e-3, 0]
    assert activity(h)[1] == 2
    assert activity(h, least=0)[1] == 3
