"""A BiGAN as a drawing: two kinds of pairs, and the network that tells them apart."""

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course_lib.plots.diagram import CODE, DECODER, ENCODER, arrow
from course_lib.plots.phase_diagram import network
from course_lib.plots.style import DARK, INK, PAPER, Picture, styled

WIDE, HIGH = 560, 200
ROWS = {"of data": 140, "made up": 62}  # heights


@styled
def pair_diagram(caption: str | None = None) -> Picture:
    """Above a datum with its code, below a code with its datum; the discriminator sees pairs.

    Args:
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Example:

    >>> figure = pair_diagram()
    >>> [text.get_text() for text in figure.axes[0].texts][:3]
    ['$x$', '$f$', '$f(x)$']
    """
    alt = (
        "Drawing of a BiGAN: the encoder f makes the pair x, f(x) of a datum; the generator g "
        "makes the pair g(z), z of a draw z; the discriminator d says which kind a pair is of."
    )
    figure = Picture(WIDE, HIGH, caption, alt)
    axes = figure.canvas_in_pixels()
    data, made = ROWS["of data"], ROWS["made up"]
    middle = (data + made) / 2
    _word(axes, 34, data, "$x$")
    network(axes, 104, data, "f", ["f"])
    _word(axes, 178, data, "$f(x)$")
    _word(axes, 178, made, "$z$")
    network(axes, 104, made, "g", ["g"])
    _word(axes, 34, made, "$g(z)$")
    for start, end, y in ((46, 88, data), (120, 154, data), (166, 120, made), (88, 54, made)):
        arrow(axes, (start, y), (end, y))
    for y, colour, pair in ((data, ENCODER, "$x,\\ f(x)$"), (made, DECODER, "$g(z),\\ z$")):
        shape = {"facecolor": PAPER, "edgecolor": colour, "linewidth": 1.6}
        axes.add_patch(Rectangle((238, y - 15), 92, 30, **shape))
        axes.text(284, y, pair, size=11, color=DARK, ha="center", va="center")
        arrow(axes, (206, y), (234, y))
        arrow(axes, (334, y), (398, middle + (6 if y > middle else -6)))
    network(axes, 416, middle, "d", ["d"])
    arrow(axes, (434, middle), (466, middle))
    axes.text(472, middle, "of data?", color=CODE, ha="left", va="center")
    axes.text(284, data + 32, "a datum and its code", color=ENCODER, ha="center", va="center")
    axes.text(284, made - 32, "a draw and its datum", color=DECODER, ha="center", va="center")
    return figure


def _word(axes: Axes, x: float, y: float, word: str) -> None:
    axes.text(x, y, word, size=12, color=INK, ha="center", va="center")
