"""ECOD beside a count of rows, and beside PyOD, by the method's authors."""

import numpy as np
import pytest

from course_lib.anomaly import ecod

RNG = np.random.default_rng(0)
TRAIN = np.concatenate([RNG.normal(size=(80, 2)), RNG.exponential(size=(80, 2))], axis=1)
TRAIN[:, 1] = np.round(TRAIN[:, 1])  # ties
PYOD = [3.1986731175506815, 3.891820298110627]
NEW = 2 * RNG.normal(size=(30, 4))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_by_counting_rows(dtype):
    train, x = TRAIN.astype(dtype), NEW.astype(dtype)
    rows = np.concatenate([train, x])
    below = (rows[:, None] <= x).mean(axis=0)
    above = (rows[:, None] >= x).mean(axis=0)
    wanted = -np.log(np.minimum(below, above)).sum(axis=1)
    np.testing.assert_allclose(ecod(train, x), wanted, rtol=1e-12)


def test_a_column_that_is_skew_nowhere_pays_both_tails():
    x = np.array([[-1.0], [0.0], [1.0]])
    np.testing.assert_allclose(np.exp(ecod(x, np.zeros((2, 1)))), [25 / 16] * 2, rtol=1e-12)


def test_order_alone_counts():
    """Any rising function of a column, and any order of columns and rows."""
    scores = ecod(TRAIN, NEW)
    bent = np.concatenate([np.exp(TRAIN[:, :2]), TRAIN[:, 2:]], axis=1)
    np.testing.assert_allclose(
        ecod(bent, np.concatenate([np.exp(NEW[:, :2]), NEW[:, 2:]], axis=1)), scores, rtol=1e-12
    )
    order = RNG.permutation(len(NEW))
    found = ecod(TRAIN[::-1, ::-1], NEW[order][:, ::-1])
    np.testing.assert_allclose(found, scores[order], rtol=1e-12)


@pytest.mark.parametrize("columns", [slice(None), slice(1, 2)], ids=["all", "one, tied"])
def test_equals_pyod(columns):
    theirs = pytest.importorskip("pyod.models.ecod")
    train, new = TRAIN[:, columns], NEW[:, columns]
    wanted = theirs.ECOD().fit(train).decision_function(new)
    np.testing.assert_allclose(ecod(train, new), wanted, rtol=1e-10)


def test_equals_figures_of_pyod():
    """Made once with PyOD 3.6.7, for those who have none."""
    train = np.array([[0.0, 3.0], [1.0, 1.0], [2.0, 1.0], [3.0, 2.0], [9.0, 2.0]])
    new = np.array([[4.0, 0.0], [-1.0, 7.0]])
    np.testing.assert_allclose(ecod(train, new), PYOD, rtol=1e-12)


@pytest.mark.parametrize(
    ("train", "x", "sentence"),
    [
        (TRAIN, NEW[:, :3], "x must have the 4 columns of train"),
        (TRAIN, NEW[0], "x must have 2 axes"),
        (TRAIN.astype(int), NEW, "train must hold floats"),
        (TRAIN, NEW * np.nan, "x must be finite"),
        (TRAIN[:0], NEW, "train must not be empty"),
    ],
)
def test_bad_input_gets_a_sentence(train, x, sentence):
    with pytest.raises(ValueError, match=sentence):
        ecod(train, x)
