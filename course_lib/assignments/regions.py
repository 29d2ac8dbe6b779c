"""What of a teacher's cell the students see.

def double(x):
    # solution
    return 2 * x          the students find ... in its place
    # end

# hidden
@exercise("mine.1")       the students find nothing in its place
def judge(): ...
# end
"""

import re

from course_lib.assignments import Refusal

START = re.compile(r"^(\s*)# (solution|hidden)\s*$")
END = re.compile(r"^\s*# end\s*$")


def has(source: str, kind: str) -> bool:
    """Whether a cell has a region of this kind, `"solution"` or `"hidden"`."""
    return any(match[2] == kind for match in map(START.match, source.splitlines()) if match)


def for_students(source: str, where: str = "a cell") -> str:
    """A cell as the students see it.

    Args:
        source: of the teacher's cell.
        where: which cell, for the sentence.

    Raises:
        Refusal: a region that does not end, or ends without having begun.

    Example:

    >>> print(for_students("def f(x):\\n    # solution\\n    return 2 * x\\n    # end"))
    def f(x):
        ...
    """
    lines, kind = [], None
    for line in source.splitlines():
        start = START.match(line)
        if start and kind is None:
            kind = start[2]
            lines += [f"{start[1]}..."] if kind == "solution" else []
        elif start:
            raise Refusal(f"{where} has a region `# {start[2]}` inside another.")
        elif END.match(line):
            if kind is None:
                raise Refusal(f"{where} has an `# end` without `# solution` or `# hidden`.")
            kind = None
        elif kind is None:
            lines.append(line)
    if kind is not None:
        raise Refusal(f"{where} has a region `# {kind}` without `# end`.")
    return "\n".join(lines).strip("\n")
