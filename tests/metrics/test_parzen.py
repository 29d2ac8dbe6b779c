import numpy as np
import pytest
from sklearn.neighbors import KernelDensity

from course_lib.metrics import parzen_log_likelihood

RNG = np.random.default_rng(0)
SAMPLES, X = RNG.normal(size=(60, 3)), RNG.normal(size=(25, 3))


@pytest.mark.parametrize("sigma", [0.05, 0.7, 3.0])
def test_against_scikit_learn(sigma):
    theirs = KernelDensity(bandwidth=sigma, rtol=0, atol=0).fit(SAMPLES).score_samples(X)
    ours = parzen_log_likelihood(SAMPLES, X, sigma, batch_size=7)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_far_samples_do_not_underflow():
    nats = parzen_log_likelihood(np.zeros((1, 784)), np.full((2, 784), 1.0), 0.1)
    expected = -784 / 0.02 - 392 * np.log(2 * np.pi * 0.01)
    np.testing.assert_allclose(nats, expected)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: parzen_log_likelihood(SAMPLES, X[:, :2], 1.0), "x must have the 3 columns"),
        (lambda: parzen_log_likelihood(SAMPLES, X, 0), "sigma must be a finite number above 0"),
        (lambda: parzen_log_likelihood(SAMPLES * np.nan, X, 1.0), "samples must be finite"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
