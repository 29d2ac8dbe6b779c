"""A tree of merges over the rows of an image: which neighbours become one, and in which order."""

from collections.abc import Sequence

import numpy as np
from keras import ops
from matplotlib.patches import Circle

from course_lib.plots.diagram import CODE, ENCODER
from course_lib.plots.style import FAINT, Picture, styled
from course_lib.validation import Tensor, check_array

SIDE, REACH = 224, 300  # pixels of the image, and of the tree beside it


@styled
def tree_diagram(
    image: Tensor, merges: Sequence[Sequence[int]], caption: str | None = None
) -> Picture:
    """Left the image in strips of rows, right the tree; the dot furthest right is the root.

    Args:
        image: floats of shape `(H, W)`, from 0 (paper) to 1 (ink); H a multiple of the strips.
        merges: pairs of numbers, one a merge: the strips are 0 … T − 1 from above, and merge m
            makes number T + m.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if the merges are no tree over strips of the image.

    Example:

    >>> tree_diagram(np.zeros((4, 4)), [(0, 1), (2, 3), (4, 5)]).alt
    'Drawing of a tree over 4 strips of an image, 2 merges high.'
    """
    image = np.asarray(ops.convert_to_numpy(image), "float64")
    check_array("image", image, rank=2, low=0, high=1)
    merges = [tuple(int(part) for part in pair) for pair in merges]
    strips = len(merges) + 1
    used = sorted(part for pair in merges for part in pair)
    early = all(max(pair) < strips + m for m, pair in enumerate(merges))
    if not merges or used != list(range(2 * strips - 2)) or not early or len(image) % strips:
        raise ValueError(
            "merges must use each strip and each merge but the last once, over strips of "
            f"{len(image)} rows, but are {merges}."
        )
    # Of each node: how high it stands on the page, and above how many merges.
    tall = SIDE / strips
    nodes = [(SIDE - (i + 0.5) * tall, 0) for i in range(strips)]
    for a, b in merges:
        nodes.append(((nodes[a][0] + nodes[b][0]) / 2, 1 + max(nodes[a][1], nodes[b][1])))
    levels = nodes[-1][1]
    alt = f"Drawing of a tree over {strips} strips of an image, {levels} merges high."
    figure = Picture(SIDE + REACH + 60, SIDE + 16, caption, alt)
    axes = figure.canvas_in_pixels()
    look = {"cmap": "gray_r", "vmin": 0, "vmax": 1, "interpolation": "nearest"}
    axes.imshow(image, extent=(8, 8 + SIDE, 8, 8 + SIDE), **look)
    axes.set(xlim=(0, figure.pixels[0]), ylim=(0, figure.pixels[1]), aspect="auto")
    for i in range(strips + 1):
        y = 8 + i * tall
        axes.plot([8, 8 + SIDE], [y, y], color=FAINT, linewidth=0.6)

    def place(node):
        y, level = nodes[node]
        return SIDE + 24 + REACH * level / levels, y + 8

    for m, pair in enumerate(merges):
        x, y = place(strips + m)
        for part in pair:
            axes.plot(
                *zip(place(part), (x, y), strict=True), color=ENCODER, linewidth=1.2, zorder=1
            )
    for node in range(len(nodes)):
        last = node == len(nodes) - 1
        radius = 6 if last else 3 if node >= strips else 1.5
        colour = CODE if last else ENCODER
        axes.add_patch(Circle(place(node), radius, facecolor=colour, linewidth=0, zorder=2))
    return figure
