"""Pairs of neighbours: what a map has to keep together.

    i in an order of its own each epoch,   j drawn from the k points nearest to xᵢ

Reference: Damrich, Böhm, Hamprecht and Kobak, From t-SNE to UMAP with contrastive learning, 2023,
    https://arxiv.org/abs/2206.01816.
"""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from course_lib.extras import extra
from course_lib.validation import Tensor, check_array, check_whole


class NeighbourPairs(keras.utils.PyDataset):
    """Batches of pairs (point, one of its k nearest neighbours), new ones in every epoch.

    In an epoch each point comes once, with a neighbour drawn from its own. Batches are as even as
    can be: a small last one would have little to be told apart from.

    Args:
        x: points, floats of shape `(N, ...)`, which pairs are made of.
        k: neighbours of each, from 1 to N − 1.
        batch_size: pairs a batch, at most.
        space: floats of shape `(N, D)`, the same points where nearness is judged, by Euclidean
            distance: PCA or codes of x, for instance. By default x itself.
        seed: whole number; the same numbers give the same pairs, epoch by epoch.

    Returns:
        Batches `(x, y)`, both of shape `(B, ...)`, for `fit`.

    Raises:
        ValueError: if points are not finite, or there are not more than k.

    Reference: Damrich et al., 2023, https://arxiv.org/abs/2206.01816.

    Example:

    >>> pairs = NeighbourPairs(np.array([[0.0], [1.0], [5.0], [5.5]]), k=1, batch_size=4)
    >>> x, y = pairs[0]
    >>> sorted(abs(x - y).ravel().tolist())
    [0.5, 0.5, 1.0, 1.0]
    """

    def __init__(
        self,
        x: Tensor,
        k: int = 15,
        batch_size: int = 1000,
        space: Tensor | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        with extra("data"):
            from sklearn.neighbors import NearestNeighbors

        self.x = _finite("x", x, range(2, 6))
        space = self.x.reshape(len(self.x), -1) if space is None else _finite("space", space, 2)
        if len(space) != len(self.x):
            raise ValueError(
                f"space must hold the {len(self.x)} points of x, but its shape is {space.shape}."
            )
        self.k = check_whole("k", k, low=1, high=len(self.x) - 1)
        self.batch_size = check_whole("batch_size", batch_size, low=1)
        # A point is left out of its own neighbours, its duplicates are not.
        graph = NearestNeighbors(n_neighbors=self.k, n_jobs=-1).fit(space)
        self.neighbours = graph.kneighbors(return_distance=False)
        self._rng = np.random.default_rng(check_whole("seed", seed, low=0))
        self.on_epoch_end()

    def __len__(self) -> int:
        return math.ceil(len(self.x) / self.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        first, second = self._parts[index]
        return self.x[first], self.x[second]

    def on_epoch_end(self) -> None:
        """Draw the pairs of the next epoch."""
        first = self._rng.permutation(len(self.x))
        second = self.neighbours[first, self._rng.integers(self.k, size=len(first))]
        pairs = np.stack([first, second])
        self._parts = np.array_split(pairs, len(self), axis=1)


def _finite(name: str, x: Any, rank: Any) -> np.ndarray:
    check_array(name, x, rank=rank)
    x = ops.convert_to_numpy(x)
    check_array(name, x)
    return x
