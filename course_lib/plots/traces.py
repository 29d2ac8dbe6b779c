"""Sequences as curves over time: one panel each, what is compared in it on one scale."""

import math

import numpy as np
from keras import ops

from course_lib.plots.style import FAINT, SERIES, WIDTH, Picture, listed, styled
from course_lib.validation import Tensor, check_array


@styled
def traces(
    panels: dict[str, dict[str, Tensor]],
    x_label: str = "time step",
    y_label: str = "value",
    columns: int = 3,
    caption: str | None = None,
) -> Picture:
    """One panel a sequence, in it one curve a series; the first is drawn broad and grey.

    Args:
        panels: `{name of the sequence: {series: floats of shape (T,)}}`, the same series in
            every panel.
        x_label: what a place in the sequence is.
        y_label: quantity and unit of the values.
        columns: panels in a row, 1 or more.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`: all panels have the same scales.

    Raises:
        ValueError: if there is no panel, or two hold other series.

    Example:

    >>> beat = np.sin(np.linspace(0, 6, 20))
    >>> figure = traces({"a beat": {"heard": beat, "rebuilt": 0.9 * beat}})
    >>> [len(line.get_xdata()) for line in figure.axes[0].lines]
    [20, 20]
    """
    drawn = {name: _curves(name, series) for name, series in panels.items()}
    kinds = {tuple(series) for series in drawn.values()}
    if len(kinds) != 1 or not all(kinds):
        raise ValueError(
            "panels must hold one panel or more, and each the same series, but hold "
            f"{[list(series) for series in panels.values()]}."
        )
    (names,) = kinds
    columns = min(columns, len(drawn))
    rows = math.ceil(len(drawn) / columns)
    left, bottom, above, tall = 58, 42, 22, 118
    wide = (WIDTH - left) / columns
    legend = 24 if len(names) > 1 else 0
    alt = f"Curves over time, {listed(names)}, of {listed(drawn)}."
    figure = Picture(WIDTH, bottom + rows * (tall + above) + legend, caption, alt)
    every = np.concatenate([values for series in drawn.values() for values in series.values()])
    low, high = np.nanmin(every), np.nanmax(every)
    room = 0.06 * (high - low or 1.0)
    for i, (name, series) in enumerate(drawn.items()):
        row, column = divmod(i, columns)
        place = left + column * wide, bottom + (rows - 1 - row) * (tall + above)
        axes = figure.axes_at(*place, wide - 12, tall)
        for j, (label, values) in enumerate(series.items()):
            broad = {"color": FAINT, "linewidth": 4, "alpha": 0.5}
            look = {"color": SERIES[j - 1], "linestyle": ["-", "--", ":"][(j - 1) % 3]}
            axes.plot(np.arange(len(values)), values, label=label, **(look if j else broad))
        axes.set_ylim(low - room, high + room)
        axes.set_title(name, size=9, loc="left", pad=4)
        axes.tick_params(labelleft=column == 0, labelbottom=row == rows - 1)
        if i == 0 and legend:
            handles, labels = axes.get_legend_handles_labels()
            figure.legend(handles, labels, loc="upper center", ncols=len(names), borderpad=0)
    figure.text(0.5, 8 / figure.pixels[1], x_label, ha="center", va="bottom")
    look = {"rotation": "vertical", "va": "center", "ha": "left"}
    figure.text(2 / WIDTH, 0.5, y_label, **look)
    return figure


def _curves(panel, series):
    found = {}
    for name, values in series.items():
        values = np.asarray(ops.convert_to_numpy(values), "float64")
        # A gap in a curve is NaN.
        check_array(f"panels[{panel!r}][{name!r}]", np.nan_to_num(values), rank=1)
        found[name] = values
    return found
