"""A recording with its labelled windows, and below it, lane by lane, what detectors say."""

import numpy as np
from keras import ops
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from course_lib.plots.style import FAINT, SERIES, WIDTH, Picture, listed, styled
from course_lib.validation import Tensor, check_array

LEFT, TOP, LANE, GAP = 70, 118, 58, 18


@styled
def alarm_lanes(
    values: Tensor,
    windows: list[tuple[int, int]],
    lanes: dict[str, tuple[Tensor, float]],
    y_label: str = "value",
    x: Tensor | None = None,
    x_label: str = "step",
    caption: str | None = None,
) -> Picture:
    """The recording on top, one score a lane below; a score above its threshold is an alarm.

    Args:
        values: the recording, floats of shape `(T,)`.
        windows: labelled windows, `(start, stop)` in steps, drawn as grey columns.
        lanes: `{detector: (scores of shape (T,), threshold)}`, the threshold above 0; scores
            before the first window of a detector are NaN.
        y_label: quantity and unit of the values.
        x: where the steps stand on the axis, of shape `(T,)`, such as dates; by default 0, 1, ….
        x_label: quantity and unit of x.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`: in each lane the threshold is a dotted line at the same height.

    Raises:
        ValueError: if lanes are missing, or shapes do not fit.

    Example:

    >>> values = np.sin(np.arange(50.0))
    >>> figure = alarm_lanes(values, [(20, 30)], {"size": (np.abs(values), 0.9)})
    >>> figure.alt
    'A recording of 50 steps with 1 labelled window, and the alarms of size: 16.'
    """
    values = np.asarray(ops.convert_to_numpy(values), "float64")
    check_array("values", values, rank=1)
    if not isinstance(lanes, dict) or not lanes:
        raise ValueError(f"lanes must be a dictionary of one detector or more, but is {lanes!r}.")
    heights = {name: _height(name, *lane, len(values)) for name, lane in lanes.items()}
    alarms = {name: int(np.nansum(height > 1)) for name, height in heights.items()}
    said = listed(f"{name}: {count}" for name, count in alarms.items())
    plural = "s" * (len(windows) != 1)
    alt = (
        f"A recording of {len(values):,} steps with {len(windows)} labelled window{plural}, "
        f"and the alarms of {said}."
    )
    figure = Picture(WIDTH, 42 + len(lanes) * (LANE + GAP) + TOP + GAP, caption, alt)
    place = np.arange(len(values)) if x is None else np.asarray(x)
    wide, bottom = WIDTH - LEFT - 12, 42 + len(lanes) * (LANE + GAP)
    top = figure.axes_at(LEFT, bottom, wide, TOP)
    top.plot(place, values, color=SERIES[0], linewidth=0.7)
    top.set_ylabel(y_label)
    top.set_title("the recording; grey: labelled windows", size=9, loc="left", pad=4)
    top.tick_params(labelbottom=False)
    below = []
    for i, (name, height) in enumerate(heights.items()):
        axes = figure.axes_at(LEFT, 42 + (len(lanes) - 1 - i) * (LANE + GAP), wide, LANE)
        axes.plot(place, height, color=SERIES[4], linewidth=0.7)
        axes.axhline(1, color=FAINT, linestyle=":")
        loud = height > 1
        axes.plot(place[loud], height[loud], "|", color=SERIES[2], markersize=7)
        axes.set_title(name, size=9, loc="left", pad=3)
        axes.set(ylim=(0, 2.2), yticks=[1], yticklabels=["threshold"])
        axes.tick_params(labelbottom=i == len(lanes) - 1)
        below.append(axes)
    for axes in (top, *below):
        for start, stop in windows:
            ends = place[start], place[min(stop, len(place)) - 1]
            axes.axvspan(*ends, color=FAINT, alpha=0.3, linewidth=0)
        axes.set_xlim(place[0], place[-1])
    below[-1].set_xlabel(x_label)
    if place.dtype.kind == "M":
        ticks = AutoDateLocator(maxticks=8)
        below[-1].xaxis.set(
            major_locator=ticks, major_formatter=ConciseDateFormatter(ticks, show_offset=False)
        )
    return figure


def _height(name, scores, threshold, steps):
    scores = np.asarray(ops.convert_to_numpy(scores), "float64")
    check_array(f"lanes[{name!r}]", np.nan_to_num(scores), rank=1)
    if len(scores) != steps:
        raise ValueError(
            f"lanes[{name!r}] must hold one score for each of the {steps} steps, "
            f"but holds {len(scores)}."
        )
    if not threshold > 0:
        raise ValueError(f"the threshold of {name!r} must be above 0, but is {threshold!r}.")
    # What is far above is as much an alarm as what is just above.
    return np.clip(scores / threshold, 0, 2.1)
