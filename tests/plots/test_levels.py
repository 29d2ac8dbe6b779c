"""Level lines: every code is drawn around the curve, on lines that mean the same everywhere."""

import numpy as np
import pytest

from course_lib.plots import level_lines

T = np.linspace(-1, 1, 30)
CURVE = np.stack([T, T**2], axis=1)


def levels_of(axes):
    return axes.collections[0].levels


def test_each_code_has_a_panel_with_the_curve():
    figure = level_lines({"a": lambda x: x[:, 0], "b": lambda x: x[:, 0] + x[:, 1]}, CURVE)
    assert [axes.get_title() for axes in figure.axes] == ["a", "b"]
    for axes in figure.axes:
        curve = next(line for line in axes.lines if line.get_label() == "manifold")
        np.testing.assert_array_equal(curve.get_xydata(), CURVE)


def test_panels_share_their_levels():
    figure = level_lines({"a": lambda x: x[:, 0], "b": lambda x: 2 * x[:, 0]}, CURVE)
    first, second = map(levels_of, figure.axes)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(np.diff(first), np.diff(first)[0])


def test_arrows_are_within_the_picture():
    (axes,) = level_lines({"a": lambda x: x[:, 0]}, CURVE, arrows={"away": ([0, 0], [0, 3])}).axes
    assert len(axes.patches) == 1
    assert axes.get_ylim()[1] > 3


@pytest.mark.parametrize("panels", [{}, None, {"a": lambda x: x}, {"a": lambda x: x[:3, 0]}])
def test_what_is_no_code_is_refused(panels):
    with pytest.raises(ValueError, match="panels"):
        level_lines(panels, CURVE)
