"""A code as bars: one bar a number, one panel a code."""

import numpy as np
from keras import ops

from course_lib.plots.style import FAINT, SERIES, WIDTH, Picture, styled
from course_lib.validation import Tensor, check_array

PANEL = 96  # pixels from one panel to the next


@styled
def bars(
    panels: dict[str, Tensor],
    x_label: str = "unit",
    y_label: str = "activation",
    caption: str | None = None,
) -> Picture:
    """How large each number of a code is; all panels have the same scale.

    Args:
        panels: `{name: floats of shape (K,)}`.
        x_label: what a bar stands for.
        y_label: quantity and unit of its height.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if there is no panel.

    Example:

    >>> figure = bars({"plain": np.array([1.0, 2.0, 1.0]), "sparse": np.array([0.0, 3.0, 0.0])})
    >>> figure.alt
    'Bars of activation for each unit. plain: 3 of 3 are not 0; sparse: 1 of 3 are not 0.'
    """
    if not isinstance(panels, dict) or not panels:
        raise ValueError(f"panels must be a dictionary of one panel or more, but is {panels!r}.")
    values = {name: _vector(f"panels[{name!r}]", x) for name, x in panels.items()}
    counts = [f"{name}: {np.sum(x != 0)} of {len(x)} are not 0" for name, x in values.items()]
    alt = f"Bars of {y_label} for each {x_label}. {'; '.join(counts)}."
    figure = Picture(WIDTH, PANEL * len(values) + 40, caption, alt)
    together = np.concatenate([*values.values(), [0.0]])
    low, high = together.min(), together.max() or 1.0
    for i, (name, x) in enumerate(values.items()):
        bottom = 40 + PANEL * (len(values) - 1 - i)
        axes = figure.axes_at(52, bottom, WIDTH - 68, PANEL - 22)
        axes.bar(np.arange(len(x)), x, width=0.8, color=SERIES[i % len(SERIES)])
        axes.axhline(0, color=FAINT, linewidth=0.8)
        margin = 0.04 * (high - low)
        axes.set(xlim=(-1, len(x)), ylim=(low - margin * (low < 0), high + margin))
        axes.set_title(name, size=9, loc="left", pad=2)
        if i < len(values) - 1:
            axes.tick_params(labelbottom=False)
    axes.set_xlabel(x_label)
    figure.text(4 / WIDTH, 0.5, y_label, rotation=90, va="center", ha="left")
    return figure


def _vector(name, x):
    check_array(name, x, rank=1)
    return np.asarray(ops.convert_to_numpy(x), "float64")
