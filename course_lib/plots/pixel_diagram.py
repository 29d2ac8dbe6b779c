"""The chain rule over the pixels of an image: those before, the one now, those to come."""

import numpy as np
from keras import ops
from matplotlib.patches import Rectangle

from course_lib.plots.diagram import CODE, DECODER, ENCODER, arrow
from course_lib.plots.style import DARK, FAINT, INK, PAPER, WIDTH, Picture, styled
from course_lib.validation import Tensor, check_array, check_number, check_whole

SIDE = 196  # pixels of the image


@styled
def pixel_diagram(
    image: Tensor, pixel: int, probability: float, caption: str | None = None
) -> Picture:
    """An image half written, and the probability of its next pixel.

    Args:
        image: floats of shape `(H, W)`, from 0 (paper) to 1 (ink).
        pixel: number of the next pixel in reading order, from 0.
        probability: that this pixel is ink, 0 to 1.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if the image is no square of pixels, or a number is out of range.

    Example:

    >>> pixel_diagram(np.zeros((4, 4)), 6, 0.25).alt
    'Drawing: of 16 pixels 6 are known, a model reads them; p(pixel 7 is ink) = 0.25.'
    """
    image = np.asarray(ops.convert_to_numpy(image), "float64")
    check_array("image", image, rank=2, low=0, high=1)
    pixel = check_whole("pixel", pixel, low=0, high=image.size - 1)
    probability = check_number("probability", probability, low=0, high=1)
    rows, columns = image.shape
    alt = (
        f"Drawing: of {image.size} pixels {pixel} are known, a model reads them; "
        f"p(pixel {pixel + 1} is ink) = {probability:.2f}."
    )
    figure = Picture(WIDTH, SIDE + 40, caption, alt)
    axes = figure.canvas_in_pixels()
    left, top, cell = 24, SIDE + 20, SIDE / max(rows, columns)
    for i in range(image.size):
        y, x = divmod(i, columns)
        corner = left + x * cell, top - (y + 1) * cell
        known = i < pixel
        face = str(1 - image[y, x]) if known else "none"
        look = {"facecolor": face, "edgecolor": FAINT, "linewidth": 0.4 if known else 0.2}
        axes.add_patch(Rectangle(corner, cell, cell, **look))
    y, x = divmod(pixel, columns)
    here = left + x * cell, top - (y + 1) * cell
    look = {"facecolor": PAPER, "edgecolor": CODE, "linewidth": 2, "zorder": 3}
    axes.add_patch(Rectangle(here, cell, cell, **look))
    middle = top - SIDE / 2
    look = {"ha": "center", "va": "center"}
    axes.text(
        here[0] + cell / 2,
        here[1] + cell / 2,
        "?",
        color=DARK,
        size=min(9, 0.8 * cell),
        zorder=4,
        **look,
    )
    box = {"boxstyle": "round,pad=0.7", "facecolor": PAPER, "edgecolor": ENCODER, "linewidth": 1.6}
    axes.text(372, middle, "one network,\none pass", color=DARK, bbox=box, **look)
    arrow(axes, (left + SIDE + 14, middle), (312, middle))
    axes.text((left + SIDE + 326) / 2, middle + 12, "pixels before", size=8, **look)
    arrow(axes, (430, middle), (482, middle))
    axes.text(580, middle + 64, r"$p(x_i = 1 \mid x_1, \ldots, x_{i-1})$", size=11, **look)
    for name, value, low in (
        ("ink", probability, middle + 12),
        ("paper", 1 - probability, middle - 32),
    ):
        axes.add_patch(Rectangle((530, low), 130, 18, facecolor="none", edgecolor=FAINT, lw=0.8))
        axes.add_patch(Rectangle((530, low), 130 * value, 18, facecolor=DECODER, lw=0))
        axes.text(524, low + 9, name, size=8, ha="right", va="center")
        axes.text(666, low + 9, f"{value:.2f}", size=8, ha="left", va="center")
    axes.text(580, middle - 64, "draw one, write it, go on", color=INK, size=9, **look)
    return figure
