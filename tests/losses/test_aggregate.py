import itertools

import keras
import numpy as np
import pytest
from keras import ops
from scipy import stats

from course_lib.losses import kl_parts, stratified_weights

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)
MEAN, LOG_VARIANCE = RNG.normal(size=(2, 6, 2))
Z = MEAN + np.exp(LOG_VARIANCE / 2) * RNG.normal(size=(6, 2))


def densities(z, mean, log_variance):
    """[i, j, k]: unit k of draw i under the posterior of example j."""
    return stats.norm(mean, np.exp(log_variance / 2)).pdf(z[:, None])


def test_the_estimate_has_no_bias():
    """Over all batches of 3 of 6 examples that hold example 0, its mean is (1/N) Σₙ q(z₀|xₙ)."""
    weights = to_numpy(stratified_weights(3, 6))
    q = densities(Z, MEAN, LOG_VARIANCE).prod(2)[0]
    for place in range(3):
        estimates = []
        for others in itertools.permutations(range(1, 6), 2):
            batch = [*others[:place], 0, *others[place:]]
            estimates.append(weights[place] @ q[batch])
        assert np.mean(estimates) == pytest.approx(q.mean(), rel=1e-6)


def test_double_precision_is_kept(float64):
    weights = stratified_weights(np.int64(3), np.int64(100), "float64")
    assert keras.backend.standardize_dtype(weights.dtype) == "float64"
    np.testing.assert_allclose(to_numpy(weights).sum(1), 1, rtol=1e-15)
    q = densities(Z, MEAN, LOG_VARIANCE)
    own, product = np.log(np.einsum("iik->ik", q)).sum(1), np.log(q.mean(1)).sum(1)
    joint = np.log(q.prod(2).mean(1))
    got = kl_parts(Z, MEAN, LOG_VARIANCE, 6)
    np.testing.assert_allclose(to_numpy(got[0]), own - joint, rtol=1e-12)
    np.testing.assert_allclose(to_numpy(got[1]), joint - product, rtol=1e-12)


@pytest.mark.parametrize(("batch", "data"), [(2, 2), (3, 100), (7, 7)])
def test_weights(batch, data):
    weights = to_numpy(stratified_weights(batch, data))
    np.testing.assert_allclose(weights.sum(1), 1, rtol=1e-6)
    np.testing.assert_allclose(np.diag(weights), 1 / data, rtol=1e-6)
    off = weights[~np.eye(batch, dtype=bool)]
    np.testing.assert_allclose(off, (data - 1) / (data * (batch - 1)), rtol=1e-6)


def test_weights_are_the_mean_of_those_of_the_paper():
    """Which of the others gets (N − M)/(N M), M = B − 1, makes no difference to the mean."""
    batch, data = 5, 12
    m = batch - 1
    paper = np.full((batch, batch), 1 / m)
    np.fill_diagonal(paper, 1 / data)
    rounds = []
    for ahead in range(1, batch):
        turned = paper.copy()
        turned[range(batch), (np.arange(batch) + ahead) % batch] = (data - m) / (data * m)
        rounds.append(turned)
    np.testing.assert_allclose(to_numpy(stratified_weights(batch, data)), np.mean(rounds, 0), 1e-6)


def test_on_the_whole_data_the_parts_are_those_of_the_mixture():
    q = densities(Z, MEAN, LOG_VARIANCE)
    own = np.log(np.einsum("iik->ik", q)).sum(1)
    joint, product = np.log(q.prod(2).mean(1)), np.log(q.mean(1)).sum(1)
    prior = stats.norm.logpdf(Z).sum(1)
    expected = own - joint, joint - product, product - prior
    for got, wanted in zip(kl_parts(Z, MEAN, LOG_VARIANCE, 6), expected, strict=True):
        np.testing.assert_allclose(to_numpy(got), wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("data", [6, 1000])
def test_the_parts_sum_to_the_divergence(data):
    total = sum(to_numpy(part) for part in kl_parts(Z, MEAN, LOG_VARIANCE, data))
    own = stats.norm(MEAN, np.exp(LOG_VARIANCE / 2)).logpdf(Z).sum(1)
    np.testing.assert_allclose(total, own - stats.norm.logpdf(Z).sum(1), rtol=1e-4, atol=1e-5)


def test_of_one_example_only_the_divergence_can_be_told():
    own = stats.norm(MEAN[:1], np.exp(LOG_VARIANCE[:1] / 2)).logpdf(Z[:1]).sum(1)
    parts = [to_numpy(part) for part in kl_parts(Z[:1], MEAN[:1], LOG_VARIANCE[:1], 6)]
    divergence = own - stats.norm.logpdf(Z[:1]).sum(1)
    np.testing.assert_allclose(np.stack(parts), [[0], [0], divergence], atol=1e-5)


def test_total_correlation_is_that_of_a_gaussian():
    """Posteriors on a line: the aggregate is a Gaussian of correlation ρ, TC = −½ log(1 − ρ²)."""
    n, rho = 4000, 0.8
    shared = RNG.normal(size=(n, 1)) * rho**0.5
    mean = np.repeat(shared, 2, 1)
    log_variance = np.full((n, 2), np.log(1 - rho))
    z = mean + (1 - rho) ** 0.5 * RNG.normal(size=(n, 2))
    parts = kl_parts(z[:1500], mean[:1500], log_variance[:1500], 1500)
    information, correlation, unit = (to_numpy(part).mean() for part in parts)
    assert correlation == pytest.approx(-0.5 * np.log(1 - rho**2), abs=0.06)
    assert unit == pytest.approx(0, abs=0.05)
    expected = 0.5 * np.log((1 - rho**2) / (1 - rho) ** 2)
    assert information == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: stratified_weights(0, 5), "batch_size must be a whole number from 1 to 5, but is"),
        (lambda: stratified_weights(6, 5), "batch_size must be a whole number from 1 to 5, but is"),
        (lambda: stratified_weights(2.5, 5), "batch_size must be a whole number from 1 to 5"),
        (lambda: stratified_weights(2, 1.5), "dataset_size must be a whole number"),
        (lambda: kl_parts(Z, MEAN[:, :1], LOG_VARIANCE, 6), "mean must have the shape of z"),
        (lambda: kl_parts(Z * np.nan, MEAN, LOG_VARIANCE, 6), "z must be finite"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
