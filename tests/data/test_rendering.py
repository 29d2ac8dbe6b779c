"""The seven factors, and nothing else, decide the pixels, each by the amount it names."""

import os

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from course_lib.data.rendering import FONTS, RANGES, SIDE, _outline, render_glyphs

EVERY_GLYPH = {
    "digit": np.tile(np.arange(10), len(FONTS)),
    "font": np.repeat(np.arange(len(FONTS)), 10),
}
ALL = len(FONTS) * 10
PLAIN = {"slant": 0, "thickness": 0, "size": 16, "shift_x": 0, "shift_y": 0}


def draw(**changed):
    return render_glyphs(ALL, **EVERY_GLYPH, **{**PLAIN, **changed})[0][..., 0].astype(float)


def moments(x):
    """Ink, centroid to the right and upwards, and second moments, of every image."""
    right = np.arange(SIDE) + 0.5 - SIDE / 2
    up = -right
    ink = x.sum((1, 2))
    centre_x, centre_y = (x.sum(1) @ right) / ink, (x.sum(2) @ up) / ink
    var_y = (x.sum(2) @ up**2) / ink - centre_y**2
    cov = np.einsum("nij,i,j->n", x, up, right) / ink - centre_x * centre_y
    return ink, centre_x, centre_y, var_y, cov


@pytest.mark.parametrize("thickness", [0.0, 2.0])
@pytest.mark.parametrize("slant", [-20, 0, 20])
def test_shift_moves_the_centroid_by_its_pixels(slant, thickness):
    still = moments(draw(slant=slant, thickness=thickness))
    right = moments(draw(slant=slant, thickness=thickness, shift_x=2))
    down = moments(draw(slant=slant, thickness=thickness, shift_y=1.37))
    np.testing.assert_allclose(right[1] - still[1], 2, atol=1e-3)
    np.testing.assert_allclose(right[2] - still[2], 0, atol=1e-3)
    # Between pixels the centroid of an image is not quite that of what it shows.
    np.testing.assert_allclose(down[2] - still[2], -1.37, atol=0.05)
    np.testing.assert_allclose(down[1] - still[1], 0, atol=0.01)


@pytest.mark.parametrize("slant", [-20, -7.5, 12, 20])
def test_slant_shears_by_its_tangent_and_leaves_the_rows(slant):
    upright, slanted = draw(), draw(slant=slant)
    _, _, _, var_y, cov = moments(upright)
    shear = (moments(slanted)[-1] - cov) / var_y
    np.testing.assert_allclose(shear, np.tan(np.radians(slant)), atol=0.02)
    np.testing.assert_allclose(slanted.sum(2), upright.sum(2), atol=0.25)


def perimeter(font, digit):
    length = 0
    for polygon in _outline(font, digit).to_polygons(closed_only=True):
        length += np.hypot(*np.diff(polygon, axis=0).T).sum()
    return length


def test_thickness_adds_half_its_width_along_the_whole_contour():
    ink = [moments(draw(thickness=t))[0] for t in np.linspace(0, 2, 9)]
    assert (np.diff(ink, axis=0) > 0).all()
    # First order in the width: area grows by perimeter × width / 2.
    contour = [
        16 * perimeter(f, d) for f, d in zip(EVERY_GLYPH["font"], EVERY_GLYPH["digit"], strict=True)
    ]
    np.testing.assert_allclose(ink[1] - ink[0], 0.125 * np.array(contour), rtol=0.06)


@pytest.mark.parametrize("size", [12, 14, 16, 18])
def test_size_is_the_height_of_the_outline(size):
    rows = draw(size=size).max(2) > 0
    top = (SIDE - size) // 2
    assert not rows[:, :top].any()
    assert not rows[:, SIDE - top :].any()
    assert rows[:, top : SIDE - top].all()


def test_size_scales_both_axes():
    small, large = draw(size=12), draw(size=18)
    np.testing.assert_allclose(moments(large)[0] / moments(small)[0], 1.5**2, rtol=0.02)


def test_no_digit_leaves_the_frame():
    for slant, shift_x, shift_y in np.stack(np.meshgrid((-20, 20), (-2, 2), (-2, 2)), -1).reshape(
        -1, 3
    ):
        x = draw(slant=slant, thickness=2, size=19, shift_x=shift_x, shift_y=shift_y)
        border = np.concatenate([x[:, 0], x[:, -1], x[:, :, 0], x[:, :, -1]], 1)
        assert border.max() == 0
        # The whole glyph is there: as much ink as in the middle of the frame.
        middle = draw(slant=slant, thickness=2, size=19)
        np.testing.assert_allclose(x.sum((1, 2)), middle.sum((1, 2)), rtol=1e-3)


