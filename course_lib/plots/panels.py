"""Points in the plane, side by side: one panel a set, all on the same axes."""

import math

import numpy as np
from keras import ops

from course_lib.plots.style import (
    CLASSES,
    DARK,
    FAINT,
    INK,
    PAPER,
    SERIES,
    WIDTH,
    Picture,
    listed,
    styled,
)
from course_lib.validation import Tensor, check_array


@styled
def point_panels(
    panels: dict[str, Tensor],
    labels: dict[str, Tensor] | None = None,
    path: dict[str, Tensor] | None = None,
    same_axes: bool = True,
    ticks: bool = True,
    columns: int = 4,
    caption: str | None = None,
) -> Picture:
    """One panel a set of points: codes beside the prior they should follow, or beside other codes.

    Args:
        panels: `{name: floats of shape (N, 2)}`.
        labels: `{name: integers of shape (N,)}` for panels whose points have classes; these are
            coloured, and each class's median is marked by its number.
        path: `{name: floats of shape (M, 2)}` for panels with a line to be drawn through the
            points.
        same_axes: whether all panels show the same part of the plane; else each shows its own.
        ticks: whether the axes have numbers; those of a map mean nothing.
        columns: panels in a row.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if there is no panel, or points, labels or paths do not fit.

    Example:

    >>> rng = np.random.default_rng(0)
    >>> figure = point_panels({"codes": rng.normal(size=(50, 2)), "prior": rng.random((50, 2))})
    >>> [axes.get_title() for axes in figure.axes]
    ['codes', 'prior']
    """
    if not isinstance(panels, dict) or not panels:
        raise ValueError(f"panels must be a dictionary of one panel or more, but is {panels!r}.")
    panels = {name: pairs(f"panels[{name!r}]", points) for name, points in panels.items()}
    labels = {name: _labels(panels, name, given) for name, given in (labels or {}).items()}
    path = {name: pairs(f"path[{name!r}]", line) for name, line in (path or {}).items()}
    for name in path:
        if name not in panels:
            raise ValueError(f"path must be given for panels, but there is no panel {name!r}.")
    columns = min(columns, len(panels))
    rows = math.ceil(len(panels) / columns)
    # Numbers at each panel's own axis need room.
    gap, edge, bottom, top = (36 if ticks and not same_axes else 12), 36, 24, 20
    if not ticks:
        edge, bottom = 8, 8
    side = min((WIDTH - edge) // columns - gap, 320 if columns <= 2 else 230)
    height = bottom + side + top
    alt = f"Points in the plane, one panel each: {listed(panels)}."
    figure = Picture(edge + (side + gap) * columns, rows * height, caption, alt)
    together = np.concatenate(list(panels.values()))
    for i, (name, points) in enumerate(panels.items()):
        row, column = divmod(i, columns)
        left = edge + column * (side + gap)
        axes = figure.axes_at(left, (rows - 1 - row) * height + bottom, side, side)
        _draw(axes, points, labels.get(name), path.get(name))
        _square(axes, together if same_axes else points)
        if same_axes and column:
            axes.tick_params(labelleft=False)
        if not ticks:
            axes.set(xticks=[], yticks=[])
        axes.set_title(name, size=9)
    return figure


def pairs(name: str, x: Tensor) -> np.ndarray:
    """x as an array `(N, 2)`, or `ValueError` if it is none."""
    check_array(name, x, rank=2)
    x = np.asarray(ops.convert_to_numpy(x), "float64")
    if x.shape[1] != 2:
        raise ValueError(f"{name} must have two numbers a row, but its shape is {x.shape}.")
    return x


def _draw(axes, points, labels, line):
    size = float(np.clip(8_000 / len(points), 2.5, 9))
    if labels is None:
        axes.scatter(*points.T, s=size, color=INK, alpha=0.5, linewidths=0)
    else:
        for i, name in enumerate(np.unique(labels)):
            of_class = points[labels == name]
            colour = CLASSES[i % len(CLASSES)]
            axes.scatter(*of_class.T, s=size, color=colour, alpha=0.7, linewidths=0)
        for i, name in enumerate(np.unique(labels)):
            ring = {"boxstyle": "circle,pad=0.12", "facecolor": PAPER, "linewidth": 1.2}
            ring["edgecolor"] = CLASSES[i % len(CLASSES)]
            middle = np.median(points[labels == name], axis=0)
            look = {"color": DARK, "size": 7, "ha": "center", "va": "center"}
            axes.text(*middle, str(name), bbox=ring, **look)
    if line is not None:
        axes.plot(*line.T, color=PAPER, linewidth=3.5)
        axes.plot(*line.T, color=SERIES[0], marker="o", markersize=3, linewidth=1)
    for spine in axes.spines.values():
        spine.set_color(FAINT)


def _square(axes, points):
    """Axes of one scale around all but the outermost two in a thousand points."""
    low, high = np.quantile(points, [0.001, 0.999], axis=0)
    middle, reach = (low + high) / 2, 0.55 * max((high - low).max(), 1e-6)
    axes.set_xlim(middle[0] - reach, middle[0] + reach)
    axes.set_ylim(middle[1] - reach, middle[1] + reach)


def _labels(panels, name, labels):
    if name not in panels:
        raise ValueError(f"labels must be given for panels, but there is no panel {name!r}.")
    check_array(f"labels[{name!r}]", labels, rank=1, integer=True)
    if len(labels) != len(panels[name]):
        raise ValueError(
            f"labels[{name!r}] must be one per point, but there are {len(labels)} for "
            f"{len(panels[name])} points."
        )
    return ops.convert_to_numpy(labels)
