"""One quantity against another: a line for each series, a level for each thing to beat."""

import numpy as np
from keras import ops
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from course_lib.plots.style import FAINT, MARKERS, SERIES, Picture, listed, styled
from course_lib.validation import Tensor, check_array


@styled
def lines(
    x: Tensor,
    series: dict[str, Tensor],
    x_label: str,
    y_label: str,
    log: str = "",
    levels: dict[str, float] | None = None,
    caption: str | None = None,
) -> Picture:
    """Lines over a common x, kept apart by colour, marker and grey level.

    Args:
        x: floats of shape `(N,)`.
        series: `{name: floats of shape (N,)}`.
        x_label: quantity and unit of x.
        y_label: quantity and unit of the series.
        log: which axes are logarithmic: `""`, `"x"`, `"y"` or `"xy"`.
        levels: `{name: number}`, drawn as dotted horizontal lines.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if a series is not as long as x, or there is none.

    Example:

    >>> figure = lines(np.arange(3.0), {"square": np.arange(3.0) ** 2}, "x", "y")
    >>> [float(y) for y in figure.axes[0].lines[0].get_ydata()]
    [0.0, 1.0, 4.0]
    """
    x = _vector("x", x)
    if not isinstance(series, dict) or not series:
        raise ValueError(f"series must be a dictionary of one series or more, but is {series!r}.")
    if log not in ("", "x", "y", "xy"):
        raise ValueError(f"log must be '', 'x', 'y' or 'xy', but is {log!r}.")
    series = {name: _vector(f"series[{name!r}]", values) for name, values in series.items()}
    for name, values in series.items():
        if len(values) != len(x):
            raise ValueError(
                f"series[{name!r}] must hold one value for each of the {len(x)} x, "
                f"but holds {len(values)}."
            )
    # Where names are too many for any free corner between the lines, they stand beside them.
    beside = len(series) > 3
    room = 50 + 7 * max(map(len, series)) if beside else 0
    figure = Picture(480 + room, 284, caption, _alt(x, series, x_label, y_label, levels or {}))
    margin = 64 if "y" in log else 56  # ticks like 10⁻² are wider
    axes = figure.axes_at(margin, 44, 466 - margin, 228)
    every = max(1, len(x) // 10)
    for i, (name, values) in enumerate(series.items()):
        look: dict = {"color": SERIES[i % len(SERIES)], "marker": MARKERS[i % len(MARKERS)]}
        axes.plot(x, values, label=name, markevery=every, **look)
    third, drawn = -(-len(x) // 3), np.array(list(series.values()))
    sides = drawn[:, :third], drawn[:, -third:]
    for name, level in (levels or {}).items():
        axes.axhline(level, color=FAINT, linestyle=":", zorder=0)
        # Where the lines are further away.
        left, right = (np.abs(side - level).min() for side in sides)
        place = {"x": 0.01, "ha": "left"} if left > right else {"x": 0.99, "ha": "right"}
        look = {"size": 8, "va": "bottom", "transform": axes.get_yaxis_transform()}
        axes.text(y=level, s=name, **place, **look)
    if "x" in log:
        axes.set_xscale("log")
        if len(x) <= 8:
            axes.set_xticks(x, [f"{v:,.4g}" if v < 1e4 else f"{v:,.0f}" for v in x])
            axes.minorticks_off()
    elif np.array_equal(x, np.round(x)):
        # As matplotlib would by itself, but for ticks at half a layer.
        axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 2.5, 5, 10], integer=True))
    if "y" in log:
        axes.set_yscale("log")
        shown = np.concatenate(list(series.values()))
        if shown.min() > 1e-3 and shown.max() < 1e4:
            # Plain numbers, between the powers of ten too where there are few of those.
            few = shown.max() / shown.min() < 30
            between = [1, 2, 3, 5, 7] if few else [1]
            axes.yaxis.set_major_locator(LogLocator(subs=between))
            axes.yaxis.set_minor_locator(NullLocator())
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    if beside:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    elif len(series) > 1:
        axes.legend()
    return figure


def _alt(x, series, x_label, y_label, levels):
    lines = [f"{name} from {values[0]:.3g} to {values[-1]:.3g}" for name, values in series.items()]
    dotted = [f"a dotted line, {name}, at {level:.3g}" for name, level in levels.items()]
    between = f"for {x_label} from {x[0]:.4g} to {x[-1]:.4g}"
    return f"Line chart of {y_label} {between}: {listed([*lines, *dotted])}."


def _vector(name, x):
    x = np.asarray(ops.convert_to_numpy(x), "float64")
    check_array(name, x, rank=1)
    return x
