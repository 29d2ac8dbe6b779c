"""One sentence where a package is missing that comes with an extra of the course."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Name the extra that brings what is imported in the block.

    Args:
        name: an extra of pyproject.toml.

    Raises:
        ModuleNotFoundError: if a package that is imported in the block is not installed.

    Example:

    >>> with extra("metrics"):
    ...     import no_such_package
    Traceback (most recent call last):
    ModuleNotFoundError: no_such_package is not installed: pip install 'course_lib[metrics]'
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "course_lib").split(".")[0]
        if package == "course_lib":
            raise
        raise ModuleNotFoundError(
            f"{package} is not installed: pip install 'course_lib[{name}]'", name=error.name
        ) from None
