"""An autoencoder as a drawing: layers as bars, the code between them, the loss below."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Polygon, Rectangle

from course_lib.plots.images import _as_images
from course_lib.plots.style import FAINT, INK, SERIES, WIDTH, Picture, listed, styled
from course_lib.validation import Tensor

STAMP = 84  # pixels a side of an image
BAR = 12
HEIGHT = 132  # of the highest bar
ENCODER, CODE, DECODER = SERIES[0], SERIES[2], SERIES[1]


@styled
def autoencoder_diagram(
    encoder: Sequence[int],
    decoder: Sequence[int] | None = None,
    *,
    x: Tensor | None = None,
    x_hat: Tensor | None = None,
    corrupted: Tensor | None = None,
    code: str = "code $h$",
    loss: str = r"loss $\Vert x - x'\Vert^2$",
    penalty: str = "",
    caption: str | None = None,
) -> Picture:
    """From an input to its reconstruction, with what is minimised.

    Args:
        encoder: numbers in each layer, from the input to the code, two or more.
        decoder: from the code to the output; by default the same, backwards.
        x: the input, one image of shape `(1, D)`, `(1, H, W)` or `(1, H, W, 1)`; without
            images, letters stand for them.
        x_hat: its reconstruction.
        corrupted: the image that the encoder sees instead of x.
        code: name of the narrowest bar.
        loss: what is minimised between x and its reconstruction.
        penalty: what is minimised of the code.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if there are fewer than two layers, or decoder does not begin with the code.

    Example:

    >>> figure = autoencoder_diagram([784, 128, 32], penalty=r"penalty $\\lambda\\Vert h\\Vert_1$")
    >>> figure.alt
    'Drawing of an autoencoder: layers of 784, 128, 32, 128 and 784 numbers; below it the loss.'
    """
    decoder = list(encoder[::-1]) if decoder is None else list(decoder)
    if len(encoder) < 2 or len(decoder) < 2 or encoder[-1] != decoder[0]:
        raise ValueError(
            "encoder and decoder must have two layers or more and share the code, but are "
            f"{list(encoder)} and {decoder}."
        )
    widths = [*encoder, *decoder[1:]]
    above, below = (40 if penalty else 22), 76
    alt = f"Drawing of an autoencoder: layers of {listed(widths)} numbers; below it the loss."
    figure = Picture(WIDTH, above + HEIGHT + below, caption, alt)
    axes = figure.canvas_in_pixels()
    middle = below + HEIGHT / 2
    ends = 8 + STAMP / 2, WIDTH - 8 - STAMP / 2
    inner = ends[0] + STAMP / 2 + 34, ends[1] - STAMP / 2 - 34
    if corrupted is not None:
        seen = ends[0] + STAMP + 46
        inner = seen + STAMP / 2 + 34, inner[1]
        stamp(axes, seen, middle, corrupted, r"$\tilde x$")
        arrow(axes, (ends[0] + STAMP / 2 + 4, middle), (seen - STAMP / 2 - 4, middle))
        axes.text((ends[0] + seen) / 2, middle + 10, "corrupt", size=8, ha="center")
        arrow(axes, (seen + STAMP / 2 + 4, middle), (inner[0] - 6, middle))
    else:
        arrow(axes, (ends[0] + STAMP / 2 + 4, middle), (inner[0] - 6, middle))
    arrow(axes, (inner[1] + 6, middle), (ends[1] - STAMP / 2 - 4, middle))
    stamp(axes, ends[0], middle, x, "$x$")
    stamp(axes, ends[1], middle, x_hat, "$x'$")
    at = np.linspace(inner[0] + BAR / 2, inner[1] - BAR / 2, len(widths))
    _layers(axes, at, widths, len(encoder) - 1, middle)
    deepest = at[len(encoder) - 1]
    axes.text(deepest, middle + HEIGHT / 2 + 6, code, color=CODE, ha="center", va="bottom")
    if penalty:
        axes.text(deepest, middle + HEIGHT / 2 + 22, penalty, ha="center", va="bottom")
    _loss(axes, *ends, middle - STAMP / 2 - 22, loss)
    return figure


def arrow(axes: Axes, start: tuple, end: tuple, color: str = FAINT, curve: float = 0) -> None:
    """An arrow between two places in pixels."""
    look = {"arrowstyle": "-|>", "mutation_scale": 11, "color": color, "linewidth": 1.3}
    bent = f"arc3,rad={curve}"
    axes.add_patch(FancyArrowPatch(start, end, shrinkA=0, shrinkB=0, connectionstyle=bent, **look))


def stamp(axes: Axes, x: float, y: float, image: Tensor | None, name: str) -> None:
    """A small image around a place in pixels, its name below; without one, the name in a frame."""
    half = STAMP / 2
    frame = {"fill": False, "edgecolor": FAINT, "linewidth": 0.8, "zorder": 3}
    axes.add_patch(Rectangle((x - half, y - half), STAMP, STAMP, **frame))
    if image is None:
        axes.text(x, y, name, size=15, ha="center", va="center")
        return
    extent = (x - half, x + half, y - half, y + half)
    look = {"cmap": "gray_r", "vmin": 0, "vmax": 1, "interpolation": "nearest"}
    axes.imshow(_as_images("image", image)[0], extent=extent, zorder=2, **look)
    axes.text(x, y - half - 14, name, size=10, ha="center", va="baseline")
    # An image sets the axes to its own place.
    w, h = axes.figure.pixels
    axes.set(xlim=(0, w), ylim=(0, h), aspect="auto")


def _layers(axes, at, widths, deepest, middle):
    heights = HEIGHT * np.sqrt(np.array(widths) / max(widths))
    heights = np.maximum(heights, 12)
    for i in range(len(widths) - 1):
        colour = ENCODER if i < deepest else DECODER
        (a, b), (h, k) = at[i : i + 2], heights[i : i + 2] / 2
        corners = [(a, middle - h), (a, middle + h), (b, middle + k), (b, middle - k)]
        axes.add_patch(Polygon(corners, facecolor=colour, alpha=0.25, linewidth=0))
    for i, (place, height, width) in enumerate(zip(at, heights, widths, strict=True)):
        colour = CODE if i == deepest else ENCODER if i < deepest else DECODER
        corner = place - BAR / 2, middle - height / 2
        axes.add_patch(Rectangle(corner, BAR, height, facecolor=colour, linewidth=0, zorder=2))
        axes.text(place, middle - height / 2 - 5, f"{width:,}", size=8, ha="center", va="top")
    for name, places, colour in (
        ("encoder $f$", at[: deepest + 1], ENCODER),
        ("decoder $g$", at[deepest:], DECODER),
    ):
        look = {"color": colour, "ha": "center", "va": "bottom"}
        axes.text(np.mean(places), middle + HEIGHT / 2 + 6, name, **look)


def _loss(axes, left, right, y, words):
    low = 16
    look = {"color": FAINT, "linewidth": 1.3, "solid_capstyle": "butt"}
    axes.plot([left, left, right, right], [y, low, low, y], **look)
    box = {"boxstyle": "round,pad=0.35", "facecolor": "#ffffff", "edgecolor": INK}
    axes.text((left + right) / 2, low, words, color="#222222", ha="center", va="center", bbox=box)
