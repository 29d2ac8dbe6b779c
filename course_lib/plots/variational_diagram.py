"""The variational autoencoder as a drawing: how it is trained, and how it draws new images."""

from matplotlib.axes import Axes
from matplotlib.patches import Polygon, Rectangle

from course_lib.plots.diagram import CODE, DECODER, ENCODER, STAMP, arrow, stamp
from course_lib.plots.style import DARK, FAINT, INK, PAPER, WIDTH, Picture, styled
from course_lib.validation import Tensor

BOX = 34  # pixels a side of a box with a letter
TRAIN, DRAW = 206, 58  # heights of the two rows' middles
LEFT, SEEN, TWO, CODED, BACK, RIGHT = 50, 168, 262, 392, 492, 664


@styled
def variational_diagram(
    *,
    x: Tensor | None = None,
    x_hat: Tensor | None = None,
    drawn: Tensor | None = None,
    caption: str | None = None,
) -> Picture:
    """Above, how a variational autoencoder is trained; below, how it draws something new.

    Args:
        x: the input, one image of shape `(1, D)`, `(1, H, W)` or `(1, H, W, 1)`; without images,
            letters stand for them.
        x_hat: what the decoder makes of a code drawn from q(z|x).
        drawn: what it makes of a code drawn from the prior.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if an image is not one image.

    Example:

    >>> variational_diagram().alt[:49]
    'Drawing of a variational autoencoder. To train: x'
    """
    alt = (
        "Drawing of a variational autoencoder. To train: x, encoder, mean m and log-variance s, "
        "z = m + exp(s/2) ε, decoder, x'; two losses. To draw: z from N(0, I), decoder, new image."
    )
    figure = Picture(WIDTH, TRAIN + 92, caption, alt)
    axes = figure.canvas_in_pixels()
    for y, image, result, name in ((TRAIN, x, x_hat, "$x'$"), (DRAW, None, drawn, "new $x$")):
        if y == TRAIN:
            stamp(axes, LEFT, y, image, "$x$")
        stamp(axes, RIGHT, y, result, name)
        _trapezium(axes, BACK, y, "decoder $g$", DECODER, opens=True)
        _box(axes, CODED, y, "$z$", CODE)
        arrow(axes, (CODED + BOX / 2 + 3, y), (BACK - 36, y))
        arrow(axes, (BACK + 36, y), (RIGHT - STAMP / 2 - 4, y))
    _trapezium(axes, SEEN, TRAIN, "encoder $f$", ENCODER, opens=False)
    arrow(axes, (LEFT + STAMP / 2 + 4, TRAIN), (SEEN - 36, TRAIN))
    for shift, letter in ((24, "$m$"), (-24, "$s$")):
        _box(axes, TWO, TRAIN + shift, letter, ENCODER)
        arrow(axes, (SEEN + 36, TRAIN + shift / 2), (TWO - BOX / 2 - 3, TRAIN + shift))
        start, end = (TWO + BOX / 2 + 3, TRAIN + shift), (CODED - BOX / 2 - 3, TRAIN + shift / 4)
        arrow(axes, start, end)
    look = {"ha": "center", "va": "center"}
    axes.text(CODED, TRAIN + 76, r"$\varepsilon \sim \mathcal{N}(0, I)$", **look)
    arrow(axes, (CODED, TRAIN + 66), (CODED, TRAIN + BOX / 2 + 3))
    axes.text(CODED, TRAIN - 30, r"$z = m + e^{s/2} \odot \varepsilon$", color=CODE, **look)
    divergence = r"penalty  KL$(\,q(z\,|\,x)\;\Vert\;\mathcal{N}(0, I)\,)$"
    axes.text(TWO - 52, TRAIN + 76, divergence, color=INK, ha="center", va="center")
    _loss(axes, TRAIN - STAMP / 2 - 22)
    axes.text(LEFT + 170, DRAW, r"to draw:  $z \sim \mathcal{N}(0, I)$", **look)
    arrow(axes, (LEFT + 236, DRAW), (CODED - BOX / 2 - 3, DRAW))
    return figure


def _trapezium(axes: Axes, x: float, y: float, name: str, color: str, opens: bool) -> None:
    high, low = (26, 44) if opens else (44, 26)
    corners = [(x - 32, y - high), (x - 32, y + high), (x + 32, y + low), (x + 32, y - low)]
    axes.add_patch(Polygon(corners, facecolor=color, alpha=0.25, linewidth=0))
    axes.text(x, y, name, color=INK, ha="center", va="center", size=8)


def _box(axes: Axes, x: float, y: float, letter: str, color: str) -> None:
    half = BOX / 2
    look = {"facecolor": PAPER, "edgecolor": color, "linewidth": 1.6}
    axes.add_patch(Rectangle((x - half, y - half), BOX, BOX, **look))
    axes.text(x, y, letter, color=DARK, size=12, ha="center", va="center")


def _loss(axes: Axes, y: float) -> None:
    low = TRAIN - 88
    look = {"color": FAINT, "linewidth": 1.3, "solid_capstyle": "butt"}
    axes.plot([LEFT, LEFT, RIGHT, RIGHT], [y, low, low, y], **look)
    box = {"boxstyle": "round,pad=0.35", "facecolor": PAPER, "edgecolor": INK}
    words = r"loss  $-\log p(x\,|\,z)$"
    look = {"ha": "center", "va": "center", "color": DARK}
    axes.text((LEFT + RIGHT) / 2 - 90, low, words, bbox=box, **look)
