"""Files that an instructor keeps beside the notebooks: `claims.toml`, `exercises/<lesson>.py`.

They come before those of the package, so that a folder of one's own needs nothing inside it.
"""

import os
from pathlib import Path


def beside(name: str) -> Path | None:
    """The file of this name beside the lessons, or `None` where there is none.

    A lesson runs in the folder of notebooks or in its `solutions/`; the pipeline, which runs it
    elsewhere, names the folder in `COURSE_NOTEBOOKS`.

    Args:
        name: of the file, from the folder of lessons on, such as `"exercises/mine.py"`.

    Returns:
        its path, or `None`.

    Example:

    >>> beside("nothing.toml") is None
    True
    """
    folder = Path(os.environ.get("COURSE_NOTEBOOKS") or Path.cwd())
    folder = folder.parent if folder.name == "solutions" else folder
    return folder / name if (folder / name).is_file() else None
