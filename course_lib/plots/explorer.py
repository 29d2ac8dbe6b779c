"""Walks through a code: one unit moved at a time, as a still picture or by sliders."""

import numpy as np
from keras import ops
from matplotlib.colors import Normalize

from course_lib.plots.images import _as_images, _draw, image_grid
from course_lib.plots.style import styled
from course_lib.validation import check_array


@styled
def traversals(decode, code, units=None, labels=None, span=2.5, steps=9, caption=None):
    """One row a unit: the images of a code with that unit moved from −span to span.

    Args:
        decode: function of codes `(N, K)` that returns images.
        code: where the walk starts, floats of shape `(K,)`.
        units: numbers of the units to move; by default all.
        labels: one name a row; by default the unit's number.
        span: how far a unit is moved to either side of 0, above 0.
        steps: images a row, 2 or more.
        caption: text below the picture.

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
    return _draw(images, steps, Normalize(0, 1), "gray_r", caption, labels=labels)


def explorer(decode, code, units=None, labels=None, span=2.5, live=False, caption=None):
    """Sliders, one a unit, and the image that their code decodes to.

    Args:
        decode: function of codes `(N, K)` that returns images.
        code: where the sliders start, floats of shape `(K,)`.
        units: numbers of the units that get a slider; by default all.
        labels: one name a slider; by default the unit's number.
        span: how far a slider goes to either side of 0, above 0.
        live: whether anybody is there to move them; if not, or without ipywidgets, the still
            picture of `traversals` takes their place.
        caption: text below the still picture.

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
    sliders = [
        ipywidgets.FloatSlider(
            value=float(np.clip(code[unit], -span, span)),
            min=-span,
            max=span,
            step=span / 25,
            description=label,
        )
        for unit, label in zip(units, labels, strict=True)
    ]

    def show(change=None):
        moved = code.copy()
        moved[units] = [slider.value for slider in sliders]
        image = _as_images("decode(codes)", decode(moved[None]))
        larger = np.kron(image, np.ones((1, 6, 6), "float32"))
        picture.value = image_grid(larger)._repr_png_()

    for slider in sliders:
        slider.observe(show, names="value")
    show()
    return ipywidgets.HBox([ipywidgets.VBox(sliders), picture])


def _walk(code, units, labels):
    check_array("code", code, rank=1)
    code = np.array(ops.convert_to_numpy(code), "float32")
    units = list(range(len(code))) if units is None else [int(unit) for unit in units]
    if not units or not all(0 <= unit < len(code) for unit in units):
        raise ValueError(
            f"units must be numbers from 0 to {len(code) - 1}, the units of the code, "
            f"but are {units}."
        )
    labels = [f"unit {unit}" for unit in units] if labels is None else [str(v) for v in labels]
    if len(labels) != len(units):
        raise ValueError(
            f"labels must name each of the {len(units)} units, but there are {len(labels)}."
        )
    return code, units, labels
