import io
import sys

import numpy as np
import pytest
from keras import ops
from PIL import Image

from course_lib.plots import explorer, map_slider, matrix, point_panels, traversals


def decode(codes):
    """Images of 2 × 2 whose pixels are the four numbers of the code."""
    return ops.convert_to_tensor(codes)


def canvas(figure):
    return np.asarray(figure.axes[0].images[0].get_array())


def test_each_row_moves_its_unit_and_no_other():
    seen = []
    code = np.array([0.1, 0.2, 0.3, 0.4])
    traversals(lambda z: seen.append(z) or decode(z), code, units=[2, 0], span=1, steps=5)
    (codes,) = seen
    expected = np.tile(code, (10, 1))
    expected[:5, 2] = expected[5:, 0] = [-1, -0.5, 0, 0.5, 1]
    np.testing.assert_allclose(codes, expected, rtol=1e-6)
    np.testing.assert_array_equal(code, [0.1, 0.2, 0.3, 0.4])


def test_rows_carry_their_labels():
    figure = traversals(decode, np.zeros(4), units=[1, 3], labels=["slant", "size"])
    assert [text.get_text() for text in figure.axes[0].texts] == ["1: slant", "3: size"]


def test_without_a_reader_it_is_the_still_picture():
    still = explorer(decode, np.zeros(4), units=[1, 3])
    np.testing.assert_array_equal(canvas(still), canvas(traversals(decode, np.zeros(4), [1, 3])))


def test_without_widgets_it_is_the_still_picture(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    assert type(explorer(decode, np.zeros(4), live=True)).__name__ == "Picture"


def test_a_slider_moves_its_unit():
    pytest.importorskip("ipywidgets")
    seen = []
    code = np.array([0.1, 0.2, 0.3, 0.4], "float32")
    box = explorer(lambda z: seen.append(z) or decode(z), code, units=[3, 1], live=True)
    (walk,) = box.children
    sliders, picture = walk.children[0].children, walk.children[1]
    assert [slider.description for slider in sliders] == ["unit 3", "unit 1"]
    np.testing.assert_allclose(seen[-1], [code])
    before = bytes(picture.value)
    assert before.startswith(b"\x89PNG")
    sliders[0].value = 1.0
    np.testing.assert_allclose(seen[-1], [[0.1, 0.2, 0.3, 1.0]])
    assert bytes(picture.value) != before


@pytest.mark.parametrize(("side", "height"), [(16, 288), (28, 280), (300, 300)])
def test_the_live_image_is_large_and_square_and_bears_its_caption(side, height):
    pytest.importorskip("ipywidgets")
    box = explorer(
        lambda z: np.zeros((1, side, side), "float32"),
        *(np.zeros(9, "float32"), range(9), ["thickness?"] * 9),
        live=True,
        caption="a < b",
    )
    walk, caption = box.children
    assert caption.value == "a &lt; b"
    sliders, picture = walk.children
    names = [slider.description for slider in sliders.children]
    assert names == [f"{unit}: thickness?" for unit in range(9)]
    # A flex box stretches what it is not told to leave alone.
    assert walk.layout.align_items == "flex-start"
    shown = np.asarray(Image.open(io.BytesIO(picture.value)).convert("RGBA"))
    rows, columns = np.nonzero((shown == 255).all(-1))
    assert np.ptp(rows) + 1 == np.ptp(columns) + 1 == 2 * height
    on_page = int(picture.width), int(picture.height)
    assert (shown.shape[1], shown.shape[0]) == (2 * on_page[0], 2 * on_page[1])


@pytest.mark.parametrize("draw", [traversals, explorer])
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"code": np.zeros((1, 4))}, "code must have 1 axis"),
        ({"units": [4]}, "units must be numbers from 0 to 3"),
        ({"units": []}, "units must be numbers from 0 to 3"),
        ({"labels": ["one"]}, "labels must name each of the 4 units"),
    ],
)
def test_bad_walks_are_refused(draw, wrong, message):
    with pytest.raises(ValueError, match=message):
        draw(decode, **{"code": np.zeros(4), **wrong})


def test_matrix_writes_each_number_and_shades_it():
    values = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
    figure = matrix(values, rows=["a", "b"], columns=["x", "y", "z"], digits=1)
    axes = figure.axes[0]
    np.testing.assert_array_equal(canvas(figure), values)
    assert [t.get_text() for t in axes.texts] == ["0.0", "1.0", "2.0", "3.0", "4.0", "5.0"]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["x", "y", "z"]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["a", "b"]
    shades = axes.images[0].to_rgba(values)[..., :3].mean(-1).ravel()
    assert (np.diff(shades) < 0).all()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"values": -np.ones((2, 2))}, "values must"),
        ({"rows": ["a"]}, "rows must hold one name"),
        ({"columns": ["a", "b", "c"]}, "columns must hold one name"),
    ],
)
def test_bad_matrices_are_refused(wrong, message):
    right = {"values": np.eye(2), "rows": ["a", "b"], "columns": ["x", "y"]}
    with pytest.raises(ValueError, match=message):
        matrix(**(right | wrong))


def test_maps_without_a_reader_stand_side_by_side():
    maps = {name: np.random.default_rng(0).normal(size=(9, 2)) for name in ("2", "30")}
    figure = map_slider(maps, np.arange(9) % 2)
    assert [axes.get_title() for axes in figure.axes] == ["perplexity 2", "perplexity 30"]


def test_a_slider_changes_the_map():
    pytest.importorskip("ipywidgets")
    rng = np.random.default_rng(0)
    maps = {name: rng.normal(size=(9, 2)) for name in ("2", "30")}
    slider, picture, below = map_slider(maps, setting="k", live=True, caption="Two.").children
    assert slider.options == ("k 2", "k 30")
    for name in ("2", "30"):
        slider.value = f"k {name}"
        alone = point_panels({f"k {name}": maps[name]}, same_axes=False, columns=1)
        assert bytes(picture.value) == alone.png()
    assert below.value == "Two."
