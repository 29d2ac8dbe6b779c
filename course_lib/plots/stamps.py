"""A transposed convolution along one row: each input paints a stamp, and stamps overlap."""

from collections.abc import Sequence

import numpy as np
from matplotlib.patches import Polygon, Rectangle

from course_lib.plots.style import DARK, PAPER, SERIES, WIDTH, Picture, listed, styled
from course_lib.validation import check_whole

HEIGHT = 116  # of one panel
BOX = 20  # pixels a side of an output


@styled
def stamp_overlap(
    kernels: Sequence[int], stride: int = 2, inputs: int = 5, caption: str | None = None
) -> Picture:
    """How many stamps cover each output, one panel a kernel.

    In the upper row the inputs, in the lower the outputs, each with the number of stamps that
    reach it: the darker, the more.

    Args:
        kernels: pixels of a stamp, one number a panel.
        stride: pixels from the start of a stamp to that of the next.
        inputs: how many there are.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if a number is not whole and at least 1, or the outputs do not fit the page.

    Example:

    >>> figure = stamp_overlap([3, 4], stride=2)
    >>> figure.alt
    'Stamps on each output. Kernel 3: 1, 1, 2, 1, 2, 1, 2, 1, 2, 1 and 1. \
Kernel 4: 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 1 and 1.'
    """
    check_whole("stride", stride, low=1)
    check_whole("inputs", inputs, low=1)
    counts = {
        kernel: _cover(check_whole("kernels", kernel, low=1), stride, inputs) for kernel in kernels
    }
    width = WIDTH // max(1, len(counts))
    if not counts or max(len(cover) for cover in counts.values()) * BOX > width - 16:
        raise ValueError(
            f"kernels must be one or more whose outputs fit {WIDTH} pixels side by side, but are "
            f"{list(kernels)}."
        )
    said = [f"Kernel {kernel}: {listed(cover)}" for kernel, cover in counts.items()]
    alt = f"Stamps on each output. {'. '.join(said)}."
    figure = Picture(WIDTH, HEIGHT + 8, caption, alt)
    axes = figure.canvas_in_pixels()
    most = max(cover.max() for cover in counts.values())
    for i, (kernel, cover) in enumerate(counts.items()):
        left = i * width + (width - BOX * len(cover)) / 2
        axes.text(i * width + width / 2, 104, f"kernel {kernel}, stride {stride}", ha="center")
        for place in range(inputs):
            start = left + BOX * stride * place
            middle = start + BOX * kernel / 2
            colour = SERIES[place % len(SERIES)]
            end = start + BOX * kernel
            corners = [(middle - 9, 76), (middle + 9, 76), (end, 30), (start, 30)]
            axes.add_patch(Polygon(corners, facecolor=colour, alpha=0.3, linewidth=0))
            box = {"facecolor": colour, "linewidth": 0}
            axes.add_patch(Rectangle((middle - 9, 76), 18, 18, **box))
        for place, number in enumerate(cover):
            shade = 1 - 0.8 * number / most
            box = {"facecolor": (shade, shade, shade), "edgecolor": PAPER, "linewidth": 0.8}
            axes.add_patch(Rectangle((left + BOX * place, 10), BOX, BOX, **box))
            look = {"size": 8, "color": PAPER if shade < 0.5 else DARK}
            middle = left + BOX * (place + 0.5)
            axes.text(middle, 20, f"{number}", ha="center", va="center", **look)
    return figure


def _cover(kernel, stride, inputs):
    cover = np.zeros(stride * (inputs - 1) + kernel, int)
    for place in range(inputs):
        cover[stride * place : stride * place + kernel] += 1
    return cover
