"""Maps of one set of points, one for each value of a setting, under one slider."""

from html import escape
from typing import Any

from course_lib.plots.panels import point_panels
from course_lib.validation import Tensor


def map_slider(
    maps: dict[str, Tensor],
    labels: Tensor | None = None,
    setting: str = "perplexity",
    live: bool = False,
    caption: str | None = None,
) -> Any:
    """A slider over maps that were made before, and the map that it stands at.

    Args:
        maps: `{value of the setting: floats of shape (N, 2)}`, in the order of the slider.
        labels: integers of shape `(N,)`: classes, which are coloured.
        setting: what the slider is called.
        live: whether anybody is there to move it; if not, or without ipywidgets, all maps stand
            side by side.
        caption: text below.

    Returns:
        An ipywidgets box, or a matplotlib `Figure`.

    Raises:
        ValueError: if there is no map, or labels do not fit.

    Example:

    >>> import numpy as np
    >>> map_slider({"5": np.zeros((4, 2)), "30": np.ones((4, 2))}).alt
    'Points in the plane, one panel each: perplexity 5 and perplexity 30.'
    """
    still = {f"{setting} {value}": points for value, points in maps.items()}
    colours = None if labels is None else dict.fromkeys(still, labels)
    figure = point_panels(still, colours, same_axes=False, caption=caption)
    try:
        import ipywidgets
    except ImportError:
        live = False
    if not live:
        return figure
    pictures = {
        name: point_panels(
            {name: points}, colours and {name: colours[name]}, same_axes=False, columns=1
        )
        for name, points in still.items()
    }
    slider = ipywidgets.SelectionSlider(options=list(pictures), layout={"width": "28em"})
    picture = ipywidgets.Image(format="png")

    def show(change=None):
        shown = pictures[slider.value]
        picture.value = shown.png()
        picture.width, picture.height = map(str, shown.pixels)

    slider.observe(show, names="value")
    show()
    below = [ipywidgets.HTML(escape(caption))] if caption else []
    return ipywidgets.VBox([slider, picture, *below], layout={"align_items": "flex-start"})
