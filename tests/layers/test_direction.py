"""Every vector at one length, whatever its size, in every format."""

import numpy as np
import pytest
from keras import ops

from course_lib.autodiff import gradient
from course_lib.layers import Direction

to_numpy = ops.convert_to_numpy
X = np.random.default_rng(0).normal(size=(5, 7)).astype("float32")


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_length_and_direction(scale):
    h = to_numpy(Direction(8.0)(np.float32(scale) * X))
    wanted = 8 * X / np.linalg.norm(X, axis=1, keepdims=True)
    np.testing.assert_allclose(h, wanted, rtol=1e-5)


def test_small_numbers_in_half_precision():
    """Their squares are below what float16 holds."""
    x = (1e-4 * X).astype("float16")
    h = to_numpy(Direction(dtype="mixed_float16")(x)).astype("float32")
    np.testing.assert_allclose(np.linalg.norm(h, axis=1), 1, rtol=2e-3)


def test_zero_has_no_direction_and_a_gradient_that_is_finite():
    x = X.copy()
    x[2] = 0
    value, slope = gradient(lambda x: ops.sum(Direction()(x), axis=1), x)
    assert to_numpy(value)[2] == 0
    assert np.isfinite(to_numpy(slope)).all()


def test_the_gradient_is_across_the_direction(jacobian):
    """∂(x/‖x‖)/∂x = (I − uuᵀ)/‖x‖ has nothing along x."""
    x = X.astype("float64")[:1]
    layer = Direction(3.0, dtype="float64")
    weights = ops.convert_to_tensor(np.arange(7.0)[None])
    slope = to_numpy(gradient(lambda x: ops.sum(layer(x) * weights, axis=1), x)[1])
    norm = np.linalg.norm(x)
    u = x / norm
    wanted = 3 * np.arange(7.0)[None] @ (np.eye(7) - u.T @ u) / norm
    np.testing.assert_allclose(slope, wanted, rtol=1e-9)


@pytest.mark.parametrize("length", [0, -1, np.nan, "1"])
def test_bad_length(length):
    with pytest.raises(ValueError, match="length must be a finite number above 0"):
        Direction(length)
