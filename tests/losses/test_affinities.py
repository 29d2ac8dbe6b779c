"""Affinities: each row's perplexity is the one asked for, and scikit-learn's are the same."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.spatial.distance import cdist, squareform

from course_lib.losses import conditional_affinities, joint_affinities

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 5)) * [3, 1, 1, 0.5, 0.1]
OTHERS = ~np.eye(60, dtype=bool)


def perplexities(p):
    return np.exp(-(p * np.log(np.where(p > 0, p, 1))).sum(axis=1))


@pytest.mark.parametrize("perplexity", [1.5, 5, 30, 58.9])
def test_every_row_has_the_perplexity(perplexity):
    p = conditional_affinities(X, perplexity)
    np.testing.assert_allclose(perplexities(p), perplexity, rtol=1e-9)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
    assert (np.diag(p) == 0).all()


def test_a_row_by_a_root_finder():
    """β by Brent's method, row by row, from distances that SciPy makes."""
    distances = cdist(X, X, "sqeuclidean")
    for i in (0, 17):
        d = np.delete(distances[i], i)

        def row(beta, d=d):
            weights = np.exp(-beta * d)
            return weights / weights.sum()

        beta = brentq(lambda b, row=row: perplexities(row(b)[None])[0] - 10, 1e-4, 1e2, xtol=1e-14)
        np.testing.assert_allclose(
            np.delete(conditional_affinities(X, 10.0)[i], i), row(beta), rtol=1e-7
        )


def test_scikit_learn_has_the_same():
    """To what its own search leaves of the perplexity: 1e-5 nats a row."""
    from sklearn.manifold._t_sne import _joint_probabilities

    distances = cdist(X, X, "sqeuclidean").astype("float32")
    theirs = squareform(_joint_probabilities(distances, 10.0, 0))
    ours = joint_affinities(X, 10.0)
    assert np.abs(ours - theirs).max() < 2e-5 * theirs.max()
    np.testing.assert_allclose(ours, ours.T, rtol=1e-14)
    assert ours.sum() == pytest.approx(1, rel=1e-12)


def test_place_turn_and_unit_of_the_data_make_no_difference():
    turn = np.linalg.qr(RNG.normal(size=(5, 5)))[0]
    p = conditional_affinities(X, 7.0)
    for changed in (X + 100, X @ turn, 1e-6 * X, 1e6 * X):
        np.testing.assert_allclose(conditional_affinities(changed, 7.0), p, rtol=1e-5, atol=1e-9)
    order = RNG.permutation(60)
    np.testing.assert_allclose(
        conditional_affinities(X[order], 7.0), p[np.ix_(order, order)], rtol=1e-9, atol=1e-15
    )


def test_a_far_point_has_neighbours_too():
    x = np.concatenate([X, [[1e4] * 5]])
    p = conditional_affinities(x, 10.0)
    np.testing.assert_allclose(perplexities(p), 10, rtol=1e-8)
    assert joint_affinities(x, 10.0)[-1].sum() >= 1 / (2 * 61)


@pytest.mark.parametrize("place", [np.zeros(5), X[40]])
def test_more_duplicates_than_the_perplexity_share_alike(place):
    """Twelve of one place: the perplexity of their rows is 11, and no smaller one exists."""
    x = np.concatenate([np.tile(place, (12, 1)), X[:20] + 10])
    p = conditional_affinities(x, 5.0)
    same = np.ones((12, 12)) / 11
    np.fill_diagonal(same, 0)
    np.testing.assert_allclose(p[:12, :12], same, atol=1e-12)
    np.testing.assert_allclose(p[:12, 12:], 0, atol=1e-12)
    np.testing.assert_allclose(perplexities(p)[12:], 5, rtol=1e-8)


def test_duplicates_are_alike_where_products_are_rounded():
    """Forty scattered among others, in sizes at which a matrix product sums in several orders."""
    for features in (50, 301, 784):
        x = 10 + RNG.normal(size=(300, features))
        same = RNG.permutation(300)[:40]
        x[same] = x[same[0]]
        p = conditional_affinities(x, 5.0)[np.ix_(same, same)]
        np.testing.assert_allclose(p[~np.eye(40, dtype=bool)], 1 / 39, rtol=1e-12)


def test_a_perplexity_of_one_names_the_nearest():
    distances = cdist(X, X)
    np.fill_diagonal(distances, np.inf)
    p = conditional_affinities(X, 1.0)
    np.testing.assert_array_equal(p.argmax(axis=1), distances.argmin(axis=1))
    np.testing.assert_allclose(p.max(axis=1), 1, atol=1e-6)


def test_points_that_are_all_the_same():
    p = conditional_affinities(np.ones((5, 2)), 2.0)
    np.testing.assert_allclose(p, (1 - np.eye(5)) / 4, rtol=1e-12)


@pytest.mark.parametrize("perplexity", [0.5, 59, 60, 100, np.nan, "30", True])
def test_impossible_perplexities_are_refused(perplexity):
    with pytest.raises(ValueError, match="perplexity must be a finite number"):
        conditional_affinities(X, perplexity)


def test_what_is_no_set_of_points_is_refused():
    spoilt = X.copy()
    spoilt[3, 1] = np.nan
    for bad, word in (
        (spoilt, "NaN"), (X[:2], "3 points"), (X[0], "axes"), (X.astype(int), "floats"),
        (X.tolist(), "array"), (X[:0], "empty"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=word):
            joint_affinities(bad, 1.0)
