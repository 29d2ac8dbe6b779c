import numpy as np
import pytest
from keras import ops
from sklearn.linear_model import Lasso

from course_lib.coding import duality_gap, lasso_objective

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)
D = RNG.normal(size=(8, 5))
X = RNG.normal(size=(20, 5))


def optimum(x, sparsity, pull=0.0, prediction=None):
    """scikit-learn's, of the data and, where there is a pull, the prediction side by side."""
    A, b = D, x
    if pull:
        A = np.hstack([D, np.sqrt(pull) * np.eye(8)])
        b = np.concatenate([x, np.sqrt(pull) * prediction])
    lasso = Lasso(sparsity / (2 * len(b)), fit_intercept=False, tol=1e-14, max_iter=100_000)
    return lasso.fit(A.T, b).coef_


@pytest.mark.parametrize("pull", [0.0, 0.7])
def test_the_gap_is_zero_at_the_optimum_and_above_the_distance_elsewhere(pull):
    prediction = RNG.normal(size=(20, 8))
    best = np.stack([optimum(x, 1.5, pull, f) for x, f in zip(X, prediction, strict=True)])
    gap, least = (to_numpy(v) for v in duality_gap(X, best, D, 1.5, prediction, pull))
    np.testing.assert_allclose(gap, 0, atol=2e-5)
    for scale in (0.01, 0.3):
        other = best + scale * RNG.normal(size=best.shape)
        gap, energy = (to_numpy(v) for v in duality_gap(X, other, D, 1.5, prediction, pull))
        assert (gap >= energy - least - 1e-5).all()
        assert (energy > least).all()


def test_the_energy_is_the_sum_of_its_terms():
    h, f = RNG.normal(size=(20, 8)), RNG.normal(size=(20, 8))
    plain = ((X - h @ D) ** 2).sum(1) + 1.5 * np.abs(h).sum(1)
    np.testing.assert_allclose(to_numpy(lasso_objective(X, h, D, 1.5)), plain, rtol=1e-5)
    energy = to_numpy(duality_gap(X, h, D, 1.5, f, 0.7)[1])
    np.testing.assert_allclose(energy, plain + 0.7 * ((h - f) ** 2).sum(1), rtol=1e-5)


def test_the_gap_in_its_own_words():
    """The energy, less the dual function at twice the rest, shrunk until it is feasible."""
    h, f, sparsity, pull = RNG.normal(size=(20, 8)), RNG.normal(size=(20, 8)), 1.5, 0.7
    gap, energy = (to_numpy(v) for v in duality_gap(X, h, D, sparsity, f, pull))
    rest, away = X - h @ D, f - h
    steepest = np.abs(rest @ D.T + pull * away).max(1)
    s = np.minimum(1, sparsity / (2 * steepest))
    squares = (rest**2).sum(1) + pull * (away**2).sum(1)
    dual = 2 * s * ((X * rest).sum(1) + pull * (f * away).sum(1)) - s**2 * squares
    np.testing.assert_allclose(gap, energy - dual, rtol=1e-4)
    alone = to_numpy(duality_gap(X, h, D, sparsity)[0])
    np.testing.assert_allclose(
        alone, to_numpy(duality_gap(X, h, D, sparsity, f, 0.0)[0]), rtol=1e-5
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((X[0], X, D, 1.0), "x must have 2 axes"),
        ((X, X, D.T, 1.0), "dictionary must have atoms of the 5 features"),
        ((X, X, D, 1.0), r"codes must have the shape \(20, 8\)"),
        ((X, np.zeros((20, 8)), D, -1.0), "sparsity must be a finite number of at least 0"),
        ((X * np.inf, np.zeros((20, 8)), D, 1.0), "x must be finite"),
    ],
)
def test_bad_input(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        lasso_objective(*arguments)
