"""Greedy pretraining as a drawing: one level after another, then all of them with the labels."""

from collections.abc import Sequence

import numpy as np
from matplotlib.patches import Polygon, Rectangle

from course_lib.plots.diagram import BAR, CODE, DECODER, ENCODER, arrow
from course_lib.plots.style import FAINT, PAPER, WIDTH, Picture, listed, styled
from course_lib.validation import check_whole

RISE = 46  # from one layer to the next


@styled
def stack_diagram(widths: Sequence[int], classes: int = 10, caption: str | None = None) -> Picture:
    """One panel a level, data below: what is trained in colour, what is finished in grey.

    The last panel is the network that the labels train: all encoders and a layer of classes.

    Args:
        widths: numbers in each layer, from the data up, two or more.
        classes: numbers in the layer on top.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if widths are not two or more whole numbers of at least 1.

    Example:

    >>> stack_diagram([784, 200, 100]).alt
    'Drawing of greedy pretraining: levels of 200 and 100 units, then all with a layer of 10.'
    """
    if len(widths) < 2:
        raise ValueError(f"widths must be two numbers or more, but is {list(widths)}.")
    widths = [check_whole("widths", width, low=1) for width in widths]
    check_whole("classes", classes, low=1)
    levels = len(widths) - 1
    alt = (
        f"Drawing of greedy pretraining: levels of {listed(widths[1:])} units, "
        f"then all with a layer of {classes}."
    )
    figure = Picture(WIDTH, RISE * (levels + 1) + 82, caption, alt)
    axes = figure.canvas_in_pixels()
    panel = WIDTH / (levels + 1)
    aside, bottom = 0.235 * panel, 44
    # Input and output of a level stand side by side.
    longest = min(104, 2 * aside - 6)

    def length(width):
        return max(14.0, longest * np.sqrt(width / max(widths)))

    def bar(x, i, width, colour):
        corner, y = (x - length(width) / 2, bottom + RISE * i), bottom + RISE * i + BAR / 2
        axes.add_patch(Rectangle(corner, length(width), BAR, facecolor=colour, lw=0, zorder=2))
        look = {"size": 7, "color": PAPER, "ha": "center", "va": "center_baseline", "zorder": 3}
        axes.text(x, y - 0.5, f"{width:,}", **look)

    def joined(low, high, i, pair, colour):
        (a, b), y = (length(width) / 2 for width in pair), bottom + RISE * i + BAR
        top = y + RISE - BAR
        corners = [(low - a, y), (low + a, y), (high + b, top), (high - b, top)]
        axes.add_patch(Polygon(corners, facecolor=colour, alpha=0.25, linewidth=0))

    def words(x, y, text, **look):
        axes.text(x, y, text, ha="center", va="top", **look)

    top = figure.pixels[1] - 8
    for level in range(1, levels + 1):
        middle = panel * (level - 0.5)
        left, right = middle - aside, middle + aside
        pair = below, above = widths[level - 1 : level + 1]
        for i in range(level):
            bar(left, i, widths[i], FAINT)
        for i in range(level - 1):
            joined(left, left, i, widths[i : i + 2], FAINT)
        joined(left, middle, level - 1, pair, ENCODER)
        joined(right, middle, level - 1, pair, DECODER)
        bar(right, level - 1, below, DECODER)
        bar(middle, level, above, CODE)
        name = "x" if level == 1 else f"h^{level - 1}"
        words(left, bottom - 5, "$x$")
        words(right, bottom + RISE * (level - 1) - 5, f"${name}$ rebuilt", size=8)
        words(middle, top, f"level {level}")
    middle, tall = panel * (levels + 0.5), [*widths, classes]
    for i, width in enumerate(tall):
        bar(middle, i, width, CODE if i > levels else ENCODER)
    for i in range(levels + 1):
        joined(middle, middle, i, tall[i : i + 2], CODE if i == levels else ENCODER)
    words(middle, bottom - 5, "$x$")
    words(middle, top, "fine-tuning")
    for level in range(1, levels + 1):
        x, y = panel * level, bottom + RISE * (levels + 1) / 2
        arrow(axes, (x - 9, y), (x + 9, y))
    return figure
