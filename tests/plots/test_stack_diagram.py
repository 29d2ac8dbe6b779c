"""The drawing of greedy pretraining: every layer where it is trained, and nothing off the page."""

import pytest
from matplotlib.colors import to_rgba
from matplotlib.patches import FancyArrowPatch, Rectangle

from course_lib.plots import stack_diagram
from course_lib.plots.diagram import CODE, DECODER
from course_lib.plots.style import FAINT


def bars(figure):
    """Colour and left edge of each layer."""
    return [(p.get_facecolor(), p.get_x()) for p in figure.axes[0].patches if type(p) is Rectangle]


@pytest.mark.parametrize("levels", [1, 2, 3, 4])
def test_each_panel_has_its_finished_layers_a_code_and_what_is_rebuilt(levels):
    figure = stack_diagram([784, *[200] * levels])
    colours = [colour for colour, _ in bars(figure)]
    assert colours.count(to_rgba(FAINT)) == levels * (levels + 1) / 2
    assert colours.count(to_rgba(CODE)) == levels + 1  # one a level, and the classes
    assert colours.count(to_rgba(DECODER)) == levels
    arrows = [p for p in figure.axes[0].patches if isinstance(p, FancyArrowPatch)]
    assert len(arrows) == levels


def test_each_layer_says_how_wide_it_is():
    words = [text.get_text() for text in stack_diagram([784, 64], classes=3).axes[0].texts]
    numbers = sorted(int(word) for word in words if word.isdigit())
    assert numbers == [3, 64, 64, 784, 784, 784]
    assert {"level 1", "fine-tuning"} < set(words)


@pytest.mark.parametrize("widths", [[784, 200], [784, 1_000, 1_000, 1_000], [64, 32, 16, 8, 4]])
def test_nothing_leaves_the_picture(widths):
    figure = stack_diagram(widths)
    for thing in [*figure.axes[0].texts, *figure.axes[0].patches]:
        box = thing.get_window_extent()
        assert box.x0 >= -1
        assert box.y0 >= -1
        assert box.x1 <= figure.bbox.x1 + 1
        assert box.y1 <= figure.bbox.y1 + 1


@pytest.mark.parametrize("widths", [[784], [784, 0], [784, 2.5], []])
def test_what_is_no_stack_is_refused(widths):
    with pytest.raises(ValueError, match="widths must be"):
        stack_diagram(widths)
