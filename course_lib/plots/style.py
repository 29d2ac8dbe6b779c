"""How every picture of the course looks, and how it reaches the page.

A picture is a matplotlib `Figure` that pyplot does not know: nothing is left open, and a
notebook shows it once, where a cell returns it. Sizes are in pixels, so that an image of
28 × 28 is drawn with whole pixels and a stored picture stays small.
"""

import base64
import io
import textwrap

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from PIL import Image

DPI = 100
WIDTH = 720

INK = "#222222"
FAINT = "#8a8a8a"

# Safe for the colour-blind (Okabe & Ito 2008, Tol 2021), and each as dark as no other, so that
# a grey print keeps them apart. Lines also differ in marker.
SERIES = ["#0b3c5d", "#d55e00", "#56a5d8", "#7a5195", "#e0a500", "#2a9d6f"]
MARKERS = ["o", "s", "^", "D", "v", "P"]
CLASSES = [
    *["#332288", "#88ccee", "#117733", "#ddaa33", "#cc3311"],
    *["#aa4499", "#44aa99", "#999933", "#661100", "#777777"],
]

# From dark to light without a turn: in grey, too, below 0 is dark and above 0 is light.
SIGNED = LinearSegmentedColormap.from_list(
    "signed", ["#05264d", "#2f5d94", "#a9a9a9", "#f0b45f", "#fff3cf"]
)

styled = matplotlib.rc_context(
    {
        "font.size": 9,
        "text.color": INK,
        "axes.labelsize": 9,
        "axes.labelcolor": INK,
        "axes.edgecolor": FAINT,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "legend.fontsize": 8,
        "legend.frameon": False,
        "lines.linewidth": 1.5,
        "lines.markersize": 4.5,
    }
)


class Picture(Figure):
    """A figure of so many pixels, with its caption below."""

    def __init__(self, width, height, caption=None):
        lines = textwrap.wrap(caption or "", int(width / 7.1))
        self._below = 17 * len(lines) + 8 * bool(lines)
        self._size = width, height + self._below
        super().__init__(figsize=(width / DPI, (height + self._below) / DPI), dpi=DPI)
        if lines:
            place = 4 / width, 3 / self._size[1]
            self.text(*place, "\n".join(lines), va="bottom", ha="left", linespacing=1.35)

    def axes_at(self, left, bottom, width, height):
        """New axes at a place in pixels, counted from above the caption."""
        w, h = self._size
        axes = self.add_axes((left / w, (bottom + self._below) / h, width / w, height / h))
        # Not in `styled`: matplotlib makes ticks when it draws, and that is after it.
        axes.tick_params(labelsize=8, color=FAINT, labelcolor=INK)
        return axes

    def _repr_png_(self):
        canvas = FigureCanvasAgg(self)
        canvas.draw()
        pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        # A palette of 256 colours is hard to tell from all of them, at a third of the bytes.
        buffer = io.BytesIO()
        pixels.quantize(256, dither=Image.Dither.NONE).save(buffer, "png", optimize=True)
        return buffer.getvalue()

    def _repr_mimebundle_(self, include=None, exclude=None):
        # Goes before the printer that pyplot registers for figures, so that a picture is the
        # same whether or not a notebook has imported pyplot.
        return {"image/png": base64.b64encode(self._repr_png_()).decode()}
