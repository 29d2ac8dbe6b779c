"""Batches of a sparse matrix, each made dense when it is its turn.

A matrix of counts is nearly all zeros: 10,000 documents of 30 words out of 2,000 are 80 MB of
float32 as an array, and 2.5 MB as a sparse matrix. Memory is that of one batch.
"""

import random
from typing import Any

import keras
import numpy as np

from course_lib.validation import check_array, check_whole


def is_sparse(data: Any) -> bool:
    """Whether data are a SciPy sparse matrix or array."""
    return hasattr(data, "toarray") and hasattr(data, "nnz")


def dense(rows: Any) -> np.ndarray:
    """Rows of a sparse matrix, or of an array, as an array in Keras' `floatx`."""
    rows = rows.toarray() if is_sparse(rows) else np.asarray(rows)
    return rows.astype(keras.config.floatx())


class SparseBatches(keras.utils.PyDataset):
    """Dense batches of the rows of sparse matrices, as `fit` and `evaluate` take them.

    Args:
        x: SciPy sparse matrix `(N, D)` of floats of at least 0.
        y: target, a sparse matrix or array of N rows; by default none.
        sample_weight: one number a row; by default none.
        batch_size: rows a batch, 32 by default as in Keras; the last may be smaller.
        shuffle: whether each epoch has an order of its own, which `set_random_seed` fixes.

    Raises:
        ValueError: if there are no rows, not as many of each, or values of a matrix are negative
            or not finite.

    Example:

    >>> from scipy.sparse import csr_matrix
    >>> batches = SparseBatches(csr_matrix(np.eye(5, dtype="float32")), batch_size=2)
    >>> len(batches), batches[2][0].tolist()
    (3, [[0.0, 0.0, 0.0, 0.0, 1.0]])
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        batch_size: int | None = None,
        shuffle: bool = False,
    ) -> None:
        super().__init__()
        self.size = 32 if batch_size is None else check_whole("batch_size", batch_size, low=1)
        if not x.shape[0]:
            raise ValueError(f"x must not be empty, but its shape is {x.shape}.")
        for name, part in {"x": x, "y": y, "sample_weight": sample_weight}.items():
            if part is not None and part.shape[0] != x.shape[0]:
                raise ValueError(
                    f"{name} must have the {x.shape[0]} rows of x, but has {part.shape[0]}."
                )
            if is_sparse(part) and part.nnz:
                # All of it, because of batches only the first is looked at.
                check_array(name, part.tocoo().data, low=0)
        # Rows of other kinds of sparse matrices cannot be taken, or only slowly.
        parts = (x, y, sample_weight)
        self.parts = [part.tocsr() if is_sparse(part) else part for part in parts]
        self.order = np.arange(x.shape[0])
        self.draw = np.random.default_rng(random.getrandbits(64)) if shuffle else None
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self.order) // self.size)

    def __getitem__(self, index: int) -> tuple:
        rows = self.order[index * self.size : (index + 1) * self.size]
        found = [None if part is None else dense(part[rows]) for part in self.parts]
        while found[-1] is None:
            found.pop()
        return tuple(found)

    def on_epoch_end(self) -> None:
        if self.draw is not None:
            self.draw.shuffle(self.order)
