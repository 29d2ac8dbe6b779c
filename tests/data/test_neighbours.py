"""Pairs of neighbours: each point once an epoch, its partner one of its k nearest."""

import numpy as np
import pytest
from keras import ops
from scipy.spatial.distance import cdist

from course_lib.data import NeighbourPairs

RNG = np.random.default_rng(0)
X = RNG.normal(size=(53, 3))


def whole(pairs):
    return [
        np.concatenate(side) for side in zip(*(pairs[i] for i in range(len(pairs))), strict=True)
    ]


def rows(x):
    """Places of points in X."""
    return cdist(x, X).argmin(axis=1)


def test_each_point_once_with_one_of_its_nearest():
    pairs = NeighbourPairs(X, k=4, batch_size=10)
    distances = cdist(X, X)
    np.fill_diagonal(distances, np.inf)
    nearest = np.argsort(distances, axis=1)[:, :4]
    drawn = {i: set() for i in range(53)}
    for _ in range(40):
        first, second = (rows(side) for side in whole(pairs))
        assert sorted(first) == list(range(53))
        for i, j in zip(first, second, strict=True):
            drawn[i].add(j)
        pairs.on_epoch_end()
    # Every one of the four is drawn, and no other.
    assert all(drawn[i] == set(nearest[i]) for i in range(53))


def test_batches_are_even():
    sizes = [len(x) for x, _ in (NeighbourPairs(X, k=4, batch_size=10)[i] for i in range(6))]
    assert sorted(sizes) == [8, 9, 9, 9, 9, 9]
    assert len(NeighbourPairs(X, k=4)) == 1


def test_a_seed_repeats_its_epochs():
    one, two, other = (NeighbourPairs(X, k=4, seed=seed) for seed in (3, 3, 4))
    first = whole(one)
    np.testing.assert_array_equal(first, whole(two))
    assert not np.array_equal(first, whole(other))
    one.on_epoch_end(), two.on_epoch_end()
    np.testing.assert_array_equal(whole(one), whole(two))
    assert not np.array_equal(first, whole(one))


def test_nearness_may_be_judged_elsewhere():
    """By the first axis alone; what pairs are made of stays, images and tensors, too."""
    distances = cdist(X[:, :1], X[:, :1])
    np.fill_diagonal(distances, np.inf)
    for given in (X, ops.convert_to_tensor(X), X.reshape(53, 3, 1)):
        pairs = NeighbourPairs(given, k=1, space=X[:, :1])
        first, second = (rows(np.reshape(side, (53, 3))) for side in whole(pairs))
        np.testing.assert_array_equal(second, distances.argmin(axis=1)[first])


def test_a_duplicate_is_a_neighbour_and_a_point_is_not_its_own():
    x = np.repeat(X[:5], 2, axis=0)
    first, second = whole(NeighbourPairs(x, k=1, space=np.arange(10.0)[:, None]))
    assert not (first == second).all()
    first, second = whole(NeighbourPairs(x, k=1))
    np.testing.assert_array_equal(first, second)


def test_what_cannot_be_paired_is_refused():
    spoilt = X.copy()
    spoilt[1, 1] = np.nan
    for act, word in (
        (lambda: NeighbourPairs(spoilt), "x must be finite"),
        (lambda: NeighbourPairs(X[:, 0]), "x must have"),
        (lambda: NeighbourPairs(X.astype(int)), "x must hold floats"),
        (lambda: NeighbourPairs(X, k=53), "k must be a whole number from 1 to 52"),
        (lambda: NeighbourPairs(X, k=0), "k must"),
        (lambda: NeighbourPairs(X, batch_size=0), "batch_size must"),
        (lambda: NeighbourPairs(X, space=X[1:]), "space must hold the 53 points"),
        (lambda: NeighbourPairs(X, space=spoilt), "space must be finite"),
        (lambda: NeighbourPairs(X, seed=-1), "seed must"),
    ):
        with pytest.raises(ValueError, match=word):
            act()
