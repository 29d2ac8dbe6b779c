"""What a picture of scores and alarms shows is what it was given."""

import numpy as np
import pytest

from course_lib.plots import alarm_lanes, distributions

SCORES = {"normal": np.array([1.0, 1.0, 2.0, 2.0]), "anomalous": np.array([3.0, 4.0])}


def test_a_histogram_is_shares_of_its_kind():
    (axes,) = distributions({"error": SCORES}).axes
    filled = [patch for patch in axes.patches if patch.get_fill()]
    for patch in filled:
        assert np.nansum(patch.get_data().values) == pytest.approx(100)
        assert patch.get_data().edges[[0, -1]] == pytest.approx([1, 4])
    assert len(filled) == 2


def test_a_threshold_is_drawn_in_its_panel_alone():
    left, right = distributions({"a": SCORES, "b": SCORES}, thresholds={"b": 2.5}).axes
    assert not left.lines
    assert right.lines[0].get_xdata()[0] == 2.5


def test_alarms_are_the_steps_above_the_threshold():
    scores = np.array([np.nan, 1.0, 4.0, 9.0, 3.0])
    figure = alarm_lanes(np.arange(5.0), [(2, 4)], {"size": (scores, 3.5)})
    _, lane = figure.axes
    alarms = lane.lines[2]
    np.testing.assert_array_equal(alarms.get_xdata(), [2, 3])
    assert "size: 2" in figure.alt


def test_a_window_stands_where_it_is_labelled():
    figure = alarm_lanes(np.arange(9.0), [(2, 5)], {"size": (np.ones(9), 2.0)})
    for axes in figure.axes:
        box = axes.patches[0].get_extents().transformed(axes.transData.inverted())
        assert (round(box.x0, 6), round(box.x1, 6)) == (2, 4)


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda: distributions({}), "one panel or more"),
        (lambda: distributions({"a": SCORES, "b": {"normal": np.ones(2)}}), "the same kinds"),
        (lambda: distributions({"a": {"normal": np.zeros(3)}}, log=True), "above 0"),
        (lambda: distributions({"a": {"normal": np.ones((2, 2))}}), "normal"),
        (lambda: alarm_lanes(np.ones(3), [], {}), "one detector or more"),
        (lambda: alarm_lanes(np.ones(3), [], {"a": (np.ones(2), 1.0)}), "each of the 3 steps"),
        (lambda: alarm_lanes(np.ones(3), [], {"a": (np.ones(3), 0.0)}), "threshold of 'a'"),
    ],
)
def test_what_cannot_be_drawn_is_said(draw, said):
    with pytest.raises(ValueError, match=said):
        draw()
