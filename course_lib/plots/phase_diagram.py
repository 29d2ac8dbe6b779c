"""The three phases of adversarial training as a drawing: who moves, and what for."""

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyBboxPatch

from course_lib.plots.diagram import CODE, DECODER, ENCODER, arrow
from course_lib.plots.style import FAINT, INK, WIDTH, Picture, styled

HEIGHT = 208
PANEL = WIDTH / 3
UPPER, LOWER = 128, 62  # heights of the two rows
PHASES = {
    "1  reconstruction": ("f g", r"$-\log p(x\,|\,g(f(x)))$"),
    "2  discriminator": ("d", r"$-\log d(z) - \log(1 - d(f(x)))$"),
    "3  generator": ("f", r"$-\log d(f(x))$"),
}
PLAYERS = {"f": ENCODER, "g": DECODER, "d": CODE}


@styled
def phase_diagram(caption: str | None = None) -> Picture:
    """One panel a phase: the networks that move are in colour, what each minimises stands below.

    Args:
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Example:

    >>> phase_diagram().alt[:66]
    'Drawing of the three phases: reconstruction moves f and g; discrim'
    """
    alt = (
        "Drawing of the three phases: reconstruction moves f and g; discriminator moves d, which "
        "sees draws z from the prior and codes f(x); generator moves f against d."
    )
    figure = Picture(WIDTH, HEIGHT, caption, alt)
    axes = figure.canvas_in_pixels()
    for i, (name, (movers, loss)) in enumerate(PHASES.items()):
        _panel(axes, i * PANEL + 8, name, movers.split(), loss)
    return figure


def _panel(axes: Axes, left: float, name: str, movers: list[str], loss: str) -> None:
    look = {"ha": "center", "va": "center"}
    middle = left + PANEL / 2 - 8
    axes.text(middle, HEIGHT - 20, name, size=10, color=INK, **look)
    axes.text(middle, 18, loss, color=INK, **look)
    places = dict(
        zip(("x", "f", "h", "g", "x'"), (left + 20 + 46 * k for k in range(5)), strict=True)
    )
    decoding, judging = name.startswith("1"), not name.startswith("1")
    for word in ("x", "h", "x'"):
        if word != "x'" or decoding:
            axes.text(places[word], UPPER, f"${word}$", size=11, color=INK, **look)
    network(axes, places["f"], UPPER, "f", movers)
    steps = [("x", "f"), ("f", "h")] + [("h", "g"), ("g", "x'")] * decoding
    for a, b in steps:
        arrow(axes, (places[a] + 15, UPPER), (places[b] - 15, UPPER))
    if decoding:
        network(axes, places["g"], UPPER, "g", movers)
    if judging:
        network(axes, places["g"], (UPPER + LOWER) / 2, "d", movers)
        arrow(axes, (places["h"] + 10, UPPER - 6), (places["g"] - 16, (UPPER + LOWER) / 2 + 8))
        if "d" in movers:
            axes.text(places["f"] - 4, LOWER, r"$z \sim p(z)$", color=INK, **look)
            start = (places["f"] + 32, LOWER + 2)
            arrow(axes, start, (places["g"] - 16, (UPPER + LOWER) / 2 - 8))


def network(axes: Axes, x: float, y: float, letter: str, movers: list[str]) -> None:
    color = PLAYERS[letter] if letter in movers else FAINT
    weight = 2 if letter in movers else 1
    shape = {"boxstyle": "round,pad=0,rounding_size=5", "edgecolor": color, "linewidth": weight}
    face = {"facecolor": (*to_rgb(color), 0.25 if letter in movers else 0.0)}
    axes.add_patch(FancyBboxPatch((x - 13, y - 13), 26, 26, **shape, **face))
    axes.text(x, y, f"${letter}$", size=12, color=color, ha="center", va="center")
