"""Codes of two numbers as a map."""

import numpy as np
from keras import ops

from course_lib.plots.style import CLASSES, DARK, PAPER, Picture, listed, styled
from course_lib.validation import Tensor, check_array


@styled
def codes_2d(codes: Tensor, labels: Tensor, caption: str | None = None) -> Picture:
    """The class of each code written where the code is, and once more, ringed, at its median.

    Args:
        codes: floats of shape `(N, 2)`.
        labels: integers of shape `(N,)`.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if codes are not two numbers each, or labels do not fit them.

    Example:

    >>> figure = codes_2d(np.random.normal(size=(20, 2)), np.arange(20) % 2)
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['0', '1']
    """
    check_array("codes", codes, rank=2)
    check_array("labels", labels, rank=1, integer=True)
    codes, labels = ops.convert_to_numpy(codes), ops.convert_to_numpy(labels)
    if codes.shape[1] != 2:
        raise ValueError(f"codes must have two numbers each, but their shape is {codes.shape}.")
    if len(labels) != len(codes):
        raise ValueError(
            f"labels must be one per code, but there are {len(labels)} for {len(codes)} codes."
        )
    classes, index = np.unique(labels, return_inverse=True)
    alt = f"Map of {len(codes):,} codes of two numbers, coloured by class: {listed(classes)}."
    figure = Picture(420, 400, caption, alt)
    axes = figure.axes_at(50, 44, 360, 346)
    size = float(np.clip(30_000 / len(codes), 9, 40))
    for i, name in enumerate(classes):
        look = {"marker": f"${name}$", "color": CLASSES[i % len(CLASSES)], "linewidths": 0}
        axes.scatter(*codes[index == i].T, s=size, alpha=0.8, **look)
    axes.autoscale_view()
    medians = np.stack([np.median(codes[index == i], axis=0) for i in range(len(classes))])
    on_page = _apart(axes.transData.transform(medians), distance=24)
    places = axes.transData.inverted().transform(on_page)
    for i, (name, place) in enumerate(zip(classes, places, strict=True)):
        ring = {"boxstyle": "circle,pad=0.2", "facecolor": PAPER, "linewidth": 2}
        ring["edgecolor"] = CLASSES[i % len(CLASSES)]
        look = {"color": DARK, "weight": "bold", "ha": "center", "va": "center"}
        axes.text(*place, str(name), bbox=ring, **look)
    axes.set_xlabel("code $h_1$")
    axes.set_ylabel("code $h_2$")
    return figure


def _apart(places, distance, rounds=100):
    """Push places apart, pair by pair, until all are that many pixels from each other."""
    places = places + 1e-3 * np.arange(len(places))[:, None]
    for _ in range(rounds):
        away = places[:, None] - places[None]
        length = np.linalg.norm(away, axis=-1, keepdims=True) + np.eye(len(places))[..., None]
        places = places + (away / length * np.clip(distance - length, 0, None)).sum(1) / 4
    return places
