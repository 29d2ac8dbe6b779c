"""Codes of the plane as level lines: along each line a code is the same."""

from collections.abc import Callable

import numpy as np
from keras import ops
from matplotlib.patches import FancyArrowPatch

from course_lib.plots.panels import pairs
from course_lib.plots.style import SERIES, WIDTH, Picture, listed, styled
from course_lib.validation import Tensor, check_array

GRID = 160  # places a side at which a code is computed
LINES = 15


@styled
def level_lines(
    panels: dict[str, Callable[[Tensor], Tensor]],
    curve: Tensor,
    arrows: dict[str, tuple[Tensor, Tensor]] | None = None,
    caption: str | None = None,
) -> Picture:
    """One panel a code: the lines on which it is constant, around a curve on which data lie.

    Args:
        panels: `{name: code}`, each a callable from points `(N, 2)` to numbers `(N,)`.
        curve: places in order, floats of shape `(N, 2)`, drawn in every panel.
        arrows: `{name: (start, end)}`, each two floats, drawn in every panel.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`; the levels are equally far apart, the same in every panel.

    Raises:
        ValueError: if there is no panel, or a code does not give one number for each point.

    Example:

    >>> t = np.linspace(-1, 1, 30)
    >>> parabola = np.stack([t, t**2], axis=1)
    >>> figure = level_lines({"from the left": lambda x: x[:, 0]}, parabola)
    >>> figure.alt
    'A curve in the plane, and lines on which a code is constant. Panel: from the left.'
    """
    if not isinstance(panels, dict) or not panels:
        raise ValueError(f"panels must be a dictionary of one code or more, but is {panels!r}.")
    curve = pairs("curve", curve)
    ways = {n: pairs(f"arrows[{n!r}]", np.array(way, float)) for n, way in (arrows or {}).items()}
    around = np.concatenate([curve, *ways.values()])
    low, high = around.min(0), around.max(0)
    margin = 0.12 * (high - low).max()
    low, high = low - margin, high + margin
    side = min((WIDTH - 110) // len(panels), 300)
    height = round(side * (high - low)[1] / (high - low)[0])
    named = f"Panel{'s' * (len(panels) > 1)}: {listed(panels)}."
    alt = f"A curve in the plane, and lines on which a code is constant. {named}"
    figure = Picture(side * len(panels) + 110, height + 24, caption, alt)
    x, y = (np.linspace(a, b, GRID) for a, b in zip(low, high, strict=True))
    places = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    values = {name: _values(name, code, places) for name, code in panels.items()}
    on_curve = np.concatenate([_values(name, code, curve) for name, code in panels.items()])
    step = max(np.ptp(on_curve), 1e-9) / LINES
    middle = (on_curve.max() + on_curve.min()) / 2
    levels = middle + step * np.arange(-3 * LINES, 3 * LINES + 1)
    for i, (name, value) in enumerate(values.items()):
        axes = figure.axes_at(side * i + 4, 4, side - 8, height - 8)
        axes.set_axis_off()
        look = {"linestyles": "solid", "linewidths": 0.9, "alpha": 0.8}
        axes.contour(x, y, value.reshape(GRID, GRID), levels, colors=SERIES[5], **look)
        axes.plot([], [], color=SERIES[5], linewidth=0.9, label="same code")
        axes.plot(*curve.T, color=SERIES[2], linewidth=2.5, label="manifold")
        for k, (label, (start, end)) in enumerate(ways.items()):
            colour = SERIES[(0, 1)[k % 2]]
            look = {"arrowstyle": "-|>", "mutation_scale": 13, "linewidth": 2, "zorder": 3}
            axes.add_patch(FancyArrowPatch(start, end, shrinkA=0, shrinkB=0, color=colour, **look))
            axes.plot([], [], color=colour, marker=">", label=label)
        axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
        axes.set_title(name, size=9)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _values(name, code, places):
    values = code(places)
    check_array(f"panels[{name!r}](points)", values, rank=1)
    values = np.asarray(ops.convert_to_numpy(values), "float64")
    if len(values) != len(places):
        raise ValueError(
            f"panels[{name!r}] must give one number for each of {len(places)} points, "
            f"but gives {len(values)}."
        )
    return values
