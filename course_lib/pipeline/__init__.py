"""Run every lesson, judge what ran, report it and publish it.

A lesson's result is a function of its code, its parameters, the library and
the packages it stands on:

    key = hash(code cells and tags, parameters, course_lib, packages)

so a lesson is run when, and only when, no finished run has its key.
"""

import sys

from course_lib.assignments import Refusal as Refusal  # one for all that is refused

# jsonschema, which nbformat imports, compiles a grammar for a URL format that
# notebooks do not use: more than a second in every process. It does without.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
