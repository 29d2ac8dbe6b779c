"""What an answer returned, as data, beside what was expected."""

from typing import Any

import numpy as np

SHOWN = 4  # numbers


class Unexpected(Exception):
    """What a function did is not what the exercise asks for; the message is for the learner."""


def as_data(value: Any) -> np.ndarray | tuple:
    """A copy, in float64, of numbers in any form: nested lists, views, tensors of any backend.

    Args:
        value: a number, an array, a tensor, or a list or tuple of these.

    Returns:
        an array; or a tuple of arrays, if their shapes differ.

    Raises:
        Unexpected: it holds something else.

    Example:

    >>> as_data([1, np.float32(2)])
    array([1., 2.])
    """
    if isinstance(value, list | tuple):
        parts = tuple(map(as_data, value))
        shapes = {None if isinstance(part, tuple) else part.shape for part in parts}
        return np.array(parts) if len(shapes) < 2 and None not in shapes else parts
    try:
        if hasattr(value, "detach"):  # torch, of whose bfloat16 NumPy knows nothing
            value = value.detach().cpu()
            value = value.float() if "bfloat16" in str(value.dtype) else value
        array = np.asarray(value)
        if array.dtype.kind in "biuf" or array.dtype.name == "bfloat16":
            return np.array(array, dtype="float64")
    except Exception:
        pass  # whatever it is, it does not turn into numbers
    kind = type(value).__name__
    raise Unexpected(f"your function returned something of type {kind}, expected numbers")


def expect(what: str, yours: Any, expected: Any, tolerance: float = 1e-4) -> None:
    """Compare a value with the expected one; what differs is said with both numbers.

    Args:
        what: what the value is, in a few words.
        yours: number or array.
        expected: number or array of the same shape.
        tolerance: relative and absolute.

    Raises:
        Unexpected: they differ.

    Example:

    >>> expect("the mean", np.mean([1, 2]), 1.5)
    """
    yours, expected = as_data(yours), as_data(expected)
    if isinstance(yours, tuple):
        raise Unexpected(
            f"{what} consists of {len(yours)} parts of different shapes, "
            f"expected one of shape {expected.shape}"
        )
    if yours.shape != expected.shape:
        raise Unexpected(f"{what} has shape {yours.shape}, expected {expected.shape}")
    close = np.isclose(yours, expected, rtol=tolerance, atol=tolerance)
    if not close.all():
        # What is shown begins where it can be seen that they differ.
        first = int(np.argmin(close))
        first = first if first >= SHOWN else 0
        where = ", ".join(map(str, np.unravel_index(first, close.shape)))
        place = f" from [{where}] on" if first else ""
        for digits in (4, 8, 17):
            yours_shown, wanted = (_show(x, first, digits) for x in (yours, expected))
            if yours_shown != wanted:
                break
        raise Unexpected(f"{what}{place}: your value {yours_shown}, expected {wanted}")


def _show(value, first, digits):
    flat = np.ravel(value)[first:]
    text = ", ".join(f"{v:.{digits}g}" for v in flat[:SHOWN])
    return text if value.ndim == 0 else f"[{text}{', …' if flat.size > SHOWN else ''}]"
