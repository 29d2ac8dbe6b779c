"""The drawings of generative models: who moves in which phase, and nothing off the page."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from course_lib.plots import pair_diagram, phase_diagram, variational_diagram
from course_lib.plots.diagram import CODE, DECODER, ENCODER
from course_lib.plots.style import FAINT


def boxes(figure):
    return [p for p in figure.axes[0].patches if isinstance(p, FancyBboxPatch)]


def test_each_phase_colours_the_networks_that_move_and_no_others():
    colours = [box.get_edgecolor() for box in boxes(phase_diagram())]
    # Reconstruction f, g; then f (still) and d; then f and d (still).
    expected = [ENCODER, DECODER, FAINT, CODE, ENCODER, FAINT]
    assert colours == [to_rgba(colour) for colour in expected]


def test_each_phase_says_what_it_minimises():
    words = [text.get_text() for text in phase_diagram().axes[0].texts]
    assert sum("log" in word for word in words) == 3
    assert {"1  reconstruction", "2  discriminator", "3  generator"} < set(words)


def test_all_three_networks_of_a_pair_move():
    colours = [box.get_edgecolor() for box in boxes(pair_diagram())]
    assert colours == [to_rgba(colour) for colour in (ENCODER, DECODER, CODE)]


def test_images_stand_where_they_are_given():
    image = np.full((1, 16), 0.5)
    without, with_all = (
        variational_diagram(),
        variational_diagram(x=image, x_hat=image, drawn=image),
    )
    assert len(without.axes[0].images) == 0
    assert len(with_all.axes[0].images) == 3
    assert "$x$" in [text.get_text() for text in without.axes[0].texts]


@pytest.mark.parametrize("draw", [pair_diagram, phase_diagram, variational_diagram])
def test_nothing_leaves_the_picture(draw):
    figure = draw()
    for thing in [*figure.axes[0].texts, *figure.axes[0].patches]:
        if isinstance(thing, FancyArrowPatch):
            continue
        box = thing.get_window_extent()
        assert box.x0 >= -1
        assert box.y0 >= -1
        assert box.x1 <= figure.bbox.x1 + 1
        assert box.y1 <= figure.bbox.y1 + 1
