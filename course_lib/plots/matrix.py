"""A table of numbers as shades, each written in its cell: what goes with what."""

from collections.abc import Sequence

import numpy as np
from keras import ops

from course_lib.plots.style import DARK, FAINT, PAPER, WIDTH, Picture, listed, styled
from course_lib.validation import Tensor, check_array


@styled
def matrix(
    values: Tensor,
    rows: Sequence[object],
    columns: Sequence[object],
    digits: int = 2,
    caption: str | None = None,
) -> Picture:
    """Numbers of at least 0 in a grid: the larger, the darker.

    Args:
        values: floats of at least 0, shape `(N, M)`.
        rows: N names, written on the left.
        columns: M names, written above.
        digits: decimal places of the numbers in the cells.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if a value is negative, or the names do not fit.

    Example:

    >>> figure = matrix(np.eye(2), rows=["a", "b"], columns=["left", "right"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['1.00', '0.00', '0.00', '1.00']
    """
    check_array("values", values, rank=2, low=0)
    values = np.asarray(ops.convert_to_numpy(values), "float64")
    for name, names, count in (
        ("rows", rows, values.shape[0]),
        ("columns", columns, values.shape[1]),
    ):
        if len(names) != count:
            raise ValueError(
                f"{name} must hold one name for each of the {count} {name} of values, "
                f"but there are {len(names)}."
            )
    height, top = 24, 24
    left = 14 + max(6.5 * len(str(name)) for name in rows)
    longest = max(6.5 * len(str(name)) for name in columns)
    width = min(max(56, longest + 8), (WIDTH - left - 4) / values.shape[1])
    size = values.shape[1] * width, values.shape[0] * height
    alt = f"Table of numbers. Rows: {listed(rows)}. Columns: {listed(columns)}."
    figure = Picture(left + size[0] + 4, top + size[1] + 6, caption, alt)
    axes = figure.axes_at(left, 6, *size)
    limit = values.max() or 1.0
    axes.imshow(values, cmap="Greys", vmin=0, vmax=1.25 * limit, aspect="auto")
    for (i, j), value in np.ndenumerate(values):
        colour = PAPER if value > 0.75 * limit else DARK
        axes.text(j, i, f"{value:.{digits}f}", size=8, color=colour, ha="center", va="center")
    axes.set_xticks(range(values.shape[1]), [str(name) for name in columns])
    axes.set_yticks(range(values.shape[0]), [str(name) for name in rows])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set(visible=True, color=FAINT)
    return figure
