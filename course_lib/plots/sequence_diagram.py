"""A sequence autoencoder, unrolled: one box a time step, the code in the middle."""

import numpy as np
from matplotlib.patches import Rectangle

from course_lib.plots.diagram import CODE, DECODER, ENCODER, arrow
from course_lib.plots.style import DARK, FAINT, INK, PAPER, WIDTH, Picture, styled
from course_lib.validation import check_whole

HIGH, WIDE = 34, 44  # pixels of a box
MIDDLE, INPUT, OUTPUT, RAIL = 118, 44, 192, 58  # heights


@styled
def sequence_diagram(steps: int = 4, feedback: bool = False, caption: str | None = None) -> Picture:
    """Left the encoder, which reads; in the middle the code; right the decoder, which writes.

    Args:
        steps: time steps that are drawn, 2 to 5.
        feedback: whether the decoder reads each step that it has written.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if steps are out of range.

    Example:

    >>> figure = sequence_diagram(3)
    >>> [text.get_text() for text in figure.axes[0].texts][:3]
    ['$x_1$', '$x_2$', '$x_3$']
    """
    steps = check_whole("steps", steps, low=2, high=5)
    reads = "; each output is the next input" if feedback else ""
    alt = (
        f"Drawing of a sequence autoencoder: an encoder reads {steps} steps, one after the other; "
        f"its last state makes the code; the code goes to every step of a decoder{reads}."
    )
    figure = Picture(WIDTH, OUTPUT + 30, caption, alt)
    axes = figure.canvas_in_pixels()
    code, side = WIDTH / 2, WIDTH / 2 - 62
    left = np.linspace(34, side - 30, steps)
    right = WIDTH - left[::-1]
    look = {"ha": "center", "va": "center", "size": 11}
    for i, x in enumerate(left):
        axes.text(x, INPUT - 14, f"$x_{i + 1}$", **look)
    for places, colour in ((left, ENCODER), (right, DECODER)):
        for i, x in enumerate(places):
            _box(axes, x, WIDE, colour, "LSTM")
            if i:
                arrow(axes, (places[i - 1] + WIDE / 2 + 2, MIDDLE), (x - WIDE / 2 - 2, MIDDLE))
    for x in left:
        arrow(axes, (x, INPUT), (x, MIDDLE - HIGH / 2 - 2))
    _box(axes, code, 36, CODE, "$h$")
    axes.text(code, MIDDLE + HIGH / 2 + 12, "code", color=CODE, ha="center", va="center")
    arrow(axes, (left[-1] + WIDE / 2 + 2, MIDDLE), (code - 20, MIDDLE))
    arrow(axes, (code + 20, MIDDLE), (right[0] - WIDE / 2 - 2, MIDDLE))
    axes.text((code + right[0]) / 2, MIDDLE + HIGH / 2 + 6, "first state", size=8, ha="center")
    rail = {"color": FAINT, "linewidth": 1.3, "solid_capstyle": "butt"}
    axes.plot([code, code, right[-1]], [MIDDLE - HIGH / 2 - 2, RAIL, RAIL], **rail)
    for i, x in enumerate(right):
        arrow(axes, (x, RAIL - 0.6), (x, MIDDLE - HIGH / 2 - 2))
        arrow(axes, (x, MIDDLE + HIGH / 2 + 2), (x, OUTPUT - 8))
        axes.text(x, OUTPUT + 6, f"$x'_{i + 1}$", **look)
        if feedback and i:
            start = right[i - 1] + 8, OUTPUT - 2
            arrow(axes, start, (x - 12, MIDDLE + HIGH / 2 + 2), color=INK, curve=0.2)
    axes.text(
        (code + right[-1]) / 2, RAIL - 16, "the code again, at every step", size=8, ha="center"
    )
    for places, name, colour in (
        (left, "encoder $f$ reads", ENCODER),
        (right, "decoder $g$ writes", DECODER),
    ):
        axes.text(places.mean(), 10, name, color=colour, ha="center", va="center")
    return figure


def _box(axes, x, wide, colour, name):
    corner = x - wide / 2, MIDDLE - HIGH / 2
    look = {"facecolor": PAPER, "edgecolor": colour, "linewidth": 1.6}
    axes.add_patch(Rectangle(corner, wide, HIGH, **look))
    size = 9 if len(name) > 3 else 12
    axes.text(x, MIDDLE, name, color=DARK, size=size, ha="center", va="center")
