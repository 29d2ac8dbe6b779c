"""`notebooks/results.md`: every measurement of the course, the verdict first."""

from course_lib.lesson import claims
from course_lib.pipeline import records
from course_lib.pipeline.index import WRITTEN, cell, name, standing

HEAD = f"""\
{WRITTEN}
# What holds, and what does not

**Holds**: the 95 % interval over independent trainings lies on the wanted side. **Refuted**: it
lies on the other. **Undecided**: it straddles the threshold. **Not judged**: one training, or a
scale too small, cannot say. Chance is what a method without the effect scores, the ceiling what
the truth does. An identity holds or it does not, and is counted apart.
"""
COLUMNS = ("Verdict", "Statement", "Ours", "Wanted", "Chance", "Ceiling", "Published", "Lesson")


def results(published):
    """The text of `notebooks/results.md`.

    Args:
        published: list of (`Lesson`, notebook with outputs), in teaching order; no solutions.
    """
    found = [
        (lesson, notebook, record)
        for lesson, notebook in published
        for record in records.measurements(notebook)
    ]
    lines = [HEAD, standing([record for *_, record in found])]
    for kind, heading in (("experiment", "Experiments"), ("identity", "Identities")):
        rows = [_row(*each) for each in found if each[2]["kind"] == kind]
        if rows:
            head = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
            lines += ["", f"## {heading}", "", *head, *rows]
    return "\n".join(lines) + "\n"


def _row(lesson, notebook, record):
    link = f"[{cell(name(lesson, notebook))}]({lesson.path.name})"
    verdict, *others = cells(record)
    return "| " + " | ".join([f"**{verdict}**", *map(cell, others), link]) + " |"


def cells(record):
    """What stands in all columns but the last, as plain texts."""
    said = claims.cells(record)
    between = "" if said["interval"] == "–" else f" [{said['interval']}]"
    columns = ("expected", "chance", "ceiling", "published")
    return (
        record["verdict"],
        said["claim"],
        said["value"] + between,
        *(said[column] for column in columns),
    )
