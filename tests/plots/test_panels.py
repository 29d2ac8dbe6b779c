"""Panels of points: what is given is drawn, on axes that can be compared."""

import numpy as np
import pytest

from course_lib.plots import point_panels

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(40, 2)), 3 * RNG.normal(size=(60, 2))
LABELS = np.arange(40) % 3


def points_of(axes):
    return np.concatenate([c.get_offsets() for c in axes.collections])


def test_every_point_is_drawn_in_the_panel_of_its_name():
    figure = point_panels({"a": A, "b": B})
    assert [axes.get_title() for axes in figure.axes] == ["a", "b"]
    for axes, points in zip(figure.axes, (A, B), strict=True):
        np.testing.assert_array_equal(points_of(axes), points)


def test_panels_share_axes_of_one_scale_or_have_their_own():
    first, second = point_panels({"a": A, "b": B}).axes
    assert first.get_xlim() == second.get_xlim()
    own, other = point_panels({"a": A, "b": B}, same_axes=False).axes
    assert np.ptp(own.get_xlim()) < np.ptp(other.get_xlim())
    for axes in (first, own, other):
        assert np.ptp(axes.get_xlim()) == pytest.approx(np.ptp(axes.get_ylim()))


def test_classes_are_coloured_and_named_at_their_medians():
    (axes,) = point_panels({"a": A}, labels={"a": LABELS}).axes
    assert len({tuple(c.get_facecolor()[0]) for c in axes.collections}) == 3
    for text, name in zip(axes.texts, (0, 1, 2), strict=True):
        assert text.get_text() == str(name)
        np.testing.assert_allclose(
            text.get_position(), np.median(A[np.equal(LABELS, name)], axis=0)
        )


def test_a_path_is_drawn_in_its_own_panel_only():
    first, second = point_panels({"a": A, "b": B}, path={"b": A[:5]}).axes
    assert not first.lines
    np.testing.assert_array_equal(second.lines[-1].get_xydata(), A[:5])


def test_rows_fill_from_the_top():
    figure = point_panels({name: A for name in "abc"}, columns=2)
    a, b, c = (axes.get_position() for axes in figure.axes)
    assert a.y0 == b.y0 > c.y0
    assert a.x0 == c.x0 < b.x0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"panels": {}}, "panels must be a dictionary"),
        ({"panels": {"a": np.zeros((3, 3))}}, "panels.* must have two numbers a row"),
        ({"labels": {"c": LABELS}}, "there is no panel 'c'"),
        ({"labels": {"a": LABELS[:5]}}, "there are 5 for 40 points"),
        ({"path": {"c": A}}, "there is no panel 'c'"),
        ({"path": {"a": A[:, :1]}}, "path.* must have two numbers a row"),
    ],
)
def test_bad_input(change, message):
    with pytest.raises(ValueError, match=message):
        point_panels(**{"panels": {"a": A}} | change)


def test_a_map_has_no_numbers_at_its_axes():
    points = {"a": np.eye(2), "b": np.eye(2)}
    numbered, bare = (point_panels(points, same_axes=False, ticks=t) for t in (True, False))
    assert all(len(axes.get_xticks()) for axes in numbered.axes)
    assert not any(len(axes.get_xticks()) + len(axes.get_yticks()) for axes in bare.axes)