def by_pillow(font, digit):
    """The same glyph drawn by another renderer, its box centred, 16 pixels high."""
    file = os.path.join(matplotlib.get_data_path(), "fonts", "ttf", f"{FONTS[font]}.ttf")
    big = Image.new("L", (600, 600))
    ImageDraw.Draw(big).text((100, 50), str(digit), 255, ImageFont.truetype(file, 400))
    glyph = big.crop(big.getbbox())
    width = round(16 * glyph.width / glyph.height)
    frame = Image.new("L", (SIDE, SIDE))
    frame.paste(glyph.resize((width, 16), Image.Resampling.BOX), ((SIDE - width) // 2, 6))
    return np.asarray(frame) / 255


def test_another_renderer_draws_the_same_digits_of_the_same_faces():
    # Half a pixel of width is rounded away by Pillow, so faces are told apart, not equal.
    ours = draw().reshape(ALL, -1)
    other = np.stack(
        [by_pillow(f, d) for f, d in zip(EVERY_GLYPH["font"], EVERY_GLYPH["digit"], strict=True)]
    ).reshape(ALL, -1)
    nearest = ((other[:, None] - ours[None]) ** 2).sum(-1).argmin(1)
    np.testing.assert_array_equal(EVERY_GLYPH["digit"][nearest], EVERY_GLYPH["digit"])
    assert (nearest == np.arange(ALL)).mean() > 0.9


def test_every_face_is_a_face_of_its_own():
    x = draw(thickness=0.5).reshape(len(FONTS), 10, -1)
    for digit in range(10):
        apart = ((x[:, None, digit] - x[None, :, digit]) ** 2).sum(-1)
        assert apart[np.triu_indices(len(FONTS), 1)].min() > 1


def test_range_dtype_and_ink():
    x, factors = render_glyphs(500, seed=1)
    assert x.shape == (500, 28, 28, 1)
    assert x.dtype == np.float32
    assert x.min() == 0
    assert x.max() == 1
    np.testing.assert_array_equal(np.rint(x * 255) / np.float32(255), x)
    assert list(factors) == list(RANGES)
    for name, values in factors.items():
        assert values.shape == (500,)
        assert values.dtype == (np.int64 if name in ("digit", "font") else np.float32)


@pytest.mark.slow
def test_factors_are_uniform_and_independent():
    n = 10_000
    _, factors = render_glyphs(n, seed=3)
    unit = np.stack(list(factors.values()), 1).astype(float)
    low, high = np.array(list(RANGES.values())).T
    assert (unit.min(0) >= low).all()
    assert (unit.max(0) <= high).all()
    unit = (unit - low) / (high - low)
    np.testing.assert_allclose(unit.mean(0), 0.5, atol=0.015)
    np.testing.assert_allclose(unit[:, 2:].var(0), 1 / 12, rtol=0.05)
    for count, name in ((10, "digit"), (len(FONTS), "font")):
        np.testing.assert_allclose(np.bincount(factors[name]) / n, 1 / count, rtol=0.12)
    for power in (1, 2):  # of the distance from the middle: no line, no parabola
        correlation = np.corrcoef((unit - 0.5) ** power, rowvar=False)
        assert np.abs(correlation - np.eye(len(RANGES))).max() < 5 / np.sqrt(n)


def test_a_longer_run_begins_with_the_shorter_one():
    x, factors = render_glyphs(40, seed=7)
    x_long, factors_long = render_glyphs(60, seed=7)
    np.testing.assert_array_equal(x_long[:40], x)
    for name in RANGES:
        np.testing.assert_array_equal(factors_long[name][:40], factors[name])
    assert (render_glyphs(40, seed=8)[0] != x).any()


def test_a_given_factor_leaves_the_others_and_factors_redraw_the_image():
    x, factors = render_glyphs(40, seed=7)
    _, changed = render_glyphs(40, seed=7, size=15, font=np.full(40, 2))
    for name in RANGES:
        wanted = {"size": np.full(40, 15), "font": np.full(40, 2)}.get(name, factors[name])
        np.testing.assert_array_equal(changed[name], wanted)
    np.testing.assert_array_equal(render_glyphs(40, seed=99, **factors)[0], x)


BAD = {
    "no images": (dict(n=0), "n must be a whole number of at least"),
    "half an image": (dict(n=2.5), "n must be a whole number of at least"),
    "a word": (dict(n="many"), "n must be a whole number of at least"),
    "true": (dict(n=True), "n must be a whole number of at least"),
    "a list": (dict(n=[1, 2]), "n must be a whole number of at least"),
    "negative seed": (dict(seed=-1), "seed must be a whole number of at least"),
    "no seed": (dict(seed=None), "seed must be a whole number of at least"),
    "unknown factor": (dict(weight=1), "no factor 'weight', its factors are digit, font,"),
    "digit ten": (dict(digit=10), r"digit must lie in \[0, 9\]"),
    "digit by half": (dict(digit=1.0), "digit must hold integers"),
    "font by name": (dict(font="cmr10"), "font must hold integers"),
    "font too far": (dict(font=len(FONTS)), r"font must lie in \[0, 5\]"),
    "slant too far": (dict(slant=21.0), r"slant must lie in \[-20, 20\]"),
    "slant NaN": (dict(slant=np.nan), "slant must be finite"),
    "thinner": (dict(thickness=-0.1), r"thickness must lie in \[0, 2\]"),
    "too large": (dict(size=[12.0, 20.0, 12.0]), r"size must lie in \[12, 19\]"),
    "wrong length": (dict(size=[12.0, 13.0]), r"size must have shape \(\) or \(3,\)"),
    "matrix": (dict(shift_x=np.zeros((3, 1))), "shift_x must have 0 or 1 axes"),
    "empty": (dict(shift_y=[]), "shift_y must not be empty"),
    "none": (dict(shift_y=None), "shift_y must hold floats"),
}


@pytest.mark.parametrize(("arguments", "sentence"), BAD.values(), ids=BAD)
def test_bad_input(arguments, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        render_glyphs(**{"n": 3, **arguments})
    assert str(caught.value).count("\n") == 0
