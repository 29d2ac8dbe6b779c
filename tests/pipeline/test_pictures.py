"""Pictures made small look the same, on a white page and on a dark one."""

import io

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from course_lib.pipeline.pictures import compact, thumbnail
from course_lib.plots import lines


def shown(png, page):
    ground = Image.new("RGBA", Image.open(io.BytesIO(png)).size, page)
    ground.alpha_composite(Image.open(io.BytesIO(png)).convert("RGBA"))
    return np.asarray(ground, "float64")[..., :3]


def encoded(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()


def of_kind(kind):
    drawn = lines(np.arange(5.0), {"y": np.arange(5.0)}, "x", "y", caption="A line.").png()
    if kind == "course":
        return drawn
    return encoded(Image.open(io.BytesIO(drawn)).convert("RGBA").convert(kind))


@pytest.mark.parametrize("page", ["#ffffff", "#111111"])
@pytest.mark.parametrize("kind", ["course", "RGBA", "RGB", "L"])
def test_a_compact_picture_looks_the_same(kind, page):
    png = of_kind(kind)
    small = compact(png)
    assert len(small) <= len(png)
    assert np.sqrt(np.mean((shown(small, page) - shown(png, page)) ** 2)) <= 2


@pytest.mark.parametrize("page", ["#ffffff", "#111111"])
def test_the_ground_of_a_thumbnail_is_the_page(page):
    small = thumbnail(of_kind("course"), 120)
    corner = shown(small, page)[0, -1]
    np.testing.assert_array_equal(corner, [int(page[i : i + 2], 16) for i in (1, 3, 5)])
    assert Image.open(io.BytesIO(small)).width == 120


def test_metadata_are_left_out():
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Software", "matplotlib")
    picture = Image.open(io.BytesIO(of_kind("course"))).convert("RGBA")
    assert b"matplotlib" not in compact(encoded(picture, pnginfo=notes))
