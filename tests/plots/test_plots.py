import base64
import io
import itertools

import keras
import matplotlib
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from keras import ops
from PIL import Image

from course_lib.plots import (
    alarm_lanes,
    autoencoder_diagram,
    bars,
    code_map,
    codes_2d,
    distributions,
    filters,
    image_grid,
    image_sum,
    lines,
    matrix,
    pair_diagram,
    pixel_diagram,
    plane,
    point_panels,
    reconstructions,
    sequence_diagram,
    style,
    traces,
    trade_offs,
    training_curves,
    traversals,
    vector_fields,
)


def draw(*shape, seed=0):
    return np.random.default_rng(seed).uniform(size=shape)


def tiles(figure, side):
    """The images that a picture shows, cut out of its canvas at the paper between them."""
    canvas = np.ma.filled(figure.axes[0].images[0].get_array(), np.nan)
    inked = ~np.isnan(canvas)
    tops, lefts = (
        [i for i in range(len(line)) if line[i] and (i == 0 or not line[i - 1])]
        for line in (inked.any(1), inked.any(0))
    )
    found = [canvas[y : y + side, x : x + side] for y in tops for x in lefts]
    return np.stack([tile for tile in found if not np.isnan(tile).any()])


@pytest.mark.parametrize("shape", [(7, 25), (7, 5, 5), (7, 5, 5, 1)])
@pytest.mark.parametrize("titles", [None, list("abcdefg")])
def test_grid_shows_the_images_in_order(shape, titles):
    images = draw(*shape)
    figure = image_grid(images, columns=3, titles=titles)
    np.testing.assert_array_equal(tiles(figure, 5), images.reshape(7, 5, 5))
    assert [t.get_text() for t in figure.axes[0].texts] == (titles or [])
    assert figure.axes[0].images[0].get_clim() == (0, 1)


def test_a_label_stands_before_its_row():
    figure = image_grid(draw(5, 25), columns=2, labels=["one", "two", "three"])
    assert [t.get_text() for t in figure.axes[0].texts] == ["one", "two", "three"]
    x, y = zip(*(t.get_position() for t in figure.axes[0].texts), strict=True)
    assert max(x) < 0
    assert list(y) == sorted(y)


def test_a_title_stands_above_its_image():
    figure = image_grid(draw(4, 25), columns=2, titles=list("abcd"))
    x, y = zip(*(t.get_position() for t in figure.axes[0].texts), strict=True)
    assert x[0] == x[2] < x[1] == x[3]
    assert y[0] == y[1] < y[2] == y[3]


def test_an_image_pixel_is_a_whole_number_of_pixels():
    for side in (8, 28, 100):
        for figure in (
            image_grid(draw(20, side**2)),
            reconstructions(draw(9, side**2), draw(9, side**2), labels=["a long name"]),
            filters(draw(side**2, 10)),
        ):
            box = figure.axes[0].get_window_extent()
            rows, columns = figure.axes[0].images[0].get_array().shape
            scale = round(box.width / columns)
            assert scale >= 1
            np.testing.assert_allclose((box.width, box.height), (scale * columns, scale * rows))


def test_reconstructions_stand_below_their_inputs():
    x, a, b = draw(4, 25), draw(4, 25, seed=1), draw(4, 25, seed=2)
    figure = reconstructions(x, a, ops.convert_to_tensor(b), labels=["PCA", "deep"])
    expected = np.concatenate([x, a, b]).reshape(12, 5, 5)
    np.testing.assert_allclose(tiles(figure, 5), expected, rtol=1e-6)
    labels = figure.axes[0].texts
    assert [t.get_text() for t in labels] == ["input", "PCA", "deep"]
    heights = [t.get_position()[1] for t in labels]
    assert heights == sorted(heights)
    assert all(t.get_position()[0] < 0 for t in labels)


