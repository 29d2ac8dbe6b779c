"""A hash ball: codes are addresses, and neighbours lie at addresses that differ in few bits.

    {a xor m : m has r ones or fewer}      C(K, 0) + … + C(K, r) addresses

Looking there takes as long for a million codes as for a thousand, until each address holds many.

Reference: Salakhutdinov and Hinton, Semantic hashing, 2009, section 4,
    https://doi.org/10.1016/j.ijar.2008.11.006.
"""

import functools
import itertools
import math

import numpy as np

from course_lib.search.every import ones


class Ball:
    """Packed bits, 24 or fewer, sorted by address."""

    by = "NumPy"

    def __init__(self, codes: np.ndarray) -> None:
        self.bits = 8 * codes.shape[1]
        addresses = _addresses(codes)
        # Kept in the order of rows within an address.
        self.rows = np.argsort(addresses, kind="stable").astype("int32")
        self.held, starts = np.unique(addresses[self.rows], return_index=True)
        self.starts = np.append(starts, len(codes)).astype("int32")

    @property
    def nbytes(self) -> int:
        return self.rows.nbytes + self.held.nbytes + self.starts.nbytes

    def search(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        bits = np.empty((len(queries), k), "int64")
        rows = np.empty((len(queries), k), "int64")
        for i, address in enumerate(_addresses(queries)):
            shells, found = [], 0
            for radius in range(self.bits + 1):
                shells.append(self._shell(address, radius))
                found += len(shells[-1])
                if found >= k:
                    break
            rows[i] = np.concatenate(shells)[:k]
            bits[i] = np.repeat(np.arange(len(shells)), [len(shell) for shell in shells])[:k]
        return bits, rows

    def within(self, queries: np.ndarray, radius: int) -> list[np.ndarray]:
        radii = range(min(radius, self.bits) + 1)
        return [
            np.concatenate([self._shell(address, r) for r in radii])
            for address in _addresses(queries)
        ]

    def _shell(self, address, radius):
        """Rows whose code differs in exactly so many bits, in ascending order."""
        if math.comb(self.bits, radius) > len(self.held):
            # More addresses to look up than there are.
            different = ones((self.held ^ address).view("uint8").reshape(len(self.held), -1))
            (places,) = np.nonzero(different == radius)
        else:
            wanted = address ^ _masks(self.bits, radius)
            places = np.searchsorted(self.held, wanted)
            places[places == len(self.held)] = 0
            places = places[self.held[places] == wanted]
        rows = [self.rows[self.starts[p] : self.starts[p + 1]] for p in places]
        return np.sort(np.concatenate(rows)).astype("int64") if rows else np.empty(0, "int64")


def _addresses(codes):
    """Packed bits as numbers."""
    padded = np.zeros((len(codes), 4), "uint8")
    padded[:, : codes.shape[1]] = codes
    return padded.view("<u4")[:, 0]


@functools.cache
def _masks(bits, radius):
    """All numbers with so many ones."""
    # The first byte of a packed code is the lowest of its address: which bit is which is no matter.
    places = itertools.combinations(range(bits), radius)
    return np.array([sum(1 << place for place in chosen) for chosen in places], "uint32")
