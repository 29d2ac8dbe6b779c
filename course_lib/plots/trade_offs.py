"""Many models by two quantities at a time: what one gives for the other."""

from collections.abc import Collection, Sequence

import numpy as np

from course_lib.plots.style import FAINT, SERIES, WIDTH, Picture, listed, styled
from course_lib.validation import Tensor, check_array


@styled
def trade_offs(
    measured: dict[str, dict[str, Tensor]],
    panels: Sequence[tuple[str, str]],
    hollow: Collection[str] = (),
    levels: dict[str, float] | None = None,
    caption: str | None = None,
) -> Picture:
    """One panel a pair of quantities, one named point a model, with its runs' spread.

    Args:
        measured: `{model: {quantity: floats of shape (runs,)}}`; a model without one of a
            panel's quantities is left out of that panel.
        panels: list of pairs `(quantity of x, quantity of y)`; the quantities name the axes.
        hollow: models drawn as rings, such as those to compare with.
        levels: `{name: number}` of the quantity of y, drawn as dotted lines in every panel.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`: points at the means, bars to one standard deviation either side.

    Raises:
        ValueError: if there is no model or no panel, or values are no finite floats.

    Example:

    >>> rng = np.random.default_rng(0)
    >>> measured = {name: {"error": rng.random(3), "cost": rng.random(3)} for name in "ab"}
    >>> figure = trade_offs(measured, [("cost", "error")])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['a', 'b']
    """
    for name, value in (("measured", measured), ("panels", panels)):
        if not value:
            raise ValueError(f"{name} must hold one entry or more, but is {value!r}.")
    gap, left, bottom, top = 14, 54, 42, 8
    width = min((WIDTH - gap) // len(panels), 480)
    height = width
    pairs = listed(f"{y} against {x}" for x, y in panels)
    figure = Picture(
        len(panels) * width + gap, height, caption, f"{pairs}, one point each: {listed(measured)}."
    )
    for i, (x_name, y_name) in enumerate(panels):
        size = (width - left - gap, height - bottom - top)
        axes = figure.axes_at(left + i * (width + gap // 2), bottom, *size)
        runs = {
            model: [_runs(model, name, values) for name in (x_name, y_name)]
            for model, values in measured.items()
            if x_name in values and y_name in values
        }
        for name, level in (levels or {}).items():
            axes.axhline(level, color=FAINT, linestyle=":", zorder=0)
            look = {"size": 8, "va": "bottom", "ha": "right"}
            axes.text(0.99, level, name, transform=axes.get_yaxis_transform(), **look)
        _draw(axes, runs, hollow)
        axes.set_xlabel(x_name)
        axes.set_ylabel(y_name)
        _name(axes, runs, size)
    return figure


def _runs(model, name, values):
    values = np.asarray(values[name], "float64")
    check_array(f"measured[{model!r}][{name!r}]", values, rank=1)
    return values


def _draw(axes, runs, hollow):
    for model, (x, y) in runs.items():
        ring = {"markerfacecolor": "none"} if model in hollow else {}
        axes.errorbar(
            *(x.mean(), y.mean(), y.std(), x.std()),
            **{"fmt": "o", "color": SERIES[0], "ecolor": FAINT, "elinewidth": 1, **ring},
        )
    axes.margins(0.09)
    axes.autoscale_view()


def _name(axes, runs, size):
    """Write each model's name where it covers no point and no other name, if there is room."""
    points = np.array([[x.mean(), y.mean()] for x, y in runs.values()])
    low, high = np.array([axes.get_xlim(), axes.get_ylim()]).T
    places = (points - low) / (high - low) * size
    dots = [(*place - 5, *place + 5) for place in places]
    boxes = dict(
        enumerate(_boxes(place, name)[0] for name, place in zip(runs, places, strict=True))
    )
    for _ in range(6):  # each in turn gives way to the others, until nobody has to
        for i, name in enumerate(runs):
            others = [*dots, *(box for j, box in boxes.items() if j != i)]
            boxes[i] = min(_boxes(places[i], name), key=lambda box: _cost(box, others, size))
    for i, name in enumerate(runs):
        x0, y0, x1, y1, away = boxes[i]
        line = {"arrowstyle": "-", "color": FAINT, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 3}
        axes.annotate(
            name,
            *(places[i] / size, (np.array([x0 + x1, y0 + y1]) / 2) / size),
            xycoords="axes fraction",
            textcoords="axes fraction",
            **{"size": 9, "ha": "center", "va": "center"},
            arrowprops=line if away > 8 else None,
        )


def _boxes(place, name):
    """Where a name may stand around its point, the nearest places first, and how far away."""
    w, h = 5.9 * len(name) + 6, 14
    found = []
    for away in (0, 8, 16, 26, 38, 52):
        for angle in np.arange(16) * np.pi / 8:
            dx, dy = np.cos(angle), np.sin(angle)
            # Beside the point the name begins or ends there; above and below it is centred.
            x = place[0] + dx * (8 + away) + np.clip(2 * dx, -1, 1) * w / 2
            y = place[1] + dy * (11 + away)
            found.append((x - w / 2, y - h / 2, x + w / 2, y + h / 2, away))
    return found


def _cost(box, others, size):
    over = sum(
        max(0, min(box[2], other[2]) - max(box[0], other[0]))
        * max(0, min(box[3], other[3]) - max(box[1], other[1]))
        for other in others
    )
    outside = sum(max(0, -low) for low in box[:2]) + max(0, box[2] - size[0] - 8, box[3] - size[1])
    return round(over + 50 * outside + box[4], 3)
