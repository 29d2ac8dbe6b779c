"""A drawing in the plane: curves, points and arrows, each named where it is."""

import numpy as np
from matplotlib.patches import FancyArrowPatch

from course_lib.plots.panels import pairs
from course_lib.plots.style import FAINT, MARKERS, SERIES, Picture, listed, styled
from course_lib.validation import Tensor


@styled
def plane(
    curves: dict[str, Tensor] | None = None,
    points: dict[str, Tensor] | None = None,
    arrows: dict[str, tuple[Tensor, Tensor]] | None = None,
    cloud: Tensor | None = None,
    size: int = 380,
    caption: str | None = None,
) -> Picture:
    """Curves as lines, points as marks, and arrows from where they start to where they end.

    Args:
        curves: `{name: places in order, floats of shape (N, 2)}`.
        points: `{name: floats of shape (N, 2)}`.
        arrows: `{name: (starts, ends)}`, each floats of shape `(N, 2)`.
        cloud: floats of shape `(N, 2)`, drawn as faint dots below all else.
        size: pixels a side.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`; both axes have one scale.

    Raises:
        ValueError: if there is nothing to draw, or starts and ends do not fit.

    Example:

    >>> angle = np.linspace(0, 3, 20)
    >>> circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    >>> figure = plane({"curve": circle}, arrows={"tangent": (circle[:1], circle[:1] + [[0, 1]])})
    >>> figure.alt
    'Drawing in the plane: curve and tangent.'
    """
    curves = {name: pairs(f"curves[{name!r}]", x) for name, x in (curves or {}).items()}
    points = {name: pairs(f"points[{name!r}]", x) for name, x in (points or {}).items()}
    ways = {name: _way(name, *ends) for name, ends in (arrows or {}).items()}
    names = [*curves, *points, *ways]
    if not names:
        raise ValueError("curves, points or arrows must hold something to draw, but are empty.")
    dots = np.empty((0, 2)) if cloud is None else pairs("cloud", cloud)
    width = size + 150
    figure = Picture(width, size, caption, f"Drawing in the plane: {listed(names)}.")
    axes = figure.axes_at(4, 4, size - 8, size - 8)
    axes.set_axis_off()
    axes.scatter(*dots.T, s=4, color=FAINT, alpha=0.4, linewidths=0)
    colour = {name: SERIES[i % len(SERIES)] for i, name in enumerate(names)}
    for name, curve in curves.items():
        axes.plot(*curve.T, color=colour[name], linewidth=2, label=name)
    for i, (name, marked) in enumerate(points.items()):
        look = {"color": colour[name], "marker": MARKERS[i % len(MARKERS)], "zorder": 3}
        axes.scatter(*marked.T, s=34, label=name, **look)
    for name, (starts, ends) in ways.items():
        for start, end in zip(starts, ends, strict=True):
            look = {"arrowstyle": "-|>", "mutation_scale": 10, "linewidth": 1.4, "zorder": 2}
            axes.add_patch(
                FancyArrowPatch(start, end, shrinkA=0, shrinkB=0, color=colour[name], **look)
            )
        axes.plot([], [], color=colour[name], marker=">", label=name)
    ends = [end for way in ways.values() for end in way]
    everything = np.concatenate([dots, *curves.values(), *points.values(), *ends])
    middle = (everything.max(0) + everything.min(0)) / 2
    reach = 0.53 * max(np.ptp(everything, axis=0).max(), 1e-6)
    axes.set(
        xlim=(middle[0] - reach, middle[0] + reach), ylim=(middle[1] - reach, middle[1] + reach)
    )
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _way(name, starts, ends):
    starts, ends = pairs(f"arrows[{name!r}]", starts), pairs(f"arrows[{name!r}]", ends)
    if starts.shape != ends.shape:
        raise ValueError(
            f"arrows[{name!r}] must end as often as they start, but there are {len(starts)} "
            f"starts and {len(ends)} ends."
        )
    return starts, ends
