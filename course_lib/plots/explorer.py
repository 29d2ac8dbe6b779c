"""Walks through a code: one unit moved at a time, as a still picture or by sliders."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import numpy as np
from keras import ops
from matplotlib.colors import Normalize

from course_lib.plots.images import _as_images, _draw
from course_lib.plots.style import Picture, listed, styled
from course_lib.validation import Tensor, check_array

LARGE = 280  # pixels on the page, about, of the one image that sliders move


@styled
def traversals(
    decode: Callable[[np.ndarray], Tensor],
    code: Tensor,
    units: Sequence[int] | None = None,
    labels: Sequence[str] | None = None,
    span: float = 2.5,
    steps: int = 9,
    caption: str | None = None,
) -> Picture:
    """One row a unit: the images of a code with that unit moved from −span to span.

    Args:
        decode: function of codes `(N, K)` that returns images.
        code: where the walk starts, floats of shape `(K,)`.
        units: numbers of the units to move; by default all.
        labels: one name a row, that follows the unit's number.
        span: how far a unit is moved to either side of 0, above 0.
        steps: images a row, 2 or more.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if units are not in the code, or labels do not fit them.

    Example:

    >>> figure = traversals(lambda z: np.tile(z, 2) ** 2, np.zeros(2), steps=3)
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['unit 0', 'unit 1']
    """
    code, units, labels = _walk(code, units, labels)
    codes = np.tile(code, (len(units), steps, 1))
    for row, unit in enumerate(units):
        codes[row, :, unit] = np.linspace(-span, span, steps)
    images = _as_images("decode(codes)", decode(codes.reshape(-1, len(code))))
    alt = f"Images decoded while one number of the code moves from left to right: {listed(labels)}."
    return _draw(images, steps, Normalize(0, 1), "gray_r", caption, alt, labels=labels)


def explorer(
    decode: Callable[[np.ndarray], Tensor],
    code: Tensor,
    units: Sequence[int] | None = None,
    labels: Sequence[str] | None = None,
    span: float = 2.5,
    live: bool = False,
    caption: str | None = None,
) -> Any:
    """Sliders, one a unit, and the image that their code decodes to.

    Args:
        decode: function of codes `(N, K)` that returns images.
        code: where the sliders start, floats of shape `(K,)`.
        units: numbers of the units that get a slider; by default all.
        labels: one name a slider, that follows the unit's number.
        span: how far a slider goes to either side of 0, above 0.
        live: whether anybody is there to move them; if not, or without ipywidgets, the still
            picture of `traversals` takes their place.
        caption: text below.

    Returns:
        An ipywidgets box, or a matplotlib `Figure`.

    Raises:
        ValueError: if units are not in the code, or labels do not fit them.

    Example:

    >>> type(explorer(lambda z: np.tile(z, 2) ** 2, np.zeros(2))).__name__
    'Picture'
    """
    try:
        import ipywidgets
    except ImportError:
        live = False
    if not live:
        return traversals(decode, code, units, labels, span, caption=caption)
    code, units, labels = _walk(code, units, labels)
    picture = ipywidgets.Image(format="png")
    names = {"description_width": f"{0.6 * max(map(len, labels)) + 0.5}em"}
    sliders = [
        ipywidgets.FloatSlider(
            value=float(np.clip(code[unit], -span, span)),
            min=-span,
            max=span,
            step=span / 25,
            description=label,
            style=names,
            layout={"width": "auto"},
        )
        for unit, label in zip(units, labels, strict=True)
    ]

    def show(change=None):
        moved = code.copy()
        moved[units] = [slider.value for slider in sliders]
        figure = _large("decode(codes)", decode(moved[None]))
        picture.value = figure.png()
        picture.width, picture.height = map(str, figure.pixels)

    for slider in sliders:
        slider.observe(show, names="value")
    show()
    # Stretched to the height of the sliders, the image would lose its proportions.
    beside = {"align_items": "flex-start", "flex_flow": "row wrap"}
    column = ipywidgets.VBox(sliders, layout={"width": "32em", "flex": "0 1 auto"})
    walk = ipywidgets.HBox([column, picture], layout=beside)
    below = [ipywidgets.HTML(escape(caption))] if caption else []
    return ipywidgets.VBox([walk, *below])


@styled
def _large(name, image):
    return _draw(_as_images(name, image), 1, Normalize(0, 1), "gray_r", None, "", tile=LARGE)


def _walk(code, units, labels):
    check_array("code", code, rank=1)
    code = np.array(ops.convert_to_numpy(code), "float32")
    units = list(range(len(code))) if units is None else [int(unit) for unit in units]
    if not units or not all(0 <= unit < len(code) for unit in units):
        raise ValueError(
            f"units must be numbers from 0 to {len(code) - 1}, the units of the code, "
            f"but are {units}."
        )
    if labels is None:
        return code, units, [f"unit {unit}" for unit in units]
    if len(labels) != len(units):
        raise ValueError(
            f"labels must name each of the {len(units)} units, but there are {len(labels)}."
        )
    # Two units may seem to do the same: the number tells them apart.
    return code, units, [f"{unit}: {v}" for unit, v in zip(units, labels, strict=True)]
