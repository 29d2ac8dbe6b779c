"""Named points: each at its mean, names apart from each other."""

import numpy as np
import pytest

from course_lib.plots import trade_offs

RNG = np.random.default_rng(0)
NAMES = ["plain", "sparse", "variational", "denoising", "convolutional", "stacked"]
MEASURED = {
    name: {"error": 10 + RNG.normal(size=3), "cost": RNG.random(3), "other": RNG.random(3)}
    for name in NAMES
}


def test_points_stand_at_the_means():
    (axes,) = trade_offs(MEASURED, [("cost", "error")]).axes
    for line, values in zip(axes.lines[::1], MEASURED.values(), strict=False):
        x, y = line.get_xydata()[0]
        assert (x, y) == (
            pytest.approx(values["cost"].mean()),
            pytest.approx(values["error"].mean()),
        )
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("cost", "error")


def test_a_panel_shows_who_has_both_quantities():
    some = MEASURED | {"pixels": {"error": np.array([9.0])}}
    left, right = trade_offs(some, [("cost", "error"), ("other", "cost")]).axes
    for axes in (left, right):
        assert [text.get_text() for text in axes.texts] == NAMES


def test_names_do_not_cover_each_other():
    figure = trade_offs(MEASURED, [("cost", "error")])
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:i])


def test_hollow_points_are_rings():
    (axes,) = trade_offs(MEASURED, [("cost", "error")], hollow=["plain"]).axes
    assert axes.lines[0].get_markerfacecolor() == "none"


def test_bad_input():
    with pytest.raises(ValueError, match="measured must hold"):
        trade_offs({}, [("a", "b")])
    with pytest.raises(ValueError, match="panels must hold"):
        trade_offs(MEASURED, [])
    with pytest.raises(ValueError, match="finite"):
        trade_offs({"a": {"x": np.array([np.nan]), "y": np.ones(1)}}, [("x", "y")])


def test_levels_are_drawn_where_they_are():
    (axes,) = trade_offs(MEASURED, [("cost", "error")], levels={"chance": 0.25}).axes
    assert [0.25, 0.25] in [list(line.get_ydata()) for line in axes.lines]
    assert "chance" in [text.get_text() for text in axes.texts]
