import numpy as np
import pytest

from course_lib.metrics import importance_bound, importance_nll

RNG = np.random.default_rng(0)


def test_bound_against_the_formula():
    w = RNG.random((4, 6)) + 0.1
    np.testing.assert_allclose(importance_bound(np.log(w)), np.log(w.mean(1)), rtol=1e-12)
    np.testing.assert_allclose(importance_bound(np.log(w), 1), np.log(w).mean(1), rtol=1e-12)
    groups = np.log(w.reshape(4, 2, 3).mean(2)).mean(1)
    np.testing.assert_allclose(importance_bound(np.log(w), 3), groups, rtol=1e-12)


def test_bounds_rise_with_k():
    """On the same weights, by Jensen's inequality: for each example, not on average only."""
    log_weights = 3 * RNG.normal(size=(50, 24))
    bounds = np.stack([importance_bound(log_weights, k) for k in (1, 2, 4, 8, 24)])
    assert (np.diff(bounds, axis=0) > 0).all()


def test_nll_does_not_depend_on_how_it_is_cut():
    table = RNG.normal(size=(7, 12)) - 1000  # far below what exp can hold
    state = {"row": 0, "column": 0}

    def log_weights(x, samples):
        rows = x[:, 0].astype(int)
        column = state["column"] % 12
        state["column"] += samples
        return table[rows, column : column + samples]

    x = np.arange(7.0)[:, None]
    exact = np.log(12) - np.logaddexp.reduce(table, axis=1)
    for batch_size, chunk in [(7, 12), (2, 5), (1, 1), (100, 100)]:
        state["column"] = 0
        got = importance_nll(log_weights, x, 12, batch_size=batch_size, chunk=chunk)
        np.testing.assert_allclose(got, exact, rtol=1e-12)


def test_memory_is_bounded_by_the_chunk():
    largest = []

    def log_weights(x, samples):
        largest.append(len(x) * samples)
        return np.zeros((len(x), samples))

    nll = importance_nll(log_weights, np.zeros((50, 2)), 1001, batch_size=20, chunk=30)
    assert max(largest) == 600
    assert sum(largest) == 50 * 1001
    np.testing.assert_allclose(nll, 0, atol=1e-12)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: importance_bound(np.zeros(3)), "log_weights must have 2 axes"),
        (lambda: importance_bound(np.zeros((2, 6)), 4), "k must divide the 6 weights"),
        (lambda: importance_bound(np.zeros((2, 6)), 0), "k must be a whole number of at least 1"),
        (lambda: importance_nll(None, np.zeros((2, 3)), 0), "samples must be a whole number"),
        (lambda: importance_nll(None, np.zeros((0, 3)), 5), "x must not be empty"),
        (
            lambda: importance_nll(None, np.zeros((2, 3)), 5, chunk=0.5),
            "chunk must be a whole number",
        ),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
