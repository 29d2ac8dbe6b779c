"""An image as a sum of images: what each unit that is on adds to it."""

import numpy as np
from keras import ops

from course_lib.plots.images import _as_images
from course_lib.plots.style import FAINT, SIGNED, WIDTH, Picture, styled
from course_lib.validation import Tensor, check_array

SIDE = 62  # pixels of an image on the page
GAP = 50  # between two, for a sign and a weight


@styled
def image_sum(
    total: Tensor,
    parts: Tensor,
    weights: Tensor | None = None,
    name: str = "$x'$",
    rest: int = 0,
    caption: str | None = None,
) -> Picture:
    """total = weight · part + weight · part + …, written in images.

    The total goes from 0 to 1, and so do parts, if nowhere negative. Others have a scale of their
    own, one for all parts, dark below 0 and light above.

    Args:
        total: one image, shape `(1, D)`, `(1, H, W)` or `(1, H, W, 1)`.
        parts: the images that add up, `(N, D)`, `(N, H, W)` or `(N, H, W, 1)`.
        weights: how often each is taken, floats of shape `(N,)`; without, each stands for itself.
        name: what the total is called.
        rest: how many more there are that are not drawn.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if there are not as many weights as parts.

    Example:

    >>> figure = image_sum(np.eye(4)[None], np.eye(4)[None], np.array([1.0]))
    >>> figure.alt
    "An image, $x'$, as a sum of 1 image, taken 1.0 times."
    """
    total, parts = _as_images("total", total), _as_images("parts", parts)
    if weights is not None:
        check_array("weights", weights, rank=1)
        weights = np.asarray(ops.convert_to_numpy(weights), "float64")
        if len(weights) != len(parts):
            raise ValueError(
                f"weights must be one for each of the {len(parts)} parts, but there are "
                f"{len(weights)}."
            )
    columns = (WIDTH - SIDE - 10) // (SIDE + GAP)
    rows = -(-len(parts) // columns)
    height = SIDE + 12
    figure = Picture(WIDTH, rows * height + 16, caption, _alt(name, weights, len(parts), rest))
    axes = figure.canvas_in_pixels()
    top = rows * height + 8
    axes.text(6 + SIDE / 2, top - SIDE - 1, name, size=9, ha="center", va="top")
    _image(figure, 6, top - SIDE, total[0], *_look(total))
    look = _look(parts)
    for i, part in enumerate(parts):
        row, column = divmod(i, columns)
        left = 6 + SIDE + column * (SIDE + GAP)
        bottom = top - SIDE - row * height
        _image(figure, left + GAP, bottom, part, *look)
        axes.text(left + GAP - 4, bottom + SIDE / 2, _sign(i, weights), ha="right", va="center")
    if rest:
        more = f"+ {rest} more"
        axes.text(left + GAP + SIDE + 6, bottom + SIDE / 2, more, size=8, ha="left", va="center")
    return figure


def _look(images):
    limit = float(np.abs(images).max()) or 1.0
    return (SIGNED, -limit, limit) if images.min() < 0 else ("gray_r", 0, 1)


def _sign(i, weights):
    sign = "=" if i == 0 else "+"
    if weights is None:
        return sign
    if i and weights[i] < 0:
        sign = "−"
    value = abs(weights[i]) if i else weights[i]
    return f"{sign} {value:.1f}".replace("-", "−") + " ·"


def _alt(name, weights, count, rest):
    images = "1 image" if count == 1 else f"{count} images"
    if weights is not None:
        images += f", taken {', '.join(f'{weight:.1f}' for weight in weights)} times"
    more = f", and {rest} more" if rest else ""
    return f"An image, {name}, as a sum of {images}{more}."


def _image(figure: Picture, left, bottom, image, colours, low: float, high: float):
    axes = figure.axes_at(left, bottom, SIDE, SIDE)
    look: dict = {"cmap": colours, "vmin": low, "vmax": high, "interpolation": "nearest"}
    axes.imshow(image, aspect="auto", **look)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(visible=True, color=FAINT, linewidth=0.5)
