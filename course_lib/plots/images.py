"""Images side by side: a grid, inputs above their reconstructions, weights as filters."""

import math
from collections.abc import Sequence

import numpy as np
from keras import ops
from matplotlib.colors import Normalize

from course_lib.plots.style import SIGNED, WIDTH, Picture, listed, styled
from course_lib.validation import Tensor, check_array

TILE = 56  # pixels on the page, about


@styled
def image_grid(
    images: Tensor,
    columns: int = 10,
    titles: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    tile: int = TILE,
    caption: str | None = None,
) -> Picture:
    """Images in rows, from 0 (paper) to 1 (ink); what lies beyond is shown as the nearer end.

    Args:
        images: floats of shape `(N, D)` with D a square number, `(N, H, W)` or `(N, H, W, 1)`.
        columns: images in a row, 1 or more.
        titles: one short text per image, drawn above it.
        labels: one name per row, drawn before it.
        tile: width of an image on the page in pixels, about, as far as the page has room.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if these are no images, or titles or labels do not fit them.

    Example:

    >>> image_grid(np.random.uniform(size=(20, 64)), caption="Noise.").axes[0].images[0].get_clim()
    (0.0, 1.0)
    """
    images = _as_images("images", images)
    columns = min(_positive("columns", columns), len(images))
    if titles is not None and len(titles) != len(images):
        raise ValueError(
            f"titles must hold one text per image, but there are {len(titles)} for "
            f"{len(images)} images."
        )
    rows = math.ceil(len(images) / columns)
    if labels is not None and len(labels) != rows:
        raise ValueError(
            f"labels must hold one name per row, but there are {len(labels)} for {rows} rows."
        )
    words = [*(labels if labels is not None else ()), *(titles if titles is not None else ())]
    named = f": {listed(words)}" if words else ""
    alt = f"{len(images)} images in rows of {columns}{named}."
    tile = _positive("tile", tile)
    look = {"titles": titles, "labels": labels, "tile": tile}
    return _draw(images, columns, Normalize(0, 1), "gray_r", caption, alt, **look)


@styled
def reconstructions(
    x: Tensor,
    *rows: Tensor,
    labels: Sequence[str] = ("reconstruction",),
    caption: str | None = None,
) -> Picture:
    """Inputs in the first row, and below each what came back, one row per model.

    Args:
        x: input images, shape `(N, D)`, `(N, H, W)` or `(N, H, W, 1)`.
        *rows: their reconstructions, each as many images of the same size.
        labels: one name per row of reconstructions.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if rows or labels do not fit the inputs.

    Example:

    >>> x = np.random.uniform(size=(10, 64))
    >>> figure = reconstructions(x, x**2, 0 * x, labels=["squares", "zeros"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['input', 'squares', 'zeros']
    """
    if not rows:
        raise ValueError("rows must hold one array of reconstructions or more, but there is none.")
    if len(labels) != len(rows):
        raise ValueError(
            f"labels must name every row of reconstructions, but there are {len(labels)} "
            f"for {len(rows)} rows."
        )
    x = _as_images("x", x)
    came_back = [_as_images(f"rows[{i}]", row) for i, row in enumerate(rows)]
    for i, row in enumerate(came_back):
        if row.shape != x.shape:
            raise ValueError(
                f"rows[{i}] must hold images like x, but the shapes are {row.shape} and {x.shape}."
            )
    images = np.concatenate([x, *came_back])
    labels = ["input", *labels]
    alt = f"{len(x)} images in each of these rows: {listed(labels)}."
    return _draw(images, len(x), Normalize(0, 1), "gray_r", caption, alt, labels=labels)


@styled
def filters(weights: Tensor, columns: int = 10, caption: str | None = None) -> Picture:
    """Each column of a weight matrix as an image: dark below 0, light above, on one scale.

    Args:
        weights: floats of shape `(D, K)`, D a square number: the kernel of a `Dense` layer on
            images, or the transposed one of a decoder.
        columns: images in a row, 1 or more.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if the columns are no images.

    Example:

    >>> filters(np.eye(16)).axes[0].images[0].get_clim()
    (-1.0, 1.0)
    """
    check_array("weights", weights, rank=2)
    images = _as_images("weights", ops.convert_to_numpy(weights).T)
    columns = min(_positive("columns", columns), len(images))
    limit = float(np.abs(images).max()) or 1.0
    alt = f"The weights of {len(images)} units as images in rows of {columns}."
    return _draw(images, columns, Normalize(-limit, limit), SIGNED, caption, alt, bar=True)


def _draw(
    images, columns, norm, colours, caption, alt, titles=None, labels=None, bar=False, tile=TILE
):
    n, h, w = images.shape
    rows = math.ceil(n / columns)
    left = 14 + max((7 * len(label) for label in labels or ()), default=0)
    right = 64 if bar else 4
    scale = max(1, min(round(tile / w), (WIDTH - left - right) // (columns * (w + 1))))
    above = math.ceil(15 / scale) if titles is not None else max(1, round(3 / scale))
    beside = max(1, round(3 / scale))

    canvas = np.full((rows * (h + above), columns * (w + beside) - beside), np.nan)
    corners = [(i // columns * (h + above) + above, i % columns * (w + beside)) for i in range(n)]
    for image, (y, x) in zip(images, corners, strict=True):
        canvas[y : y + h, x : x + w] = image

    height, width = (scale * size for size in canvas.shape)
    figure = Picture(left + width + right, height + 8, caption, alt)
    axes = figure.axes_at(left, 4, width, height)
    axes.set_axis_off()
    drawn = axes.imshow(canvas, norm=norm, cmap=colours, interpolation="nearest", aspect="auto")
    for title, (y, x) in zip(titles if titles is not None else (), corners, strict=False):
        axes.text(x + w / 2 - 0.5, y - 0.5 - 2 / scale, title, ha="center", va="bottom", size=8)
    for label, (y, _) in zip(labels or (), corners[::columns], strict=False):
        axes.text(-0.5 - 6 / scale, y + h / 2 - 0.5, label, ha="right", va="center")
    if bar:
        place = figure.axes_at(left + width + 10, 4, 10, min(height, 3 * TILE) - 18)
        figure.colorbar(drawn, cax=place).outline.set_visible(False)
        place.set_title("weight", size=8, loc="left")
    return figure


def _as_images(name, x):
    """As NumPy images of shape `(N, H, W)`."""
    check_array(name, x, rank=(2, 3, 4))
    x = ops.convert_to_numpy(x)
    if x.ndim == 4:
        if x.shape[-1] != 1:
            raise ValueError(f"{name} must have one channel, but its shape is {x.shape}.")
        return x[..., 0]
    if x.ndim == 3:
        return x
    side = math.isqrt(x.shape[1])
    if side**2 != x.shape[1]:
        raise ValueError(
            f"{name} must hold square images, but {x.shape[1]} pixels are no square number."
        )
    return x.reshape(-1, side, side)


def _positive(name, value):
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name} must be an integer of at least 1, but is {value!r}.")
    return int(value)
