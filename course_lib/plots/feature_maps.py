"""What a convolutional network makes of one image, stage by stage: planes that shrink and grow."""

import math

import numpy as np
from keras import ops
from matplotlib.axes import Axes

from course_lib.plots.diagram import arrow
from course_lib.plots.style import WIDTH, Picture, styled
from course_lib.validation import Tensor, check_array

SIDE = 108  # pixels of the largest stage
GAP = 26  # between two stages, for an arrow


@styled
def feature_maps(stages: dict[str, Tensor], caption: str | None = None) -> Picture:
    """One image on its way through a network: the planes of each stage as small images.

    Each stage is drawn on a scale of its own, from its smallest value (paper) to its largest.

    Args:
        stages: `{name: floats of shape (1, H, W, C) or (1, K)}` in the order of the network;
            a vector is drawn as a block of squares.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if there is no stage, or one is not of one image.

    Example:

    >>> figure = feature_maps({"x": np.ones((1, 8, 8, 1)), "maps": np.ones((1, 4, 4, 6))})
    >>> figure.alt
    'One image through a network: x, 8 × 8; maps, 6 of 4 × 4.'
    """
    if not isinstance(stages, dict) or not stages:
        raise ValueError(f"stages must be a dictionary of one stage or more, but is {stages!r}.")
    drawn, said = {}, []
    for name, values in stages.items():
        check_array(f"stages[{name!r}]", values, rank=(2, 4))
        values = np.asarray(ops.convert_to_numpy(values), "float64")
        if len(values) != 1:
            raise ValueError(
                f"stages[{name!r}] must be of one image, but its shape is {values.shape}."
            )
        drawn[name] = _mosaic(values[0])
        said.append(f"{name}, {_size(values[0])}")
    alt = f"One image through a network: {'; '.join(said)}."
    side = min(SIDE, (WIDTH - 8 - GAP * (len(drawn) - 1)) / len(drawn))
    figure = Picture(WIDTH, side + 44, caption, alt)
    axes = figure.canvas_in_pixels()
    left = (WIDTH - len(drawn) * side - (len(drawn) - 1) * GAP) / 2
    for i, (name, canvas) in enumerate(drawn.items()):
        start = left + i * (side + GAP)
        _stage(figure.axes_at(start, 36, side, side), canvas)
        look = {"size": 8, "ha": "center", "va": "top"}
        axes.text(start + side / 2, 32, name, **look)
        axes.text(start + side / 2, 18, _size(stages[name][0]), **look)
        if i:
            middle = 36 + side / 2
            arrow(axes, (start - GAP + 4, middle), (start - 4, middle))
    return figure


def _mosaic(values):
    """Planes side by side in a square, with nothing between them drawn."""
    if values.ndim == 1:
        values = values[None, None, :]
    values = (values - values.min()) / (np.ptp(values) or 1.0)
    rows, columns, count = values.shape
    across = math.ceil(math.sqrt(count))
    down = math.ceil(count / across)
    gap = 1 if rows > 1 else 0
    canvas = np.full((down * (rows + gap) - gap, across * (columns + gap) - gap), np.nan)
    for i in range(count):
        y, x = i // across * (rows + gap), i % across * (columns + gap)
        canvas[y : y + rows, x : x + columns] = values[:, :, i]
    return canvas


def _stage(axes: Axes, canvas):
    look: dict = {"cmap": "gray_r", "vmin": 0, "vmax": 1, "interpolation": "nearest"}
    axes.imshow(canvas, aspect="equal", **look)
    axes.set_axis_off()


def _size(values):
    if len(values.shape) == 1:
        return f"{values.shape[0]} numbers"
    rows, columns, count = values.shape
    return f"{rows} × {columns}" if count == 1 else f"{count} of {rows} × {columns}"
