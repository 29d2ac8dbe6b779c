import numpy as np
import pytest
from keras import ops
from scipy import stats
from scipy.spatial.distance import cdist

from course_lib.autodiff import compiled, gradient
from course_lib.losses import (
    bounded_log_variance,
    imq_kernel,
    kl_per_unit,
    kl_to_standard_normal,
    mmd,
    rbf_kernel,
)

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


@pytest.mark.slow
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


@pytest.mark.parametrize("rows", [(1, 5), (5, 1), (1, 1)])
def test_of_one_example_mmd_is_nothing_at_all(rows):
    """The last batch of an epoch may be one row: no pairs, no value, no gradient."""
    x, y = (RNG.normal(size=(n, 2)).astype("float32") for n in rows)
    assert float(mmd(x, y)) == 0
    assert float(compiled(mmd)(ops.convert_to_tensor(x), ops.convert_to_tensor(y))) == 0
    value, slope = gradient(lambda x: mmd(x, y) * ops.ones_like(x[:, 0]), x)
    assert not to_numpy(value).any()
    assert not to_numpy(slope).any()


@pytest.mark.parametrize("units", [1, 2, 8])
def test_mmd_by_default(units):
    """k = w²/(w² + d²) with w² = 2K, the mean squared distance between two draws from N(0, I)."""
    x, y = RNG.normal(size=(6, units)), RNG.normal(size=(4, units)) + 0.5

    def k(a, b):
        return 2 * units / (2 * units + cdist(a, b) ** 2)

    inside = [k(a, a)[~np.eye(len(a), dtype=bool)].mean() for a in (x, y)]
    expected = sum(inside) - 2 * k(x, y).mean()
    assert float(mmd(x, y)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("kernel", [rbf_kernel, imq_kernel])
def test_kernels_far_from_the_origin(kernel):
    """Codes near 1,000 in single precision: squares of what all share must not be subtracted."""
    x = RNG.normal(size=(6, 3)).astype("float32") + 1000
    exact = cdist(x.astype("float64"), x.astype("float64"))
    expected = np.exp(-(exact**2) / 2) if kernel is rbf_kernel else 1 / (1 + exact**2)
    np.testing.assert_allclose(to_numpy(kernel(x, x, 1.0)), expected, atol=1e-5)
    near = x - 1000
    assert float(mmd(x, x + 1, kernel)) == pytest.approx(
        float(mmd(near, near + 1, kernel)), abs=1e-5
    )


def test_bounded_log_variance():
    s = np.array([-np.inf, -1e4, -30, -29.5, 0.25, 20, 1e4, np.inf, np.nan], "float32")
    value, slope = gradient(bounded_log_variance, ops.convert_to_tensor(s))
    held = [-30, -30, -30, -29.5, 0.25, 20, 20, 20, np.nan]
    np.testing.assert_array_equal(to_numpy(value), np.float32(held))
    np.testing.assert_array_equal(to_numpy(slope)[[0, 1, 3, 4, 6, 7]], [0, 0, 1, 1, 0, 0])


def test_kl_of_what_overflows_is_finite():
    s = np.array([[1e4, -1e4]], "float32")
    value, slope = gradient(lambda s: kl_to_standard_normal(np.zeros((1, 2)), s), s)
    expected = 0.5 * (np.expm1(20) - 20) + 0.5 * (np.expm1(-30) + 30)
    np.testing.assert_allclose(to_numpy(value), [expected], rtol=1e-6)
    assert np.isfinite(to_numpy(slope)).all()


def test_kl_of_maps_is_that_of_their_units():
    mean, s = RNG.normal(size=(2, 3, 4, 5, 2)).astype("float32")
    flat = kl_to_standard_normal(mean.reshape(3, -1), s.reshape(3, -1))
    np.testing.assert_allclose(to_numpy(kl_to_standard_normal(mean, s)), to_numpy(flat), rtol=1e-5)
    assert tuple(kl_per_unit(mean, s).shape) == mean.shape


BAD = np.full((3, 2), np.nan)
GOOD = np.zeros((3, 2))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: kl_per_unit(GOOD[0], GOOD), "mean must have 2 or 3 or 4 or 5 axes"),
        (lambda: kl_per_unit(GOOD, GOOD[:, :1]), "log_variance must have the shape of mean"),
        (lambda: kl_to_standard_normal(BAD, GOOD), "mean must be finite"),
        (lambda: kl_to_standard_normal(GOOD.astype(int), GOOD), "mean must hold floats"),
        (lambda: mmd(GOOD, GOOD, width=0), "width must be a finite number above 0, but is 0"),
        (lambda: rbf_kernel(GOOD, GOOD, -1), "width must be a finite number above 0"),
        (lambda: mmd(GOOD, np.zeros((3, 3))), "y must have the 2 columns of x"),
        (lambda: mmd(GOOD, BAD), "y must be finite"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
