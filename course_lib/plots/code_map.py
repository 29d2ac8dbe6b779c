"""A map of codes of two numbers, with images standing where their codes are."""

import numpy as np
from matplotlib.colors import to_rgb

from course_lib.plots.images import _as_images
from course_lib.plots.panels import pairs
from course_lib.plots.style import CLASSES, FAINT, Picture, listed, styled
from course_lib.validation import Tensor, check_array

SIDE = 620  # pixels of the map
THUMB = 22  # of an image


@styled
def code_map(
    codes: Tensor,
    images: Tensor,
    labels: Tensor | None = None,
    axes_names: tuple[str, str] = ("code $h_1$", "code $h_2$"),
    caption: str | None = None,
) -> Picture:
    """As many images as find room, each at its code, in the colour of its class.

    The axes leave out the outermost two in a hundred codes on each side, so that a few far ones
    do not press all the others together.

    Args:
        codes: floats of shape `(N, 2)`.
        images: `(N, D)`, `(N, H, W)` or `(N, H, W, 1)`, from 0 (page) to 1 (ink).
        labels: integers of shape `(N,)`.
        axes_names: what the two numbers are called.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if images or labels are not one a code.

    Example:

    >>> rng = np.random.default_rng(0)
    >>> code_map(rng.normal(size=(50, 2)), rng.random((50, 16))).alt
    'Map of 50 codes of two numbers, images at their places.'
    """
    codes, images = pairs("codes", codes), _as_images("images", images)
    kinds = np.zeros(len(codes), int)
    if labels is not None:
        check_array("labels", labels, rank=1, integer=True)
        kinds = np.unique(np.asarray(labels), return_inverse=True)[1]
    if not len(codes) == len(images) == len(kinds):
        raise ValueError(
            f"images and labels must be one a code, but there are {len(codes)} codes, "
            f"{len(images)} images and {len(kinds)} labels."
        )
    coloured = "" if labels is None else f", coloured by class: {listed(np.unique(labels))}"
    alt = f"Map of {len(codes):,} codes of two numbers, images at their places{coloured}."
    figure = Picture(SIDE + 62, SIDE + 48, caption, alt)
    axes = figure.axes_at(54, 42, SIDE, SIDE)
    low, high = np.percentile(codes, [2, 98], axis=0)
    margin = 0.06 * np.maximum(high - low, 1e-6)
    low, high = low - margin, high + margin
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    places = (codes - low) / (high - low) * SIDE
    half = THUMB / 2 * (high - low) / SIDE
    for i in _apart(places):
        x, y = codes[i]
        extent = (x - half[0], x + half[0], y - half[1], y + half[1])
        ink = np.ones((*images[i].shape, 4))
        ink[..., :3] = to_rgb(CLASSES[kinds[i] % len(CLASSES)])
        ink[..., 3] = np.clip(images[i], 0, 1)
        axes.imshow(ink, extent=extent, interpolation="antialiased", aspect="auto")
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    for spine in axes.spines.values():
        spine.set_color(FAINT)
    axes.set(xlabel=axes_names[0], ylabel=axes_names[1])
    return figure


def _apart(places):
    """The numbers of places inside the map that are a thumbnail away from all kept before."""
    kept: list[int] = []
    for i, place in enumerate(places):
        inside = np.all((place > THUMB / 2) & (place < SIDE - THUMB / 2))
        if inside and (not kept or np.abs(places[kept] - place).max(1).min() >= 0.8 * THUMB):
            kept.append(i)
    return kept
