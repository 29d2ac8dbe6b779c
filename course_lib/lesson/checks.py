"""Exercises: a stub, an answer, and a check that can tell one from the other.

A stub's body is `...`, so a lesson with open exercises runs from top to
bottom. `check("01.1", attempt)` says *not attempted yet*, *not yet*, or *right*.
"""

from dataclasses import asdict, dataclass
from html import escape
from importlib import import_module
from importlib.util import find_spec

import numpy as np

MIME = "application/vnd.course-lib.check+json"
MARKS = {"not attempted": "○ not attempted yet", "not yet": "✗ not yet", "right": "✓ right"}
_EXERCISES = {}


@dataclass(frozen=True)
class Result:
    """What a check found; in a notebook it shows as one line."""

    id: str
    state: str
    message: str = ""

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {
            MIME: asdict(self),
            "text/html": f"<p>{escape(str(self))}</p>",
            "text/plain": str(self),
        }

    def __str__(self):
        return f"{MARKS[self.state]}" + (f": {self.message}" if self.message else "")


def exercise(id):
    """Register a function `attempt -> None` that calls `expect` on what it gets.

    It runs the attempt on inputs of its own and returns nothing when all is right.
    """

    def register(function):
        _EXERCISES[id] = function
        return function

    return register


def check(id, attempt):
    """Check an attempt at an exercise.

    Args:
        id: lesson and number, such as `"01.1"`.
        attempt: the function, or value, that the exercise asks for.

    Returns:
        A `Result` whose state is `"not attempted"`, `"not yet"` or `"right"`.

    Raises:
        ValueError: unknown exercise.
    """
    module = f"course_lib.lesson.exercises.lesson{str(id).split('.')[0]}"
    if find_spec(module):
        import_module(module)
    if id not in _EXERCISES:
        known = ", ".join(sorted(_EXERCISES)) or "none"
        raise ValueError(f"id must be an exercise of this lesson ({known}), but is {id!r}.")
    if attempt is ... or attempt is None:
        return Result(id, "not attempted")
    try:
        _EXERCISES[id](attempt)
    except NotAttempted:
        return Result(id, "not attempted")
    except Unexpected as difference:
        return Result(id, "not yet", str(difference))
    except Exception as error:
        return Result(id, "not yet", f"your code raised {type(error).__name__}: {error}")
    return Result(id, "right")


class NotAttempted(Exception):
    """The stub is still a stub."""


class Unexpected(Exception):
    """A value is not what the exercise asks for."""


def expect(what, yours, expected, tolerance=1e-4):
    """Compare a value with the expected one; what differs is said with both numbers.

    Args:
        what: what the value is, in a few words.
        yours: number or array; `None` or `...` means the stub is untouched.
        expected: number or array of the same shape.
        tolerance: relative and absolute.
    """
    if yours is None or yours is ...:
        raise NotAttempted
    yours, expected = _array(yours), _array(expected)
    if yours.shape != expected.shape:
        raise Unexpected(f"{what} has shape {yours.shape}, expected {expected.shape}")
    if not np.allclose(yours, expected, rtol=tolerance, atol=tolerance):
        raise Unexpected(f"{what}: your value {_show(yours)}, expected {_show(expected)}")


def _array(value):
    if hasattr(value, "detach"):
        value = value.detach()
    return np.asarray(value, dtype="float64")


def _show(value):
    flat = np.ravel(value)
    text = ", ".join(f"{v:.4g}" for v in flat[:4])
    return text if value.ndim == 0 else f"[{text}{', …' if flat.size > 4 else ''}]"
