"""Marks: what the platforms import, a page a student, and a summary for the teacher.

grades.csv         as Moodle's grading worksheet has it
grades_canvas.csv  as Canvas' gradebook has it
students/*.html    what was checked, on which input, what came out and what was expected
summary.html       how marks are spread, which check is hardest, who could not be graded
"""

import csv
import html
import io
import os
import statistics
from collections import Counter, defaultdict
from pathlib import Path

import jinja2

from course_lib.assignments.assignment import Assignment
from course_lib.assignments.cells import plain, readable, same
from course_lib.assignments.grading import slug
from course_lib.assignments.handins import HandIn
from course_lib.files import whole

FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def write_marks(
    results: list[dict], found: list[HandIn], assignment: Assignment, out: str | Path
) -> Path:
    """Write all of it.

    Args:
        results: what `grade_all` gave.
        found: the hand-ins, in the same order.
        assignment: the one that they answer.
        out: folder.

    Returns:
        path of the summary.
    """
    out = Path(out)
    pages = _templates()
    names = [slug(hand_in) for hand_in in found]
    for name, result in zip(names, results, strict=True):
        page = pages.get_template("student.html.jinja")
        rows = list(zip(assignment.checks, result["rows"], strict=True))
        text = page.render(name=assignment.name, x=result, rows=rows)
        _write(out / "students" / f"{name}.html", text)
    for old in (out / "students").glob("*.html"):
        if old.stem not in names:
            old.unlink()
    _write(out / "grades.csv", _moodle(results))
    _write(out / "grades_canvas.csv", _canvas(results, assignment))
    summary = pages.get_template("summary.html.jinja").render(
        name=assignment.name,
        of=assignment.points,
        median=statistics.median([result["points"] for result in results]),
        results=list(zip(names, results, strict=True)),
        histogram=histogram([r["points"] for r in results], assignment.points),
        checks=hardest(results, assignment),
        alike=alike(results, assignment),
        sandboxes=sorted({result["sandbox"] for result in results}),
    )
    _write(out / "summary.html", summary)
    return out / "summary.html"


def feedback(result: dict) -> str:
    """One line on a result.

    Example:

    >>> feedback({"rows": [{"id": "a.1", "points": 1.0, "of": 1.0, "state": "right"}], "notes": []})
    'a.1: right, 1 of 1'
    """
    rows = [f"{r['id']}: {r['state']}, {r['points']:g} of {r['of']:g}" for r in result["rows"]]
    unread = all(row["state"] == "missing" for row in result["rows"])
    return "; ".join(result["notes"] if unread and result["notes"] else [*rows, *result["notes"]])


def histogram(points: list[float], of: float, bins: int = 10) -> list[tuple[str, int]]:
    """How many have how much: pairs of a range in per cent and a count.

    Example:

    >>> histogram([0, 1, 2], 2, bins=2)
    [('0 to 50 %', 1), ('50 to 100 %', 2)]
    """
    counts = Counter(min(int(bins * p / of) if of else 0, bins - 1) for p in points)
    step = 100 // bins
    return [(f"{step * b} to {step * (b + 1)} %", counts[b]) for b in range(bins)]


def hardest(results: list[dict], assignment: Assignment) -> list[dict]:
    """The checks, the one that fewest passed first."""
    found = []
    for number, check in enumerate(assignment.checks):
        rows = [result["rows"][number] for result in results]
        states = Counter(row["state"] for row in rows)
        said = Counter(row["message"] for row in rows if row["state"] not in ("right", "missing"))
        del said[""]
        often = said.most_common(1)[0][0] if said else ""
        about = {"id": check.id, "function": check.function, "right": states["right"]}
        found.append(about | {"states": states, "often": often})
    return sorted(found, key=lambda row: row["right"])


def alike(results: list[dict], assignment: Assignment) -> list[tuple[str, list[str]]]:
    """Answers that several handed in, names, comments and layout aside: (cell, students)."""
    found = []
    for answer in assignment.answers:
        groups: dict[str, list[str]] = defaultdict(list)
        for result in results:
            source = result["answers"].get(answer.cell)
            if source is not None and not same(source, answer.stub):
                groups[plain(source)].append(result["student"])
        found += [(answer.cell, who) for who in groups.values() if len(who) > 1]
    return found


def _moodle(results):
    # Moodle takes no worksheet without the time of the last grade, which may be empty.
    grade = ("Grade", "Maximum grade", "Last modified (grade)")
    rows = [("Identifier", "Full name", *grade, "Feedback comments")]
    for x in results:
        who = f"Participant {x['id']}" if x["id"] else ""
        # Moodle takes comments for HTML.
        said = html.escape(feedback(x), quote=False)
        rows.append((who, x["student"], f"{x['points']:g}", f"{x['of']:g}", "", said))
    return _table(rows)


def _canvas(results, assignment):
    who = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
    rows = [
        (*who, assignment.name),
        ("    Points Possible", "", "", "", "", f"{assignment.points:g}"),
    ]
    rows += [(x["student"], x["id"], "", "", "", f"{x['points']:g}") for x in results]
    return _table(rows)


def _table(rows):
    """Text of a table; what a spreadsheet would take for a formula is no longer one."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        cells = map(readable, row)
        writer.writerow([f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells])
    return text.getvalue()


def _write(path, text):
    """Write what differs from what is there; half a surrogate pair costs a letter."""
    data = text.encode("utf-8", "replace")
    if not path.is_file() or path.read_bytes() != data:
        with whole(path) as part:
            part.write_bytes(data)
            os.chmod(part, 0o600)


def _templates():
    return jinja2.Environment(
        loader=jinja2.PackageLoader("course_lib.assignments", "."),
        autoescape=True,
        finalize=lambda value: type(value)(readable(value)) if isinstance(value, str) else value,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
