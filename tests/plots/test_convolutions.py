"""The drawings of convolutions: each stamp and each plane is where it belongs, none left out."""

import numpy as np
import pytest
from matplotlib.patches import Polygon, Rectangle

from course_lib.plots import feature_maps, stamp_overlap

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(("kernel", "stride"), [(3, 2), (4, 2), (2, 2), (5, 3), (1, 2)])
def test_the_numbers_count_the_stamps_on_each_output(kernel, stride):
    figure = stamp_overlap([kernel], stride=stride, inputs=4)
    axes = figure.axes[0]
    ones = np.zeros(stride * 3 + kernel)
    for place in range(4):
        ones[stride * place : stride * place + kernel] += 1
    numbers = [text.get_text() for text in axes.texts if text.get_text().isdigit()]
    assert numbers == [f"{count:.0f}" for count in ones]
    # Each stamp ends on the outputs that it reaches.
    boxes = [box for box in axes.patches if isinstance(box, Rectangle)][4:]
    for place, stamp in enumerate(p for p in axes.patches if isinstance(p, Polygon)):
        reached = stamp.get_xy()[:, 0]
        first, last = boxes[stride * place], boxes[stride * place + kernel - 1]
        assert reached.min() == pytest.approx(first.get_x())
        assert reached.max() == pytest.approx(last.get_x() + last.get_width())


def test_kernels_stand_side_by_side_and_nothing_leaves_the_picture():
    figure = stamp_overlap([3, 4], inputs=6)
    words = [text for text in figure.axes[0].texts if not text.get_text().isdigit()]
    assert [text.get_text() for text in words] == ["kernel 3, stride 2", "kernel 4, stride 2"]
    for thing in [*figure.axes[0].texts, *figure.axes[0].patches]:
        box = thing.get_window_extent()
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1


def test_each_plane_of_each_stage_is_drawn_once_on_its_stage_s_scale():
    maps, code = RNG.normal(size=(1, 4, 4, 5)), RNG.normal(size=(1, 6))
    figure = feature_maps({"$x$": RNG.random((1, 8, 8, 1)), "maps": maps, "code": code})
    canvases = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    planes = (maps[0] - maps.min()) / np.ptp(maps)
    corners = [(0, 0), (0, 5), (0, 10), (5, 0), (5, 5)]
    for i, (y, x) in enumerate(corners):
        np.testing.assert_allclose(canvases[1][y : y + 4, x : x + 4], planes[..., i])
    np.testing.assert_allclose(canvases[2].ravel()[:6], (code[0] - code.min()) / np.ptp(code))
    words = [text.get_text() for text in figure.axes[0].texts]
    assert words == ["$x$", "8 × 8", "maps", "5 of 4 × 4", "code", "6 numbers"]


def test_a_flat_stage_is_paper():
    (drawn,) = [a for a in feature_maps({"h": np.ones((1, 3))}).axes if a.images]
    assert np.nanmax(drawn.images[0].get_array()) == 0


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: stamp_overlap([]), "kernels must be one or more whose outputs fit"),
        (lambda: stamp_overlap([3, 4], inputs=40), "kernels must be one or more whose outputs fit"),
        (lambda: stamp_overlap([0]), "kernels must be a whole number"),
        (lambda: feature_maps({}), "stages must be a dictionary of one stage or more"),
        (lambda: feature_maps({"h": np.ones((2, 3))}), "must be of one image"),
    ],
)
def test_bad_input_gets_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
