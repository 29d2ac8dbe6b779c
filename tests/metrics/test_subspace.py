import numpy as np
import pytest
from keras import ops

from course_lib.metrics import principal_angles


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("degrees", [0.0, 1e-7, 1e-3, 1.0, 30.0, 45.0, 89.0, 90.0])
def test_known_angle(degrees):
    """Two planes in ten dimensions that share one direction and differ by one known angle."""
    basis, _ = np.linalg.qr(draw(10, 3))
    theta = np.radians(degrees)
    a = basis[:, :2]
    b = np.stack([basis[:, 0], np.cos(theta) * basis[:, 1] + np.sin(theta) * basis[:, 2]], axis=1)
    mixed = b @ np.array([[2.0, 1.0], [-1.0, 3.0]])
    largest, smallest = principal_angles(a, mixed)
    np.testing.assert_allclose(largest, degrees, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(smallest, 0, atol=2e-6)


def test_agrees_with_the_cosine_formula():
    a, b = draw(12, 4), draw(12, 6, seed=1)
    cosines = np.linalg.svd(np.linalg.qr(a)[0].T @ np.linalg.qr(b)[0], compute_uv=False)
    angles = principal_angles(a, b)
    assert angles.shape == (4,)
    np.testing.assert_allclose(angles, np.degrees(np.arccos(cosines))[::-1], rtol=1e-9)
    np.testing.assert_allclose(angles, principal_angles(b, a), rtol=1e-9)


def test_a_subspace_of_the_other_has_angle_zero():
    a = draw(12, 6)
    np.testing.assert_allclose(principal_angles(a @ draw(6, 3, seed=1), a), 0, atol=1e-6)


def test_takes_tensors():
    a, b = draw(5, 2).astype("float32"), draw(5, 2, seed=1).astype("float32")
    tensors = ops.convert_to_tensor(a), ops.convert_to_tensor(b)
    np.testing.assert_array_equal(principal_angles(*tensors), principal_angles(a, b))


A = np.eye(4, 2)


@pytest.mark.parametrize(
    ("a", "b", "sentence"),
    [
        ([[1.0]], A, "a must be an array or tensor"),
        (A[:, 0], A, "a must have 2 axes"),
        (A, A[:, :0], "b must not be empty"),
        (A, A.astype(int), "b must hold floats"),
        (np.full((4, 2), np.inf), A, "a must be finite"),
        (A, A[:3], r"b must have as many rows as a, .* \(3, 2\) and \(4, 2\)"),
        (A, np.ones((4, 2)), "b must have linearly independent columns, .* 2 columns only 1 are"),
        (np.zeros((4, 1)), A, "a must have linearly independent columns"),
        (np.eye(2, 4), np.eye(2), "a must have linearly independent columns"),
    ],
)
def test_bad_input(a, b, sentence):
    with pytest.raises(ValueError, match=sentence):
        principal_angles(a, b)
