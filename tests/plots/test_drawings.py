"""The drawings: what they show is where they say, and nothing leaves the page."""

import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch, Rectangle

from course_lib.plots import autoencoder_diagram, bars, code_map, image_sum, plane

RNG = np.random.default_rng(0)
IMAGE = RNG.random((1, 784))


def words(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_a_diagram_has_one_bar_a_layer_and_says_how_wide_each_is():
    figure = autoencoder_diagram([784, 128, 32], x=IMAGE, x_hat=IMAGE)
    layers = [bar for bar in figure.axes[0].patches if type(bar) is Rectangle and bar.get_fill()]
    heights = np.array([bar.get_height() for bar in layers])
    np.testing.assert_allclose(heights / heights[0], np.sqrt([1, 128 / 784, 32 / 784, *_back]))
    assert [word for word in words(figure) if word.isdigit()] == ["784", "128", "32", "128", "784"]


_back = 128 / 784, 1


@pytest.mark.parametrize("corrupted", [None, IMAGE])
def test_the_loss_of_a_diagram_joins_the_clean_input_and_the_output(corrupted):
    figure = autoencoder_diagram([784, 32], x=IMAGE, x_hat=IMAGE, corrupted=corrupted)
    (line,) = figure.axes[0].lines
    stamps = [image.get_extent() for image in figure.axes[0].images]
    middles = sorted((left + right) / 2 for left, right, *_ in stamps)
    assert (min(line.get_xdata()), max(line.get_xdata())) == (middles[0], middles[-1])
    arrows = [p for p in figure.axes[0].patches if isinstance(p, FancyArrowPatch)]
    assert len(arrows) == 2 + (corrupted is not None)


def test_nothing_of_a_diagram_leaves_the_picture():
    figure = autoencoder_diagram(
        [784, 256, 128, 2], x=IMAGE, x_hat=IMAGE, corrupted=IMAGE, penalty="penalty"
    )
    for thing in [*figure.axes[0].texts, *figure.axes[0].patches]:
        box = thing.get_window_extent()
        assert box.x0 >= -1
        assert box.y0 >= -1
        assert box.x1 <= figure.bbox.x1 + 1
        assert box.y1 <= figure.bbox.y1 + 1


def test_an_image_sum_shows_its_parts_on_one_scale_with_their_weights():
    parts = RNG.normal(size=(3, 784))
    figure = image_sum(IMAGE, parts, np.array([0.8, -0.3, 1.0]), rest=12)
    drawn = [axes.images[0] for axes in figure.axes if axes.images]
    np.testing.assert_array_equal(drawn[0].get_array(), IMAGE.reshape(28, 28))
    for image, part in zip(drawn[1:], parts, strict=True):
        np.testing.assert_array_equal(image.get_array(), part.reshape(28, 28))
        assert image.get_clim() == (-np.abs(parts).max(), np.abs(parts).max())
    assert words(figure) == ["$x'$", "= 0.8 ·", "− 0.3 ·", "+ 1.0 ·", "+ 12 more"]


def test_an_image_sum_of_images_shows_them_as_it_shows_the_total():
    parts = RNG.random((2, 784))
    figure = image_sum(IMAGE, parts, np.array([0.5, 0.5]))
    total, *drawn = [axes.images[0] for axes in figure.axes if axes.images]
    for image in drawn:
        assert image.get_clim() == total.get_clim() == (0, 1)
        assert image.get_cmap() == total.get_cmap()


def test_a_plane_draws_what_it_is_given_on_one_scale():
    curve, start = RNG.normal(size=(20, 2)), np.zeros((2, 2))
    figure = plane({"curve": curve}, {"data": start + 2}, {"way": (start, start + 1)}, cloud=curve)
    axes = figure.axes[0]
    np.testing.assert_array_equal(axes.lines[0].get_xydata(), curve)
    assert len([p for p in axes.patches if isinstance(p, FancyArrowPatch)]) == 2
    assert np.diff(axes.get_xlim()) == pytest.approx(np.diff(axes.get_ylim()))
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["curve", "data", "way"]


def test_bars_are_as_high_as_the_code_and_share_a_scale():
    code = np.array([0.0, 2.0, 0.5])
    figure = bars({"plain": code, "sparse": code[::-1]})
    heights = [[bar.get_height() for bar in axes.patches] for axes in figure.axes]
    np.testing.assert_array_equal(heights, [code, code[::-1]])
    assert len({axes.get_ylim() for axes in figure.axes}) == 1


def test_a_map_shows_images_where_their_codes_are_and_apart_from_each_other():
    codes = RNG.normal(size=(500, 2))
    codes[0] = 1_000  # one far code does not press the others together
    axes = code_map(codes, RNG.random((500, 16))).axes[0]
    assert axes.get_xlim()[1] < 5
    middles = np.array([np.reshape(i.get_extent(), (2, 2)).mean(1) for i in axes.images])
    found = [np.abs(codes - middle).sum(1).min() for middle in middles]
    np.testing.assert_allclose(found, 0, atol=1e-9)
    on_page = axes.transData.transform(middles)
    apart = np.abs(on_page[:, None] - on_page).max(-1) + 1e9 * np.eye(len(on_page))
    assert len(middles) > 100
    assert apart.min() > 17


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: autoencoder_diagram([784]), "encoder and decoder must have two layers or more"),
        (lambda: autoencoder_diagram([784, 32], [16, 784]), "must .* share the code"),
        (lambda: image_sum(IMAGE, IMAGE, np.ones(2)), "weights must be one for each of the 1"),
        (lambda: plane(), "curves, points or arrows must hold something to draw"),
        (lambda: plane(arrows={"a": (np.ones((2, 2)), np.ones((1, 2)))}), "must end as often"),
        (lambda: bars({}), "panels must be a dictionary of one panel or more"),
        (lambda: code_map(np.ones((2, 2)), IMAGE), "images and labels must be one a code"),
    ],
)
def test_bad_input_gets_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
