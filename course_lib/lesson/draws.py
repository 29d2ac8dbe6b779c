"""What exercises draw their questions from: the same in every lesson, others in an assignment.

    rng = PCG64(number)             in a lesson
    rng = PCG64([number, seed])     while an assignment is graded

so an answer that knows the lesson's questions by heart knows nothing of the assignment's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

_SEED: ContextVar[int | None] = ContextVar("seed", default=None)


def draws(number: int) -> np.random.Generator:
    """The generator that an exercise draws its questions from.

    Args:
        number: the exercise's own, so that two exercises draw different numbers.

    Returns:
        a new generator.

    Example:

    >>> with seeded(7):
    ...     assigned = draws(1).random()
    >>> draws(1).random() == draws(1).random() != assigned
    True
    """
    seed = _SEED.get()
    return np.random.default_rng(number if seed is None else [number, seed])


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let the exercises that are checked inside draw other questions.

    Args:
        seed: non-negative integer, of the assignment.
    """
    before = _SEED.set(seed)
    try:
        yield
    finally:
        _SEED.reset(before)


def is_assigned() -> bool:
    """Whether an assignment is graded: an exercise may then ask for more than a lesson's does."""
    return _SEED.get() is not None
