"""How often a score takes which value, for several kinds of examples, beside a threshold."""

import numpy as np
from keras import ops

from course_lib.plots.style import FAINT, SERIES, WIDTH, Picture, listed, styled
from course_lib.validation import Tensor, check_array

BINS = 40


@styled
def distributions(
    panels: dict[str, dict[str, Tensor]],
    x_label: str = "score",
    thresholds: dict[str, float] | None = None,
    log: bool = False,
    caption: str | None = None,
) -> Picture:
    """One panel a score, in it one histogram a kind of example, each as shares of its kind.

    Args:
        panels: `{name of the score: {kind: floats of shape (N,)}}`, the same kinds in every
            panel; a panel has its own scale.
        x_label: quantity and unit of the scores.
        thresholds: `{name of the score: number}`, drawn as dotted lines.
        log: whether scores are drawn on a logarithmic axis; they must then be above 0.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if there is no panel, two hold other kinds, or a score is not above 0 on a
            logarithmic axis.

    Example:

    >>> rng = np.random.default_rng(0)
    >>> score = {"normal": rng.normal(size=50), "anomalous": 3 + rng.normal(size=20)}
    >>> distributions({"error": score}, thresholds={"error": 2.0}).alt
    'Histograms of score, normal and anomalous. Panel: error.'
    """
    drawn = {name: _kinds(name, kinds, log) for name, kinds in panels.items()}
    names = {tuple(kinds) for kinds in drawn.values()}
    if len(names) != 1 or not all(names):
        raise ValueError(
            "panels must hold one panel or more, and each the same kinds, but hold "
            f"{[list(kinds) for kinds in panels.values()]}."
        )
    (kinds,) = names
    wide, left = min(WIDTH / len(drawn), 480), 48
    named = f"Panel{'s' * (len(drawn) > 1)}: {listed(drawn)}."
    alt = f"Histograms of {x_label}, {listed(kinds)}. {named}"
    figure = Picture(wide * len(drawn), 236, caption, alt)
    for i, (name, values) in enumerate(drawn.items()):
        axes = figure.axes_at(i * wide + left, 42, wide - left - 12, 148)
        every = np.concatenate(list(values.values()))
        space = np.geomspace if log else np.linspace
        edges = space(every.min(), max(every.max(), every.min() + 1e-9), BINS + 1)
        for k, (kind, scores) in enumerate(values.items()):
            shares = 100 * np.histogram(scores, edges)[0] / len(scores)
            look = {"color": SERIES[(0, 2, 1, 3)[k % 4]], "linewidth": 1.6}
            axes.stairs(shares, edges, fill=True, alpha=0.25, color=look["color"])
            axes.stairs(shares, edges, label=kind, linestyle=["-", "--"][k % 2], **look)
        if log:
            axes.set_xscale("log")
        if thresholds and name in thresholds:
            axes.axvline(thresholds[name], color=FAINT, linestyle=":", label="threshold")
        axes.set_title(name, size=9, loc="left", pad=4)
        axes.set_xlabel(x_label)
        if i == 0:
            axes.set_ylabel("share of the kind (%)")
            handles, labels = axes.get_legend_handles_labels()
            figure.legend(handles, labels, loc="upper center", ncols=len(labels), borderpad=0)
    return figure


def _kinds(panel, kinds, log):
    found = {}
    for kind, scores in kinds.items():
        name = f"panels[{panel!r}][{kind!r}]"
        scores = np.asarray(ops.convert_to_numpy(scores), "float64")
        check_array(name, scores, rank=1)
        if log and not (scores > 0).all():
            raise ValueError(f"{name} must be above 0 on a logarithmic axis, but some are not.")
        found[kind] = scores
    return found
