import numpy as np
import pytest
from keras import ops
from scipy import stats
from scipy.spatial.distance import cdist

from course_lib.losses import imq_kernel, kl_per_unit, kl_to_standard_normal, mmd, rbf_kernel

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)


def test_kl_against_monte_carlo():
    mean, log_variance = RNG.normal(size=(2, 4, 3))
    z = mean + np.exp(log_variance / 2) * RNG.normal(size=(200_000, 4, 3))
    log_q = stats.norm(mean, np.exp(log_variance / 2)).logpdf(z)
    drawn = (log_q - stats.norm.logpdf(z)).sum(2)
    standard_error = drawn.std(0) / np.sqrt(len(z))
    kl = to_numpy(kl_to_standard_normal(mean, log_variance))
    assert (np.abs(drawn.mean(0) - kl) < 5 * standard_error).all()


def test_kl_is_zero_for_the_prior_alone():
    zeros = np.zeros((2, 5), "float32")
    np.testing.assert_array_equal(to_numpy(kl_per_unit(zeros, zeros)), 0)
    # Near it, too, where exp(s) − 1 − s would round to nothing or below it.
    kl = to_numpy(kl_per_unit(zeros, np.full((2, 5), 1e-3, "float32")))
    np.testing.assert_allclose(kl, 0.25e-6, rtol=1e-2)


def test_kl_sums_the_units_and_knows_no_batch():
    mean, log_variance = RNG.normal(size=(2, 8, 3)).astype("float32")
    whole = to_numpy(kl_to_standard_normal(mean, log_variance))
    np.testing.assert_allclose(whole, to_numpy(kl_per_unit(mean, log_variance)).sum(1), rtol=1e-6)
    one = to_numpy(kl_to_standard_normal(mean[:1], log_variance[:1]))
    np.testing.assert_allclose(one, whole[:1], rtol=1e-6)


def test_kl_in_half_precision_is_summed_in_single():
    mean = np.full((1, 400), 3.1, "float16")
    kl = kl_to_standard_normal(mean, np.zeros_like(mean))
    np.testing.assert_allclose(to_numpy(kl), 200 * float(mean[0, 0]) ** 2, rtol=1e-5)


@pytest.mark.parametrize(
    ("kernel", "formula"),
    [
        (rbf_kernel, lambda d, w: np.exp(-(d**2) / (2 * w**2))),
        (imq_kernel, lambda d, w: w**2 / (w**2 + d**2)),
    ],
)
def test_kernels_and_mmd_against_the_formula(kernel, formula):
    x, y = RNG.normal(size=(7, 3)), RNG.normal(size=(5, 3)) + 1
    width = 1.7
    gram = {
        (a, b): formula(cdist(u, v), width)
        for a, u in zip("xy", (x, y), strict=True)
        for b, v in zip("xy", (x, y), strict=True)
    }
    np.testing.assert_allclose(to_numpy(kernel(x, y, width)), gram["x", "y"], rtol=1e-6)
    inside = [gram[a, a][~np.eye(len(gram[a, a]), dtype=bool)].mean() for a in "xy"]
    expected = sum(inside) - 2 * gram["x", "y"].mean()
    assert float(mmd(x, y, kernel, width)) == pytest.approx(expected, abs=1e-6)


def test_mmd_has_no_bias():
    """Over many pairs of samples of one distribution its mean is 0; of two it is not."""
    values = np.array([float(mmd(*RNG.normal(size=(2, 20, 2)))) for _ in range(300)])
    assert abs(values.mean()) < 4 * values.std() / np.sqrt(300)
    x, y = RNG.normal(size=(2, 500, 2))
    assert float(mmd(x, y * 1.5)) > 10 * abs(float(mmd(x, y)))


def test_mmd_knows_no_order():
    x, y = RNG.normal(size=(2, 9, 2))
    value = float(mmd(x, y))
    assert float(mmd(x[::-1].copy(), y)) == pytest.approx(value, abs=1e-6)
    assert float(mmd(y, x)) == pytest.approx(value, abs=1e-6)


BAD = np.full((3, 2), np.nan)
GOOD = np.zeros((3, 2))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: kl_per_unit(GOOD[0], GOOD), "mean must have 2 axes"),
        (lambda: kl_per_unit(GOOD, GOOD[:, :1]), "log_variance must have the shape of mean"),
        (lambda: kl_to_standard_normal(BAD, GOOD), "mean must be finite"),
        (lambda: kl_to_standard_normal(GOOD.astype(int), GOOD), "mean must hold floats"),
        (lambda: mmd(GOOD[:1], GOOD), "x must hold two examples or more"),
        (lambda: mmd(GOOD, np.zeros((3, 3))), "y must have the 2 columns of x"),
        (lambda: mmd(GOOD, BAD), "y must be finite"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
