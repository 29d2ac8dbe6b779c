"""Search by distance to every code, with FAISS where it is installed and NumPy where not.

    ‖q − z‖² = ‖q‖² − 2 qᵀz + ‖z‖²,   Hamming distance = number of ones in q xor z

Reference: Johnson, Douze and Jégou, Billion-scale similarity search with GPUs, 2017,
    https://arxiv.org/abs/1702.08734.
"""

import functools
import itertools
from collections.abc import Callable

import numpy as np

AT_ONCE = 1 << 22  # distances in memory
ONES = np.array([bin(byte).count("1") for byte in range(256)], "uint8")


@functools.cache
def have_faiss() -> bool:
    """Whether FAISS is installed."""
    try:
        import faiss  # noqa: F401
    except ImportError:
        return False
    return True


class Flat:
    """Codes by Euclidean distance."""

    def __init__(self, codes: np.ndarray) -> None:
        self.by, self.nbytes = "NumPy", codes.nbytes
        if have_faiss():
            import faiss

            self.by = "FAISS"
            self.index = faiss.IndexFlatL2(codes.shape[1])
            self.index.add(codes)
        else:
            self.codes = codes
            self.squares = (codes**2).sum(axis=1)
            self.nbytes += self.squares.nbytes

    def search(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        if self.by == "FAISS":
            squares, rows = self.index.search(queries, k)
        else:
            squares, rows = nearest(self.distances, queries, len(self.codes), k)
        return np.sqrt(np.maximum(squares, 0)), rows

    def distances(self, queries: np.ndarray) -> np.ndarray:
        own = (queries**2).sum(axis=1, keepdims=True)
        return own - 2 * queries @ self.codes.T + self.squares


class Binary:
    """Packed bits by the number that differ."""

    def __init__(self, codes: np.ndarray) -> None:
        self.by, self.nbytes = "NumPy", codes.nbytes
        if have_faiss():
            import faiss

            self.by = "FAISS"
            self.index = faiss.IndexBinaryFlat(8 * codes.shape[1])
            self.index.add(codes)
        else:
            self.codes = codes

    def search(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        if self.by == "FAISS":
            bits, rows = self.index.search(queries, k)
        else:
            bits, rows = nearest(self.distances, queries, len(self.codes), k)
        return bits.astype("int64"), rows

    def within(self, queries: np.ndarray, radius: int) -> list[np.ndarray]:
        if self.by == "FAISS":
            limits, bits, rows = self.index.range_search(queries, radius + 1)
            parts = [(bits[a:b], rows[a:b]) for a, b in itertools.pairwise(limits)]
        else:
            parts = []
            for query in queries:
                (bits,) = self.distances(query[None])
                (rows,) = np.nonzero(bits <= radius)
                parts.append((bits[rows], rows))
        return [rows[np.lexsort((rows, bits))] for bits, rows in parts]

    def distances(self, queries: np.ndarray) -> np.ndarray:
        return ones(queries[:, None] ^ self.codes)


def ones(words: np.ndarray) -> np.ndarray:
    """The number of ones in the last axis of packed bits, int32."""
    width = words.shape[-1]
    if not hasattr(np, "bitwise_count"):
        return ONES[words].sum(axis=-1, dtype="int32")
    # As few numbers as can be, of as many bytes as divide a code.
    size = next(size for size in (8, 4, 2, 1) if width % size == 0)
    counts = np.bitwise_count(words.view(f"uint{8 * size}"))
    return counts[..., 0].astype("int32") if width == size else counts.sum(-1, dtype="int32")


def nearest(
    distances: Callable, queries: np.ndarray, count: int, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """The k smallest of each row of distances, made for some queries at a time.

    Args:
        distances: function from queries to their distances `(Q, count)`.
        queries: `(Q, K)`.
        count: how many there are to find.
        k: how many to find.

    Returns:
        Distances and rows, `(Q, k)` each; of two that are equally near the first one first.
    """
    size = max(AT_ONCE // count, 1)
    found, rows = [], []
    for start in range(0, len(queries), size):
        for line in distances(queries[start : start + size]):
            # All that are as near as the k-th one: which of them come first is for the sort.
            (near,) = np.nonzero(line <= np.partition(line, k - 1)[k - 1])
            near = near[np.argsort(line[near], kind="stable")][:k]
            found.append(line[near])
            rows.append(near)
    return np.array(found), np.array(rows, "int64")
