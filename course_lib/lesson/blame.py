"""The learner's own line in a traceback, which also passes through libraries and the checker."""

import sysconfig
import traceback
from pathlib import Path
from typing import Any

_INSTALLED = (
    "<",  # such as <frozen importlib>
    str(Path(__file__).parents[1]),
    *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")),
)


def line_of(function: Any, error: BaseException) -> str:
    """The last line of the learner's code that an exception came through.

    Args:
        function: the learner's; where no line of theirs ran, its first line is meant.
        error: the exception, with its traceback.

    Returns:
        such as `'line 3, "return x / 0"'`; empty where nothing is known.
    """
    code = getattr(function, "__code__", None)
    own = code.co_filename if code else None
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename == own or not frame.filename.startswith(_INSTALLED):
            return f'line {frame.lineno}, "{frame.line}"' if frame.line else f"line {frame.lineno}"
    return f"line {code.co_firstlineno}" if code else ""


def blamed(function: Any, error: BaseException) -> str:
    """One sentence on an exception that a learner's function raised, and on which line."""
    where = line_of(function, error)
    message = f": {str(error).splitlines()[0]}" if str(error).strip() else ""
    return f"your code raised {type(error).__name__}{where and f' in {where}'}{message}"