def test_filters_are_columns_on_one_scale_around_zero():
    weights = draw(25, 6) - 0.7
    figure = filters(weights, columns=4)
    np.testing.assert_array_equal(tiles(figure, 5), weights.T.reshape(6, 5, 5))
    limit = np.abs(weights).max()
    assert figure.axes[0].images[0].get_clim() == (-limit, limit)


def lightness(colours):
    return np.asarray(colours)[:, :3] @ [0.299, 0.587, 0.114]


def test_signs_are_told_apart_in_grey():
    shades = lightness(filters(np.eye(4)).axes[0].images[0].cmap(np.linspace(0, 1, 256)))
    assert (np.diff(shades) > 0).all()


def rgb(colour):
    return np.array(matplotlib.colors.to_rgb(colour))


def linear(colour):
    c = rgb(colour)
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """As WCAG 2 has it: 1 for equal colours, 21 for black and white."""
    high, low = sorted(linear(c) @ [0.2126, 0.7152, 0.0722] + 0.05 for c in (one, other))[::-1]
    return high / low


@pytest.mark.parametrize("page", ["#ffffff", "#111111"])
def test_what_stands_on_the_page_is_seen_on_a_white_one_and_on_a_dark_one(page):
    assert contrast(style.INK, page) > 4.2
    assert contrast(style.FAINT, page) > 3
    assert min(contrast(colour, page) for colour in style.SERIES + style.CLASSES) > 2.6


