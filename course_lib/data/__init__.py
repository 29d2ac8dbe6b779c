"""Data: where numbers come from."""

from course_lib.data.counting import count_words as count_words
from course_lib.data.counting import read_texts as read_texts
from course_lib.data.images import Images as Images
from course_lib.data.images import load_images as load_images
from course_lib.data.neighbours import NeighbourPairs as NeighbourPairs
from course_lib.data.patches import Patches as Patches
from course_lib.data.patches import load_patches as load_patches
from course_lib.data.recording import Recording as Recording
from course_lib.data.recording import load_recording as load_recording
from course_lib.data.rendering import FONTS as FONTS
from course_lib.data.rendering import RANGES as RANGES
from course_lib.data.rendering import render_glyphs as render_glyphs
from course_lib.data.series import Series as Series
from course_lib.data.series import load_series as load_series
from course_lib.data.table import Table as Table
from course_lib.data.table import load_table as load_table
from course_lib.data.text import Texts as Texts
from course_lib.data.text import load_text as load_text
