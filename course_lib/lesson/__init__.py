"""What a notebook needs besides models: scale, claims, checks, environment."""

from course_lib.lesson.checks import check
from course_lib.lesson.claims import Claims, Published
from course_lib.lesson.environment import start, verbosity
from course_lib.lesson.scale import sizes

__all__ = ["Claims", "Published", "check", "sizes", "start", "verbosity"]
