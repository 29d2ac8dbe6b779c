"""Vector fields: the arrows are the vectors, and panels share their axes."""

import numpy as np
import pytest

from course_lib.plots import vector_fields

POINTS = np.random.default_rng(0).normal(size=(9, 2))
FIELDS = {"a": POINTS + 1, "b": -3 * POINTS}


def test_arrows_are_the_vectors_in_units_of_the_axes():
    figure = vector_fields(POINTS, FIELDS)
    for axes, field in zip(figure.axes, FIELDS.values(), strict=True):
        (arrows,) = [c for c in axes.collections if hasattr(c, "U")]
        np.testing.assert_array_equal(arrows.XY, POINTS)
        np.testing.assert_array_equal(np.stack([arrows.U, arrows.V], 1), field)
        assert (arrows.angles, arrows.scale_units, arrows.scale) == ("xy", "xy", 1)


def test_axes_bear_the_symbol():
    first, second = vector_fields(POINTS, FIELDS, symbol="z").axes
    assert (first.get_xlabel(), first.get_ylabel()) == ("$z_1$", "$z_2$")
    assert (second.get_xlabel(), second.get_ylabel()) == ("$z_1$", "")


def test_panels_share_square_axes_that_hold_every_arrow():
    first, second = vector_fields(POINTS, FIELDS, samples=POINTS * 2).axes
    assert first.get_xlim() == second.get_xlim()
    assert first.get_ylim() == second.get_ylim()
    assert np.ptp(first.get_xlim()) == pytest.approx(np.ptp(first.get_ylim()))
    ends = np.concatenate([POINTS, 2 * POINTS, *(POINTS + field for field in FIELDS.values())])
    for limits, along in zip((first.get_xlim(), first.get_ylim()), ends.T, strict=True):
        assert limits[0] < along.min() < along.max() < limits[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"points": np.zeros((3, 3))}, "points must have two numbers a row"),
        ({"fields": {}}, "fields must be a dictionary"),
        ({"fields": {"a": np.zeros((4, 2))}}, "one vector for each of the 9 points"),
        ({"fields": {"a": np.full((9, 2), np.nan)}}, "fields"),
        ({"samples": np.zeros(4)}, "samples"),
    ],
)
def test_bad_input(change, message):
    with pytest.raises(ValueError, match=message):
        vector_fields(**{"points": POINTS, "fields": FIELDS} | change)
