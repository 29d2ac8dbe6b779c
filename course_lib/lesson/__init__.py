"""What a notebook needs besides models: scale, measurements, checks, environment."""

from course_lib.lesson.catalogue import stored_values
from course_lib.lesson.checks import check, exercise
from course_lib.lesson.compare import Unexpected, expect
from course_lib.lesson.draws import draws
from course_lib.lesson.environment import start, verbosity
from course_lib.lesson.measure import measurements
from course_lib.lesson.scale import sizes

__all__ = [
    "Unexpected",
    "check",
    "draws",
    "exercise",
    "expect",
    "measurements",
    "sizes",
    "start",
    "stored_values",
    "verbosity",
]
