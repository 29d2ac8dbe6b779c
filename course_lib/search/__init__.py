"""Search: bits of codes, and the nearest among many, by NumPy or FAISS."""

from course_lib.search.hyperplanes import Hyperplanes as Hyperplanes
from course_lib.search.index import Index as Index
from course_lib.search.itq import ITQ as ITQ
