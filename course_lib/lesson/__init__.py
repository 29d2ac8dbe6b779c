"""What a notebook needs besides models: scale, claims, checks, environment."""

from course_lib.lesson.checks import check, exercise
from course_lib.lesson.claims import Claims, Published
from course_lib.lesson.compare import Unexpected, expect
from course_lib.lesson.environment import start, verbosity
from course_lib.lesson.scale import sizes

__all__ = [
    "Claims",
    "Published",
    "Unexpected",
    "check",
    "exercise",
    "expect",
    "sizes",
    "start",
    "verbosity",
]
