"""The k nearest of many codes: the exact ones, by one of three ways to find them.

    "flat"      ‖q − z‖ to every code
    "binary"    the number of bits that differ, to every code
    "ball"      the same, but only where bits say that something lies: the codes at distance
                0, 1, 2, … are looked up by their addresses until k are found

Reference: Johnson, Douze and Jégou, Billion-scale similarity search with GPUs, 2017,
    https://arxiv.org/abs/1702.08734 (FAISS). Salakhutdinov and Hinton, Semantic hashing, 2009,
    https://doi.org/10.1016/j.ijar.2008.11.006 (the ball).
"""

from typing import Any

import numpy as np

from course_lib.search.arrays import floats, packed
from course_lib.search.ball import Ball
from course_lib.search.every import Binary, Flat
from course_lib.validation import Tensor, check_whole

KINDS: dict[str, Any] = {"flat": Flat, "binary": Binary, "ball": Ball}


class Index:
    """Codes that can be asked for the nearest of them.

    With FAISS installed (`pip install 'course_lib[search]'`) `flat` and `binary` use it, on as
    many threads as it is told to; otherwise NumPy. What is found is the same, but for what
    rounding makes of real codes that are equally near to within a few parts in a million.

    Args:
        codes: N codes: for `flat` floats `(N, K)`; scale them to length 1 to find by cosine.
            For the other two packed bits, uint8 `(N, ⌈K/8⌉)`; for `ball` of 24 bits or fewer.
        kind: `"flat"`, `"binary"` or `"ball"`.

    Raises:
        ValueError: if there are no codes, or they do not suit the kind.

    Reference: Johnson et al., 2017, https://arxiv.org/abs/1702.08734.

    Example:

    >>> index = Index(np.array([[0b0000], [0b0111], [0b0001]], "uint8"), kind="ball")
    >>> index.search(np.array([[0b0011]], "uint8"), k=2)
    (array([[1, 1]]), array([[1, 2]]))
    >>> index
    Index(3 codes of 8 bits, ball, by NumPy, 40 bytes)
    """

    def __init__(self, codes: Tensor, kind: str = "flat") -> None:
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, but is {kind!r}.")
        self.kind = kind
        codes = self._checked("codes", codes)
        self.count, self.width = codes.shape
        if kind == "ball" and self.width > 3:
            raise ValueError(
                f"codes must have 24 bits or fewer for a ball, but have {8 * self.width}: there "
                "are too many addresses near a query."
            )
        self._engine = KINDS[kind](codes)

    def search(self, queries: Tensor, k: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest codes to each query; of two that are equally near the first one first.

        Args:
            queries: Q codes as those of the index.
            k: how many, from 1 to N.

        Returns:
            Distances and rows, `(Q, k)` each, the nearest first: Euclidean distances, float32,
            or numbers of bits, int64; and rows of the index, int64.

        Raises:
            ValueError: if queries do not suit the index, or k is larger than it.
        """
        queries = self._checked("queries", queries, self.width)
        return self._engine.search(queries, check_whole("k", k, low=1, high=self.count))

    def within(self, queries: np.ndarray, radius: int) -> list[np.ndarray]:
        """All codes that differ in `radius` bits at most: a shortlist, to be ranked otherwise.

        Args:
            queries: packed bits, as those of the index.
            radius: number of bits, at least 0.

        Returns:
            For each query rows of the index, int64, the nearest first.

        Raises:
            ValueError: if the index is `flat`, or queries do not suit it.
        """
        if self.kind == "flat":
            raise ValueError("kind must be binary or ball to look within a radius, but is flat.")
        queries = self._checked("queries", queries, self.width)
        return self._engine.within(queries, check_whole("radius", radius, low=0))

    @property
    def nbytes(self) -> int:
        """Bytes that the index holds."""
        return self._engine.nbytes

    def _checked(self, name, codes, width=None):
        if self.kind == "flat":
            codes = floats(name, codes, width)
            return np.ascontiguousarray(codes, dtype="float32")
        return packed(name, codes, width)

    def __repr__(self):
        size = f"{self.width} numbers" if self.kind == "flat" else f"{8 * self.width} bits"
        by = self._engine.by
        return f"Index({self.count} codes of {size}, {self.kind}, by {by}, {self.nbytes} bytes)"
