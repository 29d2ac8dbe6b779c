"""The glyph set of the course: the first 12,000 images of `render_glyphs(seed=0)`, kept.

    python -m course_lib.data.glyphs data/glyphs.npz

writes the file. It is read rather than drawn anew, so that the images stay the same when a
font does not; where it did not come along, the same images are drawn.
"""

import io
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np

from course_lib.data.cache import write_whole
from course_lib.data.rendering import RANGES, render_glyphs

TRAIN, TEST = 10_000, 2_000

# In a wheel the file lies beside this module, in a clone under the root.
PLACES = (Path(__file__).with_name("glyphs.npz"), Path(__file__).parents[2] / "data/glyphs.npz")


def read_glyphs() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Reads the 12,000 kept glyphs, or draws them where the file is missing.

    Returns:
        Images of shape `(12000, 28, 28)`, uint8, of which the first 10,000 are for training,
        and the dict of their factors, as `render_glyphs` returns it.

    Raises:
        OSError: if the file is there but damaged.
    """
    path = next((place for place in PLACES if place.exists()), None)
    if path is None:
        return _drawn()
    try:
        with np.load(path) as file:
            return file["x"], {name: file[name] for name in RANGES}
    except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile, zlib.error):
        raise OSError(
            f"{path} is damaged: delete it to have its images drawn again, "
            "or take it afresh from the course's repository."
        ) from None


def write_glyphs(path: str | Path) -> None:
    """Draws the 12,000 glyphs and writes them to `path`, whole or not at all."""
    x, factors = _drawn()
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=x, **factors)
    write_whole(path, buffer.getvalue())


def _drawn():
    x, factors = render_glyphs(TRAIN + TEST, seed=0)
    return np.rint(x[..., 0] * 255).astype(np.uint8), factors


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m course_lib.data.glyphs OUT")
    write_glyphs(sys.argv[1])
