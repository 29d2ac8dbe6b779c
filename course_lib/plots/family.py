"""Where the kinds of autoencoder differ: notes below each part of the one drawing."""

from collections.abc import Sequence
from itertools import pairwise

from matplotlib.patches import Polygon, Rectangle

from course_lib.plots.diagram import CODE, DECODER, ENCODER, arrow
from course_lib.plots.style import FAINT, INK, WIDTH, Picture, listed, styled

PARTS = {"input": "input $x$", "encoder": "encoder $f$", "code": "code $h$"}
PARTS["decoder"] = "decoder $g$"
LINE, SHAPE, TOP = 16, 64, 26  # pixels


@styled
def family_diagram(notes: dict[str, Sequence[str]], caption: str | None = None) -> Picture:
    """An autoencoder from left to right, and below each part what some of its kinds do there.

    Args:
        notes: `{part: lines of text}`, parts of `"input"`, `"encoder"`, `"code"`, `"decoder"`.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if a part is none of the four, or there are no notes.

    Example:

    >>> family_diagram({"input": ["denoising: noise"], "code": ["top-k: few units"]}).alt
    'Drawing of an autoencoder. At the input: denoising: noise. At the code: top-k: few units.'
    """
    if not notes or not set(notes) <= set(PARTS):
        raise ValueError(f"notes must be given for parts of {list(PARTS)}, but are {notes!r}.")
    said = [f" At the {part}: {listed(notes[part])}." for part in PARTS if part in notes]
    height = TOP + SHAPE + 24 + LINE * max(map(len, notes.values())) + 8
    figure = Picture(WIDTH, height, caption, "Drawing of an autoencoder." + "".join(said))
    axes = figure.canvas_in_pixels()
    need = {part: max(map(len, notes.get(part, ["0" * 14]))) for part in PARTS}
    widths = {part: (WIDTH - 16) * n / sum(need.values()) for part, n in need.items()}
    middle, left = height - TOP - SHAPE / 2, 8.0
    centres = {}
    for part, width in widths.items():
        centres[part] = left + width / 2
        _shape(axes, part, centres[part], middle)
        axes.text(centres[part], height - 4, PARTS[part], color=INK, ha="center", va="top")
        for i, line in enumerate(notes.get(part, ())):
            y = middle - SHAPE / 2 - 18 - LINE * i
            axes.text(centres[part], y, line, size=8.5, ha="center", va="center")
        left += width
    places = [*centres.values(), WIDTH - 8]
    for a, b in pairwise(places):
        arrow(axes, (a + 30, middle), (b - (30 if b < WIDTH - 8 else 14), middle))
    axes.text(WIDTH - 4, middle, "$x'$", size=12, ha="right", va="center")
    return figure


def _shape(axes, part, x, y):
    half = SHAPE / 2
    if part == "input":
        look = {"fill": False, "edgecolor": FAINT, "linewidth": 1}
        axes.add_patch(Rectangle((x - 24, y - 24), 48, 48, **look))
        axes.text(x, y, "$x$", size=14, ha="center", va="center")
    elif part == "code":
        axes.add_patch(Rectangle((x - 6, y - 16), 12, 32, facecolor=CODE, linewidth=0))
    else:
        high, low = (half, 16) if part == "encoder" else (16, half)
        corners = [(x - 24, y - high), (x - 24, y + high), (x + 24, y + low), (x + 24, y - low)]
        colour = ENCODER if part == "encoder" else DECODER
        axes.add_patch(Polygon(corners, facecolor=colour, alpha=0.6, linewidth=0))
