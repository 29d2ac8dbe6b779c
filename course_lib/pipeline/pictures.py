"""Pictures made small: thumbnails for the report, compact files for the repository."""

import io

import numpy as np
from PIL import Image

COLOURS = 256
ERROR = 2.0  # root mean square, in grey levels of 255: nobody sees it


def thumbnail(png, width):
    """A PNG scaled down to at most `width` pixels across."""
    image = Image.open(io.BytesIO(png))
    if image.width > width:
        size = (width, max(1, round(image.height * width / image.width)))
        image = image.convert("RGBA").resize(size, Image.Resampling.LANCZOS)
    return _encode(image)


def compact(png):
    """The same PNG without metadata, in 256 colours where that is smaller and looks the same."""
    image = Image.open(io.BytesIO(png))
    image.load()
    candidates = [_encode(image)]
    if image.mode == "RGBA" and image.getextrema()[3] == (255, 255):
        image = image.convert("RGB")
        candidates.append(_encode(image))
    if image.mode == "RGB":
        few = image.quantize(COLOURS, dither=Image.Dither.NONE)
        difference = np.asarray(image, "float64") - np.asarray(few.convert("RGB"), "float64")
        if np.sqrt(np.mean(difference**2)) <= ERROR:
            candidates.append(_encode(few))
    return min([*candidates, png] if not image.info else candidates, key=len)


def _encode(image):
    buffer = io.BytesIO()
    image = image.copy()
    # What shines through stays: without it, a picture from a palette would get a black ground.
    image.info = {key: image.info[key] for key in image.info if key == "transparency"}
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
