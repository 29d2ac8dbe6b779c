"""A table of models as a picture: one row a model, one column a quantity, the best one dark."""

from collections.abc import Collection

import matplotlib
import numpy as np

from course_lib.plots.style import DARK, FAINT, PAPER, WIDTH, Picture, listed, styled
from course_lib.validation import check_number

ROW, HEAD, LETTER = 24, 40, 6.5  # pixels


@styled
def scorecard(
    scores: dict[str, dict[str, float]],
    digits: dict[str, int] | None = None,
    hollow: Collection[str] = (),
    caption: str | None = None,
) -> Picture:
    """Every model by every quantity, of which less is better: the better the rank, the darker.

    Args:
        scores: `{model: {quantity: number}}`; what a model lacks is shown as "–".
        digits: decimal places of a quantity's numbers; 1 where it is not named.
        hollow: models that are not ranked, such as those to compare with.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`: the best number of each column in bold.

    Raises:
        ValueError: if there is no model or no quantity, or a number is not finite.

    Example:

    >>> scores = {"a": {"error": 2.0, "cost": 3.0}, "b": {"error": 1.0}}
    >>> scorecard(scores, digits={"error": 2}).alt
    'Table of a and b by error and cost. Best: error b, cost a.'
    """
    columns = list(dict.fromkeys(name for row in scores.values() for name in row))
    if not columns:
        raise ValueError(f"scores must hold a model with a quantity, but is {scores!r}.")
    for model, row in scores.items():
        for name, value in row.items():
            check_number(f"scores[{model!r}][{name!r}]", value)
    ranked = [model for model in scores if model not in hollow]
    orders = {
        name: sorted((m for m in ranked if name in scores[m]), key=lambda m: scores[m][name])
        for name in columns
    }
    best = ", ".join(f"{' '.join(name.split())} {o[0]}" for name, o in orders.items() if o)
    flat = [" ".join(name.split()) for name in columns]
    alt = f"Table of {listed(scores)} by {listed(flat)}. Best: {best}."
    left = 14 + LETTER * max(map(len, scores))
    longest = max(len(part) for name in columns for part in name.split("\n"))
    width = min(max(56, LETTER * longest + 8), (WIDTH - left - 4) / len(columns))
    size = width * len(columns), ROW * len(scores)
    figure = Picture(left + size[0] + 4, HEAD + size[1] + 6, caption, alt)
    axes = figure.axes_at(left, 6, *size)
    shades = np.array([[_shade(orders[name], model) for name in columns] for model in scores])
    axes.imshow(shades, cmap=matplotlib.colormaps["Greys"], vmin=0, vmax=1, aspect="auto")
    for i, (model, row) in enumerate(scores.items()):
        for j, name in enumerate(columns):
            first = orders[name][:1] == [model]
            look = {"weight": "bold" if first else "normal", "ha": "center", "va": "center"}
            colour = PAPER if shades[i, j] > 0.5 else DARK
            text = f"{row[name]:.{(digits or {}).get(name, 1)}f}" if name in row else "–"
            axes.text(j, i, text, size=8.5, color=colour, **look)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(scores)), list(scores))
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelsize=9)
    for spine in axes.spines.values():
        spine.set(visible=True, color=FAINT)
    return figure


def _shade(order, model):
    """From 0, the worst, to 0.75, the best; 0 for those that are not ranked."""
    if model not in order:
        return 0.0
    return 0.75 * (1 - order.index(model) / max(1, len(order) - 1)) ** 1.5