# What those see who lack the red or the green cones (Machado et al. 2009, severity 1).
PROTAN = [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]
DEUTAN = [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(seen):
    x, y, z = np.cbrt(XYZ @ np.clip(seen, 0, 1) / [0.9505, 1, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("eyes", [np.eye(3), PROTAN, DEUTAN], ids=["all", "protan", "deutan"])
@pytest.mark.parametrize(("colours", "apart"), [(style.SERIES, 30), (style.CLASSES, 20)])
def test_colours_are_told_apart_by_the_colour_blind(colours, apart, eyes):
    seen = [lab(np.array(eyes) @ linear(colour)) for colour in colours]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > apart


def test_a_picture_lets_the_page_shine_through_and_keeps_its_greys():
    ramp = np.linspace(0, 1, 64).reshape(1, 8, 8)
    shown = np.asarray(Image.open(io.BytesIO(image_grid(ramp).png())).convert("RGBA"))
    assert (shown[[0, 0, -1, -1], [0, -1, 0, -1]] == 0).all()
    opaque = shown[shown[..., 3] == 255]
    assert len(np.unique(opaque)) >= 60
    assert {0, 255} <= set(opaque.ravel().tolist())


HISTORIES = {
    "narrow": {"loss": [5.0, 4.0, 3.0], "val_loss": [6.0, 5.0, 4.5]},
    "wide": {"loss": [4.0, 2.0, 1.0]},
}


def test_curves_show_the_values_against_epochs():
    figure = training_curves(HISTORIES, unit="nats per image")
    axes = figure.axes[0]
    drawn = {line.get_label(): line.get_xydata().T for line in axes.lines}
    assert list(drawn) == ["narrow, training", "narrow, validation", "wide, training"]
    for name, key in zip(drawn, ["loss", "val_loss", "loss"], strict=True):
        np.testing.assert_array_equal(drawn[name][0], [1, 2, 3])
        np.testing.assert_array_equal(drawn[name][1], HISTORIES[name.split(",")[0]][key])
    assert axes.get_xlabel() == "epoch"
    assert axes.get_ylabel() == "loss (nats per image)"
    assert [t.get_text() for t in axes.get_legend().get_texts()] == list(drawn)


def test_curves_are_told_apart_without_colour():
    lines = training_curves(HISTORIES).axes[0].lines
    looks = {(line.get_linestyle(), line.get_marker()) for line in lines}
    assert len(looks) == 3
    shades = lightness([matplotlib.colors.to_rgb(lines[i].get_color()) for i in (0, 2)])
    assert abs(shades[0] - shades[1]) > 0.15


def test_curves_take_what_fit_returns():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    history = model.fit(draw(4, 2), draw(4, 1), epochs=2, verbose=0)
    figure = training_curves({"model": history}, metric="mae", unit=None)
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_ydata(), history.history["mae"])
    assert figure.axes[0].get_ylabel() == "mae"


def test_codes_show_every_point_and_name_every_class():
    labels = np.repeat([3, 7, 8], 20)
    codes = draw(60, 2) + np.array([[0, 0], [5, 0], [0, 5]]).repeat(20, axis=0)
    axes = codes_2d(codes, labels).axes[0]
    for points, c in zip(axes.collections, (3, 7, 8), strict=True):
        np.testing.assert_array_equal(points.get_offsets(), codes[labels == c])
    assert len({tuple(points.get_facecolor()[0]) for points in axes.collections}) == 3
    assert [t.get_text() for t in axes.texts] == ["3", "7", "8"]
    medians = [np.median(codes[labels == c], axis=0) for c in (3, 7, 8)]
    np.testing.assert_allclose([t.get_position() for t in axes.texts], medians, atol=0.01)
    assert "h_1" in axes.get_xlabel()
    assert "h_2" in axes.get_ylabel()


def test_names_of_classes_that_overlap_stay_legible():
    axes = codes_2d(draw(500, 2), np.arange(500) % 10).axes[0]
    places = axes.transData.transform([t.get_position() for t in axes.texts])
    distance = np.linalg.norm(places[:, None] - places[None], axis=-1) + 1e9 * np.eye(10)
    assert distance.min() > 15


def test_lines_draw_what_they_are_given():
    x, up, down = np.array([1.0, 10.0, 100.0]), np.array([1.0, 2.0, 4.0]), np.array([4.0, 2.0, 1.0])
    figure = lines(x, {"up": up, "down": down}, "n", "error (%)", log="x", levels={"best": 0.5})
    axes = figure.axes[0]
    for line, y in zip(axes.lines, (up, down), strict=False):
        np.testing.assert_array_equal(line.get_xdata(), x)
        np.testing.assert_array_equal(line.get_ydata(), y)
    assert set(axes.lines[2].get_ydata()) == {0.5}
    assert [t.get_text() for t in axes.texts] == ["best"]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "linear")
    assert [t.get_text() for t in axes.get_xticklabels()] == ["1", "10", "100"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("n", "error (%)")
    assert len({(line.get_color(), line.get_marker()) for line in axes.lines[:2]}) == 2


def test_a_logarithmic_axis_has_plain_numbers():
    figure = lines(np.array([1.0, 2.0]), {"a": np.array([5.0, 44.0])}, "x", "y", log="y")
    figure.canvas.draw()
    written = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    assert {"5", "7", "10", "20", "30"} <= set(written)


def test_a_level_is_named_where_the_lines_are_not():
    series = {"a": np.array([9.0, 1.0])}
    places = [
        lines(np.array([1.0, 2.0]), series, "x", "y", levels={"L": level}).axes[0].texts[0]
        for level in (1.2, 8.5)
    ]
    assert [text.get_ha() for text in places] == ["left", "right"]


def test_lines_tick_whole_numbers_at_whole_numbers():
    whole, parts = (
        lines(np.array(x), {"y": np.ones(4)}, "x", "y") for x in ([1, 2, 3, 4.0], [1, 2, 3, 3.5])
    )
    ticks, between = (figure.axes[0].get_xticks() for figure in (whole, parts))
    np.testing.assert_array_equal(ticks, np.round(ticks))
    assert not np.array_equal(between, np.round(between))


ONE, NINE = np.ones(2), np.arange(9.0)

PICTURES = {
    "lines": lambda caption: lines(
        np.arange(9.0), {"y": np.arange(9.0)}, "x", "y", caption=caption
    ),
    "grid": lambda caption: image_grid(draw(40, 784), caption=caption),
    "reconstructions": lambda caption: reconstructions(
        draw(10, 784), draw(10, 784), caption=caption
    ),
    "filters": lambda caption: filters(draw(784, 20), caption=caption),
    "curves": lambda caption: training_curves(HISTORIES, caption=caption),
    "codes": lambda caption: codes_2d(draw(5000, 2), np.arange(5000) % 10, caption=caption),
    "map": lambda caption: code_map(draw(900, 2), np.floor(1.2 * draw(900, 784)), caption=caption),
    "bars": lambda caption: bars({"plain": draw(400), "sparse": np.eye(400)[0]}, caption=caption),
    "sum": lambda caption: image_sum(draw(1, 784), draw(7, 784), draw(7), caption=caption),
    "plane": lambda caption: plane({"curve": draw(20, 2)}, caption=caption),
    "diagram": lambda caption: autoencoder_diagram([784, 32], caption=caption),
    "matrix": lambda caption: matrix(draw(2, 2), "ab", "cd", caption=caption),
    "points": lambda caption: point_panels({"codes": draw(50, 2)}, caption=caption),
    "fields": lambda caption: vector_fields(draw(9, 2), {"score": draw(9, 2)}, caption=caption),
    "trade-offs": lambda caption: trade_offs(
        {"a": {"cost": draw(3), "error": draw(3)}}, [("cost", "error")], caption=caption
    ),
    "traces": lambda caption: traces({"beat": {"heard": draw(140)}}, caption=caption),
    "distributions": lambda caption: distributions({"error": {"x": draw(40)}}, caption=caption),
    "alarms": lambda caption: alarm_lanes(
        draw(60), [(3, 9)], {"size": (draw(60), 0.9)}, caption=caption
    ),
    "pairs": lambda caption: pair_diagram(caption=caption),
    "sequence": lambda caption: sequence_diagram(caption=caption),
    "pixel": lambda caption: pixel_diagram(np.eye(4), 6, 0.25, caption=caption),
    "traversals": lambda caption: traversals(
        lambda z: np.tile(z, 2) ** 2, np.zeros(2), caption=caption
    ),
}


def shown(figure):
    """What a notebook gets to show: `[(data, metadata)]`."""
    InteractiveShell.instance()
    with capture_output() as captured:
        figure._ipython_display_()
    InteractiveShell.clear_instance()
    return [(output.data, output.metadata) for output in captured.outputs]


@pytest.mark.parametrize("make", PICTURES.values(), ids=PICTURES)
def test_a_notebook_shows_a_picture_once(make):
    import matplotlib.pyplot as plt

    before = dict(matplotlib.rcParams)
    figure = make(None)
    assert plt.get_fignums() == []
    assert dict(matplotlib.rcParams) == before
    assert isinstance(figure, matplotlib.figure.Figure)

    ((data, metadata),) = shown(figure)
    assert set(data) == {"image/png", "text/plain"}
    assert data == shown(make(None))[0][0]
    picture = base64.b64decode(data["image/png"])
    # White noise, the worst there is; digits take a third of it.
    assert len(picture) < 250_000
    size = np.array(Image.open(io.BytesIO(picture)).size)
    on_page = metadata["image/png"]["width"], metadata["image/png"]["height"]
    np.testing.assert_array_equal(size, 2 * np.array(on_page))
    np.testing.assert_allclose(on_page, figure.get_size_inches() * figure.dpi, atol=1)


@pytest.mark.parametrize("make", PICTURES.values(), ids=PICTURES)
def test_a_caption_is_text_of_the_page_below_the_picture(make):
    (picture, _), (caption, _) = shown(make("What *there is* to see."))
    assert caption["text/markdown"] == "What *there is* to see."
    assert picture == shown(make(None))[0][0]


@pytest.mark.parametrize("make", PICTURES.values(), ids=PICTURES)
def test_who_does_not_see_a_picture_is_told_what_it_shows(make):
    data, metadata = shown(make("c"))[0]
    assert metadata["image/png"]["alt"] == data["text/plain"]
    assert 20 < len(data["text/plain"]) < 400
    assert data["text/plain"].endswith(".")


def test_an_alt_text_says_where_lines_begin_and_end():
    figure = lines(
        np.array([2.0, 64.0]),
        {"PCA": np.array([43.7, 7.1]), "deep": np.array([32.8, 6.3])},
        "size of the code",
        "squared error",
        levels={"mean": 52.7},
    )
    assert figure.alt == (
        "Line chart of squared error for size of the code from 2 to 64: PCA from 43.7 to 7.1, "
        "deep from 32.8 to 6.3 and a dotted line, mean, at 52.7."
    )


X = draw(4, 25)
CODES, LABELS = draw(4, 2), np.arange(4)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: image_grid([[0.0]]), "images must be an array or tensor"),
        (lambda: image_grid(X[0]), "images must have 2 or 3 or 4 axes"),
        (lambda: image_grid(X[:0]), "images must not be empty"),
        (lambda: image_grid(X[:, :24]), "images must hold square images, but 24 pixels"),
        (lambda: image_grid(draw(4, 5, 5, 3)), "images must have one channel"),
        (lambda: image_grid((255 * X).astype("uint8")), "images must hold floats"),
        (lambda: image_grid(X * np.nan), "images must be finite"),
        (lambda: image_grid(X, columns=0), "columns must be an integer of at least 1, but is 0"),
        (lambda: image_grid(X, columns=2.0), "columns must be an integer of at least 1"),
        (lambda: image_grid(X, titles=["a"]), "titles must hold one text per image.* 1 for 4"),
        (lambda: image_grid(X, labels=["a", "b"]), "labels must hold one name per row.* 2 for 1"),
        (lambda: reconstructions(X), "rows must hold one array of reconstructions or more"),
        (lambda: reconstructions(X, X, X), "labels must name every row.* 1 for 2 rows"),
        (lambda: reconstructions(X, X[:2]), r"rows\[0\] must hold images like x"),
        (lambda: reconstructions(X, X[0]), r"rows\[0\] must have 2 or 3 or 4 axes"),
        (lambda: reconstructions(X * np.nan, X), "x must be finite"),
        (lambda: filters(draw(5, 5, 3)), "weights must have 2 axes"),
        (lambda: filters(draw(24, 3)), "weights must hold square images, but 24 pixels"),
        (lambda: filters(X.T * np.inf), "weights must be finite"),
        (lambda: filters(X.T, columns=-1), "columns must be an integer of at least 1"),
        (lambda: training_curves({}), "histories must be a dictionary of one history or more"),
        (lambda: training_curves([1.0]), "histories must be a dictionary of one history or more"),
        (lambda: training_curves({"a": [1.0]}), r"histories\['a'\] must hold values of 'loss', .*"),
        (lambda: training_curves(HISTORIES, "mae"), r"of 'mae', but holds \['loss', 'val_loss'\]"),
        (lambda: training_curves({"a": {"loss": []}}), "must hold values of 'loss'"),
        (lambda: lines(ONE, {}, "x", "y"), "series must be a dictionary of one series or more"),
        (
            lambda: lines(ONE, {"a": ONE[:1]}, "x", "y"),
            "one value for each of the 2 x, but holds 1",
        ),
        (lambda: lines(ONE, {"a": ONE}, "x", "y", log="z"), "log must be"),
        (lambda: lines(ONE * np.nan, {"a": ONE}, "x", "y"), "x must be finite"),
        (lambda: codes_2d(draw(4, 3), LABELS), r"codes must have two numbers each.* \(4, 3\)"),
        (lambda: codes_2d(CODES[0], LABELS), "codes must have 2 axes"),
        (lambda: codes_2d(CODES, LABELS[:3]), "labels must be one per code, .* 3 for 4 codes"),
        (lambda: codes_2d(CODES, LABELS.astype(float)), "labels must hold integers"),
        (lambda: codes_2d(CODES * np.nan, LABELS), "codes must be finite"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
