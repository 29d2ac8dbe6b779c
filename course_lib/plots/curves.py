"""How training went: a quantity against epochs, for one model or several."""

from typing import Any

from matplotlib.ticker import MaxNLocator

from course_lib.plots.style import MARKERS, SERIES, Picture, listed, styled


@styled
def training_curves(
    histories: dict[str, Any],
    metric: str = "loss",
    unit: str | None = "nats per image",
    caption: str | None = None,
) -> Picture:
    """Curves of training (dashed, hollow) and validation (solid, filled) against epochs.

    Args:
        histories: `{name: history}`, a history being what `fit` returns, or its dictionary
            `{metric: [value, ...]}`.
        metric: what to draw; its validation is `"val_" + metric`, drawn where there is one.
        unit: for the axis.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if there is no history, or one does not hold the metric.

    Example:

    >>> figure = training_curves({"small": {"loss": [3.0, 2.0], "val_loss": [3.5, 2.5]}})
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['small, training', 'small, validation']
    """
    if not isinstance(histories, dict) or not histories:
        raise ValueError(
            f"histories must be a dictionary of one history or more by name, but is {histories!r}."
        )
    unit_of = f"{metric.replace('_', ' ')} ({unit})" if unit else metric.replace("_", " ")
    alt = f"Curves of {unit_of} against epochs: {listed(histories)}, training and validation."
    figure = Picture(480, 284, caption, alt)
    axes = figure.axes_at(56, 44, 410, 228)
    for i, (name, history) in enumerate(histories.items()):
        values = getattr(history, "history", history)
        if not isinstance(values, dict) or not len(values.get(metric, ())):
            held = sorted(values) if isinstance(values, dict) else type(values).__name__
            raise ValueError(
                f"histories[{name!r}] must hold values of {metric!r}, but holds {held}."
            )
        look = {"color": SERIES[i % len(SERIES)], "marker": MARKERS[i % len(MARKERS)]}
        for key, kind, more in [
            (metric, "training", {"linestyle": (0, (4, 2)), "markerfacecolor": "none"}),
            (f"val_{metric}", "validation", {}),
        ]:
            if key in values:
                y = values[key]
                every = max(1, len(y) // 10)
                epochs = range(1, len(y) + 1)
                axes.plot(epochs, y, label=f"{name}, {kind}", markevery=every, **look, **more)
    axes.set_xlabel("epoch")
    axes.set_ylabel(unit_of)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend()
    return figure
