"""Packages that only some functions need: imported where they are used, and asked for by name."""

import importlib
from types import ModuleType


def optional(module: str, extra: str) -> ModuleType:
    """A module of a package that the library runs without.

    Args:
        module: its full name.
        extra: the extra of the course's package that brings it.

    Raises:
        ModuleNotFoundError: in one sentence, if it is not installed.

    Example:

    >>> optional("scipy_of_mars.stats", "metrics")
    Traceback (most recent call last):
    ...
    ModuleNotFoundError: scipy_of_mars is needed here: pip install 'course_lib[metrics]'.
    """
    package = module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
    raise ModuleNotFoundError(
        f"{package} is needed here: pip install 'course_lib[{extra}]'.", name=package
    )
