import numpy as np
import pytest
from scipy.linalg import sqrtm

from course_lib.metrics import frechet_distance

RNG = np.random.default_rng(0)
A = RNG.normal(size=(300, 4)) @ RNG.normal(size=(4, 4))
B = RNG.normal(size=(200, 4)) @ RNG.normal(size=(4, 4)) + 1


def test_against_scipy_s_matrix_root():
    of_a, of_b = np.cov(A.T), np.cov(B.T)
    expected = ((A.mean(0) - B.mean(0)) ** 2).sum()
    expected += np.trace(of_a + of_b - 2 * sqrtm(of_a @ of_b).real)
    assert frechet_distance(A, B) == pytest.approx(expected, rel=1e-8)
    assert frechet_distance(B, A) == pytest.approx(expected, rel=1e-8)


def test_of_one_number_it_is_the_difference_of_means_and_deviations():
    a, b = A[:, :1], B[:, :1]
    expected = (a.mean() - b.mean()) ** 2 + (a.std(ddof=1) - b.std(ddof=1)) ** 2
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-8)


def test_it_knows_neither_rotation_nor_order_and_is_zero_for_the_same():
    rotation = np.linalg.qr(RNG.normal(size=(4, 4)))[0]
    expected = frechet_distance(A, B)
    assert frechet_distance(A[::-1] @ rotation, B @ rotation) == pytest.approx(expected, rel=1e-8)
    assert frechet_distance(A, A) == pytest.approx(0, abs=1e-8)


def test_units_that_never_vary():
    dead = np.zeros((300, 2))
    expected = frechet_distance(A, B)
    wide_a, wide_b = np.hstack([A, dead]), np.hstack([B, dead[:200]])
    assert frechet_distance(wide_a, wide_b) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: frechet_distance(A[:1], B), "a must hold two examples or more"),
        (lambda: frechet_distance(A, B[:, :2]), "b must have the 4 columns of a"),
        (lambda: frechet_distance(A, B * np.nan), "b must be finite"),
        (lambda: frechet_distance(A[0], B), "a must have 2 axes"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
