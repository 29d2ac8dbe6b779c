"""Rows of sparse matrices come out dense, a batch at a time, each once an epoch."""

import keras
import numpy as np
import pytest
from scipy import sparse

from course_lib.training.sparse import SparseBatches

ROWS = np.arange(1, 8)
X = np.diag(ROWS).astype("float64")
MATRIX = sparse.csr_matrix(X)


def seen(batches):
    """The rows of an epoch, by the number that each holds."""
    return np.concatenate([batches[i][0].sum(axis=1) for i in range(len(batches))]).astype(int)


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "lil"])
@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csr_array])
def test_batches_are_rows_in_their_order(kind, make):
    batches = SparseBatches(make(X).asformat(kind), batch_size=3)
    assert len(batches) == 3
    assert [batches[i][0].shape for i in range(3)] == [(3, 7), (3, 7), (1, 7)]
    assert isinstance(batches[0][0], np.ndarray)
    assert batches[0][0].dtype == keras.config.floatx()
    np.testing.assert_array_equal(np.concatenate([b[0] for b in (batches[i] for i in range(3))]), X)


def test_an_epoch_has_each_row_once_in_an_order_of_its_own():
    keras.utils.set_random_seed(3)
    batches = SparseBatches(MATRIX, batch_size=2, shuffle=True)
    orders = []
    for _ in range(3):
        orders.append(seen(batches).tolist())
        batches.on_epoch_end()
    assert all(sorted(order) == ROWS.tolist() for order in orders)
    assert len({tuple(order) for order in orders}) == 3
    keras.utils.set_random_seed(3)
    assert seen(SparseBatches(MATRIX, batch_size=2, shuffle=True)).tolist() == orders[0]
    keras.utils.set_random_seed(4)
    assert seen(SparseBatches(MATRIX, batch_size=2, shuffle=True)).tolist() != orders[0]


def test_targets_and_weights_stay_with_their_rows():
    weights = ROWS / 10
    for y in (sparse.csr_matrix(2 * X), 2 * X):
        batches = SparseBatches(MATRIX, y, weights, batch_size=2, shuffle=True)
        for i in range(len(batches)):
            x, target, weight = batches[i]
            np.testing.assert_array_equal(target, 2 * x)
            np.testing.assert_allclose(weight, x.sum(axis=1) / 10)
    x, nothing, weight = SparseBatches(MATRIX, None, weights, batch_size=2)[0]
    assert nothing is None
    assert len(weight) == len(x) == 2
    assert len(SparseBatches(MATRIX, batch_size=2)[0]) == 1


def test_nothing_but_a_batch_is_made_dense():
    """A million rows of a thousand words would be 4 GB."""
    n = 1_000_000
    ones, columns = np.ones(1_000, "float32"), np.arange(1_000)
    huge = sparse.csr_array((ones, (1_000 * columns, columns)), shape=(n, 1_000))
    batches = SparseBatches(huge, batch_size=5, shuffle=True)
    held = sum(part.data.nbytes for part in batches.parts if part is not None)
    assert held < 1e4
    assert batches[0][0].nbytes == 5 * 1_000 * 4


BAD = {
    "empty": (lambda: SparseBatches(MATRIX[:0]), "x must not be empty"),
    "fewer targets": (lambda: SparseBatches(MATRIX, X[:5]), "y must have the 7 rows of x, but"),
    "more weights": (lambda: SparseBatches(MATRIX, None, np.ones(8)), "sample_weight must have"),
    "NaN": (lambda: SparseBatches(MATRIX * np.nan), "x must be finite"),
    "negative": (lambda: SparseBatches(MATRIX, -MATRIX), "y must be at least 0"),
    "integers": (lambda: SparseBatches(MATRIX.astype("int64")), "x must hold floats"),
    "no batch": (lambda: SparseBatches(MATRIX, batch_size=0), "batch_size must be a whole number"),
}


@pytest.mark.parametrize(("act", "sentence"), BAD.values(), ids=BAD)
def test_bad_input(act, sentence):
    with pytest.raises(ValueError, match=sentence):
        act()
