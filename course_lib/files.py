"""Files that are there whole or not at all, whoever is interrupted while writing them."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """A place to write to, which becomes `path` in one step once everything is written.

    Where writing fails, or the disk is full, what was at `path` stays as it was.

    Args:
        path: where the file is to be; folders on the way are made.

    Raises:
        OSError: what writing raises.

    Example:

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with whole(f"{folder}/new/numbers.txt") as part:
    ...         _ = part.write_text("1 2 3")
    ...     Path(folder, "new/numbers.txt").read_text()
    '1 2 3'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".part-") as folder:
        part = Path(folder, path.name)
        yield part
        part.replace(path)
