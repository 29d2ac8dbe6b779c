"""Photographs side by side, from black to white, large enough to judge them."""

import numpy as np
from keras import ops

from course_lib.plots.style import WIDTH, Picture, listed, styled
from course_lib.validation import Tensor, check_array

GAP = 8
TITLE = 18


@styled
def photographs(panels: dict[str, Tensor], columns: int = 3, caption: str | None = None) -> Picture:
    """Grey photographs with their names above, 0 black and 1 white; what lies beyond is cut off.

    Args:
        panels: `{name: floats of shape (H, W)}`, all of one size.
        columns: photographs in a row, 1 or more.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if there is no photograph, or they differ in size.

    Example:

    >>> figure = photographs({"black": np.zeros((20, 30)), "grey": np.full((20, 30), 0.5)})
    >>> figure.alt
    '2 photographs: black and grey.'
    """
    if not isinstance(panels, dict) or not panels:
        raise ValueError(f"panels must be a dictionary of one panel or more, but is {panels!r}.")
    images = {name: _photograph(f"panels[{name!r}]", x) for name, x in panels.items()}
    sizes = {image.shape for image in images.values()}
    if len(sizes) > 1:
        raise ValueError(f"panels must be of one size, but their shapes are {listed(sizes)}.")
    ((rows, across),) = sizes
    columns = min(columns, len(images))
    width = (WIDTH - (columns - 1) * GAP) // max(columns, 2)
    height = round(width * rows / across)
    lines = -(-len(images) // columns)
    count = "1 photograph" if len(images) == 1 else f"{len(images)} photographs"
    total = columns * (width + GAP) - GAP, lines * (height + TITLE)
    figure = Picture(*total, caption, f"{count}: {listed(images)}.")
    for i, (name, image) in enumerate(images.items()):
        row, column = divmod(i, columns)
        left, bottom = column * (width + GAP), (lines - 1 - row) * (height + TITLE)
        axes = figure.axes_at(left, bottom, width, height)
        axes.imshow(image, cmap="gray", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
        axes.set_axis_off()
        axes.set_title(name, size=9, loc="left", pad=3)
    return figure


def _photograph(name, x):
    check_array(name, x, rank=2)
    return np.asarray(ops.convert_to_numpy(x), "float64")
