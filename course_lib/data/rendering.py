"""Digits drawn from known factors.

An outline of height 1 around the origin (y upwards) is sheared, scaled and shifted,

    (u, v)  ->  size * (u + tan(slant) * v, v) + (shift_x, -shift_y),

then filled, and its contour stroked with a round pen of width `thickness`, which adds
thickness / 2 pixels on either side of every line. A pixel's value is the part of it that
is covered, 0 to 1.

The idea of data whose generating factors are known, so that one can ask which latent
found which factor: dSprites (Matthey et al., 2017).
"""

import functools
import os

import numpy as np

from course_lib.extras import extra
from course_lib.validation import check_array, check_whole

SIDE = 28
FINE = 4  # drawn on a grid this much finer, where fill and stroke hardly share edge pixels

# Upright faces of regular weight only: in an oblique or a bold face, `font` would
# also carry slant and thickness, and the factors would not be independent. DejaVuSansMono
# is left out because eight of its digits are those of DejaVuSans.
FONTS = ("DejaVuSans", "DejaVuSerif", "STIXGeneral", "cmr10", "cmss10", "cmtt10")

# From where to where each factor is drawn: whole numbers for `digit` and `font`.
RANGES = {
    "digit": (0, 9),
    "font": (0, len(FONTS) - 1),
    "slant": (-20.0, 20.0),
    "thickness": (0.0, 2.0),
    "size": (12.0, 19.0),
    "shift_x": (-2.0, 2.0),
    "shift_y": (-2.0, 2.0),
}
_INTEGERS = ("digit", "font")


def render_glyphs(
    n: int, seed: int = 0, **given: float | np.ndarray
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Draws digits whose seven factors are known, white on black, anti-aliased.

    Every factor is drawn uniformly from its range, independently of the others, unless
    it is given. Image i depends on the seed, on i and on what is given, not on `n`: a
    longer run begins with the images of a shorter one.

    Args:
        n: number of images, at least 1.
        seed: integer, 0 or more. Same seed, same images.
        **given: factors to hold fixed, each a number or an array of shape `(n,)`:
            `digit`: 0 to 9.
            `font`: 0 to 5, the place of the face in `FONTS`.
            `slant`: -20 to 20 degrees, positive leaning right.
            `thickness`: 0 to 2 pixels, added to the face's own lines.
            `size`: 12 to 19 pixels, the height of the outline.
            `shift_x`: -2 to 2 pixels, positive to the right.
            `shift_y`: -2 to 2 pixels, positive downwards.

    Returns:
        Images of shape `(n, 28, 28, 1)`, float32 in [0, 1], and a dict of the seven factors,
        each of shape `(n,)`: int64 for `digit` and `font`, float32 for the rest.

    Raises:
        ValueError: if a factor is unknown, out of range or not of shape `(n,)`.

    Reference: Matthey et al., "dSprites: Disentanglement testing Sprites dataset", 2017,
        https://github.com/google-deepmind/dsprites-dataset.

    Example:

    >>> x, factors = render_glyphs(3, seed=0, digit=[7, 7, 1], slant=0)
    >>> x.shape, factors["digit"].tolist(), factors["slant"].tolist()
    ((3, 28, 28, 1), [7, 7, 1], [0.0, 0.0, 0.0])
    """
    n, seed = check_whole("n", n, low=1), check_whole("seed", seed, low=0)
    unknown = sorted(set(given) - set(RANGES))
    if unknown:
        raise ValueError(
            f"render_glyphs knows no factor {unknown[0]!r}, its factors are {', '.join(RANGES)}."
        )
    # One row an image, so that a longer run begins with the shorter one.
    uniform = np.random.default_rng(seed).random((n, len(RANGES)))
    factors = {
        name: _given(name, given[name], n) if name in given else _drawn(name, uniform[:, column])
        for column, name in enumerate(RANGES)
    }
    return _draw(factors)[..., None] / np.float32(255), factors


def _drawn(name, uniform):
    low, high = RANGES[name]
    if name in _INTEGERS:
        return (low + uniform * (high + 1 - low)).astype(np.int64)
    return (low + uniform * (high - low)).astype(np.float32)


def _given(name, value, n):
    value = np.asarray(value)
    if name not in _INTEGERS and value.dtype.kind in "iu":
        value = value.astype(np.float32)
    low, high = RANGES[name]
    check_array(name, value, rank=(0, 1), low=low, high=high, integer=name in _INTEGERS)
    if value.shape not in ((), (n,)):
        raise ValueError(f"{name} must have shape () or ({n},), but its shape is {value.shape}.")
    return np.full(n, value, np.int64 if name in _INTEGERS else np.float32)


def _draw(factors):
    with extra("data"):
        from matplotlib.backends.backend_agg import RendererAgg
        from matplotlib.transforms import Affine2D

    canvas = RendererAgg(SIDE * FINE, SIDE * FINE, 72)
    pen = canvas.new_gc()
    pen.set_joinstyle("round")
    pen.set_snap(False)
    white = (1.0, 1.0, 1.0, 1.0)
    coverage = np.asarray(canvas.buffer_rgba())[..., 3]
    average = np.kron(np.eye(SIDE, dtype=np.float32), np.full((1, FINE), 1 / FINE, np.float32))
    images = np.empty((len(factors["digit"]), SIDE, SIDE), np.uint8)
    for image, digit, font, slant, thickness, size, shift_x, shift_y in zip(
        images, *(factors[name].tolist() for name in RANGES), strict=True
    ):
        lean = size * np.tan(np.radians(slant))
        place = Affine2D.from_values(size, 0, lean, size, SIDE / 2 + shift_x, SIDE / 2 - shift_y)
        pen.set_linewidth(thickness * FINE)
        canvas.clear()
        canvas.draw_path(pen, _outline(font, digit), place.scale(FINE), white)
        image[:] = np.rint(average @ coverage.astype(np.float32) @ average.T)
    return images


@functools.cache
def _outline(font, digit):
    """Contour of one digit, y upwards, its box of height 1 centred at the origin."""
    with extra("data"):
        import matplotlib
        from matplotlib.font_manager import FontProperties
        from matplotlib.textpath import TextPath
        from matplotlib.transforms import Affine2D

    file = os.path.join(matplotlib.get_data_path(), "fonts", "ttf", f"{FONTS[font]}.ttf")
    path = TextPath((0, 0), str(digit), size=100, prop=FontProperties(fname=file))
    box = path.get_extents()
    centre_x, centre_y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return Affine2D().translate(-centre_x, -centre_y).scale(1 / box.height).transform_path(path)
