"""Data as one line of JSON: what goes into a sandbox, and what comes out of it.

    array   {"array": [dtype, shape, base64 of its bytes]}
    tuple   {"tuple": [...]}
    callable {"function": number}, only where the reader is told what such a number means

Nothing in it is ever run, unlike a pickle, and its size is known before an array is made.
"""

import base64
import json
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

KINDS = "biuf"  # of numbers, as NumPy calls them
MOST = 1 << 26  # numbers of an array; where it is empty, its sides of 0 count as 1


class NoData(ValueError):
    """A line that holds no data."""


def pack(value: Any, of_function: Callable | None = None) -> str:
    """Data as one line of JSON.

    Args:
        value: `None`, a truth value, a number, a string or an array of numbers; lists, tuples and
            dicts of these.
        of_function: makes a number of a callable; without it a callable is no data.

    Returns:
        a line, without its end.

    Raises:
        NoData: a value of another type.

    Example:

    >>> unpack(pack((np.arange(2.0), [1, "a"])))
    (array([0., 1.]), [1, 'a'])
    """

    def plain(part):
        if part is None or isinstance(part, bool | int | float | str):
            return part if type(part) in (type(None), bool, int, float, str) else part.item()
        if isinstance(part, np.ndarray | np.generic) and part.dtype.kind in KINDS:
            data = np.ascontiguousarray(part)
            text = base64.b64encode(data.tobytes()).decode("ascii")
            return {"array": [data.dtype.str, list(np.shape(part)), text]}
        if isinstance(part, tuple):
            return {"tuple": [plain(one) for one in part]}
        if isinstance(part, list):
            return [plain(one) for one in part]
        if isinstance(part, dict):
            return {"dict": {str(name): plain(one) for name, one in part.items()}}
        if callable(part) and of_function is not None:
            return {"function": of_function(part)}
        raise NoData(f"data must be numbers, strings, arrays and lists of these, not {type(part)}.")

    return json.dumps(plain(value))


def unpack(line: str | bytes, function: Callable | None = None) -> Any:
    """What `pack` made a line of.

    Args:
        line: of JSON, from whomever.
        function: makes a callable of a number; without it none is made.

    Returns:
        the data.

    Raises:
        NoData: anything else, however it is broken.
    """

    def whole(part):
        if isinstance(part, list):
            return [whole(one) for one in part]
        if not isinstance(part, dict):
            return part
        ((kind, held),) = part.items()
        if kind == "array":
            return _array(*held)
        if kind == "tuple":
            return tuple(map(whole, held))
        if kind == "dict":
            return {name: whole(one) for name, one in held.items()}
        if kind == "function" and function is not None:
            return function(held)
        raise NoData(f"a line speaks of {kind!r}.")

    try:
        return whole(json.loads(line))
    except (ValueError, TypeError, AttributeError, RecursionError, MemoryError) as error:
        raise NoData(f"a line holds no data: {type(error).__name__}.") from None


def _array(kind, shape, text):
    # What NumPy makes of any other word, and how long it takes, is anybody's guess.
    if not re.fullmatch(rf"[<>|=]?[{KINDS}]\d{{1,2}}", str(kind)):
        raise NoData(f"an array is of {kind!r}.")
    if len(shape) > 32 or not all(type(side) is int and 0 <= side <= MOST for side in shape):
        raise NoData("an array has no such shape.")
    dtype = np.dtype(str(kind))
    data = base64.b64decode(text, validate=True)
    sides = [side or 1 for side in shape]
    if math.prod(sides) > MOST or math.prod(shape) * dtype.itemsize != len(data):
        raise NoData("an array has another size than it says.")
    return np.frombuffer(data, dtype).reshape(shape).copy()
