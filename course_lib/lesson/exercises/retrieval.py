"""What right answers to the exercises of lesson `retrieval` are."""

from itertools import combinations

import numpy as np

from course_lib.lesson import Unexpected, draws, exercise, expect

PRECISE = 0.72  # signs of the codes have .48, of a rotated code .80


@exercise("retrieval.1")
def nearest():
    """The k rows of largest cosine, the nearest first."""
    rng = draws(1)
    for count, k in ((30, 5), (8, 8)):
        rows = rng.normal(size=(count, 6)) * rng.uniform(0.2, 5, size=(count, 1))
        query = rng.normal(size=6)
        yours = yield rows, query, k
        cosine = rows @ query / np.linalg.norm(rows, axis=1)
        expect(f"the {k} nearest of {count} rows", yours, np.argsort(-cosine)[:k])


@exercise("retrieval.2")
def average_precision():
    """Precision where each relevant answer stands, averaged over the relevant ones."""
    rng = draws(2)
    for relevant in (
        np.array([True, False, True, False, False]),
        np.array([False, False, False, True]),
        rng.random(40) < 0.3,
    ):
        yours = yield (relevant,)
        hits = np.flatnonzero(relevant) + 1
        wanted = np.mean(np.arange(1, len(hits) + 1) / hits)
        expect(f"of {relevant.sum()} relevant among {len(relevant)} answers", yours, wanted)


@exercise("retrieval.3")
def addresses():
    """All addresses that differ in at most so many bits, as numbers in order."""
    drawn = int(draws(3).integers(64))
    for address, bits, radius in ((0b1010, 4, 1), (0b00000, 5, 2), (drawn, 6, 3), (5, 8, 0)):
        yours = yield address, bits, radius
        flips = [sum(1 << b for b in c) for r in range(radius + 1) for c in _choices(bits, r)]
        wanted = np.sort(np.array([address ^ flip for flip in flips]))
        expect(f"addresses of {bits} bits within {radius} of {address}", yours, wanted)


def _choices(bits, radius):
    return combinations(range(bits), radius)


@exercise("retrieval.4")
def bits():
    """Sixteen bits of real codes that lose little of who is near whom."""
    rng = draws(4)
    # The first numbers say most, as those of LSA do.
    centres = rng.normal(size=(24, 16)) * 0.75 ** np.arange(16)
    kind = rng.integers(24, size=1_200)
    codes = 3 + centres[kind] + 0.1 * rng.normal(size=(1_200, 16))
    yours = yield codes[:600], codes[600:]
    if np.shape(yours) != (600, 16) or not np.isin(yours, (0, 1)).all():
        raise Unexpected(
            f"16 bits (0 or 1) for each of 600 codes, but got the shape {np.shape(yours)}"
        )
    yours, kind = np.asarray(yours, "int64"), kind[600:]
    differ = (yours[:, None] != yours[None]).sum(axis=-1) + 0.0
    np.fill_diagonal(differ, np.inf)
    differ += 1e-3 * rng.random(differ.shape)  # ties in any order
    found = np.mean(kind[np.argsort(differ, axis=1)[:, :10]] == kind[:, None])
    if not found > PRECISE:
        raise Unexpected(
            f"a precision at 10 above {PRECISE:.2f}, but yours is {found:.2f}: are both sides of "
            "each bit used, and do all bits say as much as the first ones?"
        )
