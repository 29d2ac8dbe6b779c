"""Predictive sparse decomposition as a drawing: a code that is found, and one that is foreseen."""

import numpy as np
from keras import ops
from matplotlib.patches import Rectangle

from course_lib.plots.diagram import CODE, DECODER, ENCODER, arrow
from course_lib.plots.images import _as_images
from course_lib.plots.style import FAINT, INK, WIDTH, Picture, styled
from course_lib.validation import Tensor, check_array

STAMP = 96  # pixels a side of an image
STRIP = 216, 52  # of a code


@styled
def predictive_diagram(
    x: Tensor, x_hat: Tensor, code: Tensor, prediction: Tensor, caption: str | None = None
) -> Picture:
    """An encoder that foresees a code, the code itself, and what is minimised between them.

    Args:
        x: the input, one image of shape `(1, D)`, `(1, H, W)` or `(1, H, W, 1)`, light where it
            is large.
        x_hat: its reconstruction.
        code: h, found by optimisation, floats of shape `(K,)`.
        prediction: f(x), of the same shape.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if code and prediction differ in shape.

    Example:

    >>> figure = predictive_diagram(np.eye(4)[None], np.eye(4)[None], np.ones(9), np.ones(9))
    >>> [text.get_text() for text in figure.axes[0].texts][:2]
    ['$x$', "$x'$"]
    """
    images = [_as_images(*pair)[0] for pair in (("x", x), ("x_hat", x_hat))]
    codes = {"code": code, "prediction": prediction}
    for name, values in codes.items():
        check_array(name, values, rank=1)
    code, prediction = (np.asarray(ops.convert_to_numpy(v), "float64") for v in codes.values())
    if code.shape != prediction.shape:
        raise ValueError(
            "code and prediction must have one shape, but theirs are "
            f"{code.shape} and {prediction.shape}."
        )
    alt = (
        "Drawing of predictive sparse decomposition: an encoder leads from the input to a "
        "predicted code, a dictionary from the optimal code to the reconstruction; three terms "
        "are minimised."
    )
    height = 262
    figure = Picture(WIDTH, height, caption, alt)
    axes = figure.canvas_in_pixels()
    middle, half = height / 2 + 2, STAMP / 2
    places = {"$x$": 16 + half, "$x'$": WIDTH - 16 - half}
    low, high = min(map(np.min, images)), max(map(np.max, images))
    for (name, place), image in zip(places.items(), images, strict=True):
        square = figure.axes_at(place - half, middle - half, STAMP, STAMP)
        look = {"cmap": "gray", "vmin": low, "vmax": high, "interpolation": "nearest"}
        square.imshow(image, aspect="auto", **look)
        square.set_axis_off()
        axes.text(place, middle - half - 6, name, size=11, ha="center", va="top")
    left, right = places.values()
    centre = WIDTH / 2
    limit = max(np.abs(code).max(), np.abs(prediction).max()) or 1.0
    above, below = middle + 62, middle - 62
    for values, y, name, colour in (
        (code, above, "code $h$, found by optimisation", CODE),
        (prediction, below, "prediction $f(x)$, one pass", ENCODER),
    ):
        _strip(figure, axes, values / limit, centre, y, colour)
        over = y + STRIP[1] / 2 + 5
        axes.text(centre, over, name, size=9, color=colour, ha="center", va="bottom")
    edge = STRIP[0] / 2 + 8
    arrow(axes, (left + half + 6, middle - 14), (centre - edge, below), ENCODER)
    arrow(axes, (centre + edge, above), (right - half - 6, middle + 14), DECODER)
    axes.text(left + half + 8, below - 4, "encoder $f$", color=ENCODER, ha="left", va="top")
    axes.text(right - half - 8, above + 4, "dictionary $D$", color=DECODER, ha="right", va="bottom")
    between = above - STRIP[1] / 2 - 3, below + STRIP[1] / 2 + 21
    look = {"arrowstyle": "<|-|>", "color": FAINT, "linewidth": 1.3, "mutation_scale": 10}
    x_arrow = centre - 84
    axes.annotate("", (x_arrow, between[0]), (x_arrow, between[1]), arrowprops=look)
    pull = r"$\gamma\Vert h - f(x)\Vert^2$"
    axes.text(x_arrow + 10, np.mean(between), pull, size=9, ha="left", va="center")
    size_of_code = r"$\lambda\Vert h\Vert_1$"
    axes.text(centre + edge, above + 20, size_of_code, size=9, ha="left", va="center")
    low = 14
    look = {"color": FAINT, "linewidth": 1.3, "solid_capstyle": "butt"}
    bottom = middle - half - 26
    axes.plot([left, left, right, right], [bottom, low, low, bottom], **look)
    box = {"boxstyle": "round,pad=0.35", "facecolor": "#ffffff", "edgecolor": INK}
    look = {"size": 9, "color": "#222222", "ha": "center", "va": "center", "bbox": box}
    axes.text(centre, low, r"$\Vert x - x'\Vert^2$", **look)
    return figure


def _strip(figure, axes, values, centre, y, colour):
    """A code as bars around a line, in a frame."""
    width, height = STRIP
    frame = {"fill": False, "edgecolor": FAINT, "linewidth": 0.8}
    axes.add_patch(Rectangle((centre - width / 2, y - height / 2), width, height, **frame))
    inner = figure.axes_at(centre - width / 2, y - height / 2, width, height)
    inner.bar(np.arange(len(values)), values, width=1.0, color=colour)
    inner.axhline(0, color=FAINT, linewidth=0.6)
    inner.set(xlim=(-1, len(values)), ylim=(-1.1, 1.1))
    inner.set_axis_off()
