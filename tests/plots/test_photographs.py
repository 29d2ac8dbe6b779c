"""Photographs, and the drawing of predictive sparse decomposition."""

import numpy as np
import pytest

from course_lib.plots import image_sum, photographs, predictive_diagram

RNG = np.random.default_rng(0)


def test_photographs_are_drawn_from_black_to_white_with_their_names():
    panels = {name: RNG.random((21, 16)) for name in ("noisy", "one pass", "clean", "again")}
    figure = photographs(panels, columns=3, caption="Look.")
    assert [axes.get_title(loc="left") for axes in figure.axes] == list(panels)
    for axes, image in zip(figure.axes, panels.values(), strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), image)
        assert axes.images[0].get_clim() == (0, 1)
        box = axes.get_window_extent()
        assert 0 <= box.x0 < box.x1 <= figure.bbox.x1 + 1
        assert 0 <= box.y0 < box.y1 <= figure.bbox.y1 + 1
    # As wide as they are high.
    assert box.height / box.width == pytest.approx(21 / 16, abs=0.01)
    assert figure.alt == "4 photographs: noisy, one pass, clean and again."


def test_one_photograph_does_not_fill_the_page():
    figure = photographs({"grey": np.full((10, 20), 0.5)})
    assert figure.pixels[0] < 400
    assert figure.alt == "1 photograph: grey."


@pytest.mark.parametrize(
    ("panels", "words"),
    [
        ({}, "panels must be a dictionary"),
        ({"a": np.zeros(4)}, r"panels\['a'\]"),
        ({"a": np.zeros((4, 4)), "b": np.zeros((4, 5))}, "one size"),
    ],
)
def test_photographs_that_do_not_fit_are_refused(panels, words):
    with pytest.raises(ValueError, match=words):
        photographs(panels)


def test_a_sum_below_zero_has_a_signed_scale_of_its_own():
    total, parts = RNG.normal(size=(1, 49)), 3 * RNG.normal(size=(2, 49))
    figure = image_sum(total, parts, np.array([1.0, 2.0]))
    limits = [axes.images[0].get_clim()[1] for axes in figure.axes if axes.images]
    assert limits == [np.abs(total).max(), *2 * [np.abs(parts).max()]]


def test_the_diagram_shows_both_codes_on_one_scale():
    x, code, prediction = RNG.normal(size=(1, 49)), RNG.normal(size=20), RNG.normal(size=20)
    figure = predictive_diagram(x, 0.5 * x, code, prediction, caption="Two codes.")
    canvas, first, second, *strips = figure.axes
    assert first.images[0].get_clim() == second.images[0].get_clim() == (x.min(), x.max())
    limit = max(np.abs(code).max(), np.abs(prediction).max())
    for axes, values in zip(strips, (code, prediction), strict=True):
        heights = [bar.get_height() for bar in axes.patches]
        np.testing.assert_allclose(heights, values / limit)
    words = [text.get_text() for text in canvas.texts]
    assert sum("Vert" in word for word in words) == 3
    for text in canvas.texts:
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.y0 >= -1
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1


def test_a_diagram_of_codes_of_two_sizes_is_refused():
    with pytest.raises(ValueError, match="one shape"):
        predictive_diagram(np.eye(4)[None], np.eye(4)[None], np.ones(3), np.ones(4))
