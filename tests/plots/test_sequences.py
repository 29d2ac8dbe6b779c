"""Drawings of sequences and of the chain rule: what they show is what they were given."""

import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch, Rectangle

from course_lib.plots import pixel_diagram, sequence_diagram, traces

RNG = np.random.default_rng(0)
BEAT = {"heard": RNG.normal(size=20), "rebuilt": RNG.normal(size=20)}


def inside(figure, things):
    for thing in things:
        box = thing.get_window_extent()
        assert box.x0 >= -1
        assert box.y0 >= -1
        assert box.x1 <= figure.bbox.x1 + 1
        assert box.y1 <= figure.bbox.y1 + 1


def test_traces_draw_each_curve_of_each_panel_on_one_scale():
    other = {name: 3 * values for name, values in BEAT.items()}
    figure = traces({"a": BEAT, "b": other}, columns=2)
    for axes, series in zip(figure.axes, (BEAT, other), strict=True):
        drawn = [line.get_ydata() for line in axes.lines]
        np.testing.assert_array_equal(drawn, list(series.values()))
    low, high = figure.axes[0].get_ylim()
    assert figure.axes[1].get_ylim() == (low, high)
    every = np.concatenate(list(other.values()))
    assert low < every.min() < every.max() < high


def test_a_gap_in_a_trace_is_drawn_as_a_gap():
    values = np.where(np.arange(20) < 10, np.nan, 1.0)
    (axes,) = traces({"a": {"half": values}}).axes
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), values)


@pytest.mark.parametrize(("steps", "feedback"), [(2, False), (4, False), (5, True)])
def test_a_sequence_is_unrolled_into_one_box_a_step_on_either_side(steps, feedback):
    figure = sequence_diagram(steps, feedback)
    (axes,) = figure.axes
    boxes = [patch for patch in axes.patches if type(patch) is Rectangle]
    assert len(boxes) == 2 * steps + 1
    arrows = [patch for patch in axes.patches if isinstance(patch, FancyArrowPatch)]
    # In, out, the code and the chain; and what is read back.
    assert len(arrows) == 3 * steps + 2 * (steps - 1) + 2 + feedback * (steps - 1)
    inside(figure, [*axes.texts, *boxes])


def test_a_pixel_diagram_shows_what_is_known_and_hides_the_rest():
    image = RNG.integers(2, size=(5, 5)).astype(float)
    figure = pixel_diagram(image, 12, 0.25)
    cells = [patch for patch in figure.axes[0].patches if type(patch) is Rectangle][:25]
    shown = [cell.get_facecolor()[0] for cell in cells if cell.get_facecolor()[3]]
    np.testing.assert_array_equal(shown, 1 - image.ravel()[:12])
    words = [text.get_text() for text in figure.axes[0].texts]
    assert {"0.25", "0.75"} <= set(words)
    bars = [p.get_width() for p in figure.axes[0].patches if type(p) is Rectangle][-4:]
    np.testing.assert_allclose(bars, [130, 32.5, 130, 97.5])
    inside(figure, figure.axes[0].texts)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: traces({}), "panels must hold one panel or more"),
        (lambda: traces({"a": BEAT, "b": {"heard": BEAT["heard"]}}), "each the same series"),
        (lambda: traces({"a": {"heard": np.ones((2, 2))}}), "heard"),
        (lambda: sequence_diagram(6), "steps must be"),
        (lambda: pixel_diagram(np.zeros((3, 3)), 9, 0.5), "pixel must be"),
        (lambda: pixel_diagram(np.zeros((3, 3)), 0, 1.5), "probability must be"),
        (lambda: pixel_diagram(np.zeros(9), 0, 0.5), "image"),
    ],
)
def test_bad_input_gets_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
