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
from collections.abc import Iterable

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from PIL import Image

DPI = 100
SHARP = 2  # a screen's pixels to one of the page
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
    """A figure of so many pixels of the page, drawn at twice as many.

    Its caption is text of the page, below it. Its alt text says what it shows to whoever does
    not see it.
    """

    def __init__(self, width: float, height: float, caption: str | None, alt: str):
        self.pixels = round(width), round(height)
        self.caption, self.alt = caption, alt
        super().__init__(figsize=(self.pixels[0] / DPI, self.pixels[1] / DPI), dpi=DPI)

    def axes_at(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """New axes at a place in pixels."""
        w, h = self.pixels
        axes = self.add_axes((left / w, bottom / h, width / w, height / h))
        # Not in `styled`: matplotlib makes ticks when it draws, and that is after it.
        axes.tick_params(which="both", labelsize=8, color=FAINT, labelcolor=INK)
        return axes

    def canvas_in_pixels(self) -> Axes:
        """Axes over the whole picture, without a frame, whose unit is a pixel."""
        axes = self.axes_at(0, 0, *self.pixels)
        axes.set(xlim=(0, self.pixels[0]), ylim=(0, self.pixels[1]))
        axes.set_axis_off()
        return axes

    def png(self) -> bytes:
        """The picture as a file."""
        self.dpi = SHARP * DPI
        canvas = FigureCanvasAgg(self)
        canvas.draw()
        pixels = np.array(canvas.buffer_rgba())
        self.dpi = DPI
        pixels[pixels[..., 3] == 0] = 0
        buffer = io.BytesIO()
        _in_256_colours(pixels).save(buffer, "png", optimize=True)
        return buffer.getvalue()

    def _ipython_display_(self):
        # Goes before the printer that pyplot registers for figures, so that a picture is the
        # same whether or not a notebook has imported pyplot.
        from IPython.display import Markdown, display

        shown = {"image/png": base64.b64encode(self.png()).decode(), "text/plain": self.alt}
        size = dict(zip(("width", "height"), self.pixels, strict=True))
        display(shown, metadata={"image/png": {**size, "alt": self.alt}}, raw=True)
        if self.caption:
            display(Markdown(self.caption))


def listed(names: Iterable[object]) -> str:
    """Names as a sentence says them.

    >>> listed("abc")
    'a, b and c'
    """
    *first, last = map(str, names)
    return f"{', '.join(first)} and {last}" if first else last


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
