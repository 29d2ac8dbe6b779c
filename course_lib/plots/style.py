"""How every picture of the course looks, and how it reaches the page.

A picture is a matplotlib `Figure` that pyplot does not know: nothing is left open, and a
notebook shows it once, where a cell returns it. Sizes are in pixels, so that an image of
28 × 28 is drawn with whole pixels and a stored picture stays small.

The page may be white or nearly black, so a picture has no ground of its own, and what is drawn
straight on the page is of middling lightness: seen on both. It is no SVG because JupyterLab
shows none before a notebook is trusted.
"""

import base64
import io
import textwrap

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from PIL import Image

DPI = 100
WIDTH = 720

INK = "#787878"  # text: 4.4 : 1 against white, 4.3 : 1 against JupyterLab's dark page
FAINT = "#8a8a8a"
# Text on a light ground that the picture brings along: a badge, a cell of a table.
DARK = "#222222"
PAPER = "#ffffff"

# As far apart as can be for the colour-blind (Machado et al. 2009,
# https://doi.org/10.1109/TVCG.2009.113) among colours seen on both pages. Neighbours also differ
# in lightness, for a grey print, and lines in marker.
SERIES = ["#2f6df0", "#d39500", "#c30025", "#07b678", "#8d4974", "#3babd8"]
MARKERS = ["o", "s", "^", "D", "v", "P"]
CLASSES = [
    *["#556ee0", "#57a6dd", "#276d3e", "#d49401", "#b84b0e"],
    *["#944892", "#2ab2ad", "#a3a459", "#fc1b79", "#654dff"],
]

# From dark to light without a turn: in grey, too, below 0 is dark and above 0 is light.
SIGNED = LinearSegmentedColormap.from_list(
    "signed", ["#05264d", "#2f5d94", "#a9a9a9", "#f0b45f", "#fff3cf"]
)

styled = matplotlib.rc_context(
    {
        "font.size": 9,
        "text.color": INK,
        "figure.facecolor": "none",
        "axes.facecolor": "none",
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

    def __init__(self, width: float, height: float, caption: str | None = None):
        lines = textwrap.wrap(caption or "", int(width / 7.1))
        self._below = 17 * len(lines) + 8 * bool(lines)
        self._size = width, height + self._below
        super().__init__(figsize=(width / DPI, (height + self._below) / DPI), dpi=DPI)
        if lines:
            place = 4 / width, 3 / self._size[1]
            self.text(*place, "\n".join(lines), va="bottom", ha="left", linespacing=1.35)

    def axes_at(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """New axes at a place in pixels, counted from above the caption."""
        w, h = self._size
        axes = self.add_axes((left / w, (bottom + self._below) / h, width / w, height / h))
        # Not in `styled`: matplotlib makes ticks when it draws, and that is after it.
        axes.tick_params(labelsize=8, color=FAINT, labelcolor=INK)
        return axes

    def _repr_png_(self):
        canvas = FigureCanvasAgg(self)
        canvas.draw()
        pixels = np.array(canvas.buffer_rgba())
        pixels[pixels[..., 3] == 0] = 0
        buffer = io.BytesIO()
        _in_256_colours(pixels).save(buffer, "png", optimize=True)
        return buffer.getvalue()

    def _repr_mimebundle_(self, include=None, exclude=None):
        # Goes before the printer that pyplot registers for figures, so that a picture is the
        # same whether or not a notebook has imported pyplot.
        return {"image/png": base64.b64encode(self._repr_png_()).decode()}


def _in_256_colours(pixels):
    """Hard to tell from all colours, at a third of the bytes.

    Half are for what is opaque, so that images keep their grey levels, half for what lets the
    page shine through, edges above all: one palette for both has 16 greys.
    """
    opaque = pixels[..., 3] == 255
    index, palette = np.zeros(opaque.shape, "uint8"), np.full((256, 4), 255, "uint8")
    for mask, mode, method, first in (
        (opaque, "RGB", Image.Quantize.MEDIANCUT, 0),
        (~opaque, "RGBA", Image.Quantize.FASTOCTREE, 128),
    ):
        if mask.any():
            row = np.ascontiguousarray(pixels[mask][None, :, : len(mode)])
            few = Image.fromarray(row).quantize(128, method, dither=Image.Dither.NONE)
            colours = np.array(few.getpalette(mode)).reshape(-1, len(mode))
            index[mask] = np.asarray(few)[0] + first
            palette[first : first + len(colours), : len(mode)] = colours
    picture = Image.fromarray(index)
    picture.putpalette(palette.tobytes(), "RGBA")
    return picture
