"""`notebooks/results.md`: every measurement of the course, the verdict first."""

import statistics

from course_lib.lesson.claims import format_value
from course_lib.pipeline import judge, records
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
    unit = f" {record['unit']}" if record["unit"] else ""
    text = record["text"] + (f": {record['what']}" if record["what"] else "")
    if record["erratum"]:
        why = record["erratum"]
        text += f" (erratum: {why})" if isinstance(why, str) else " (erratum)"
    published = "–"
    if record["published"]:
        value, source = record["published"]
        published = f"{format_value(value)}{unit} ({source})"
    return (
        record["verdict"],
        text,
        ours(record) + unit,
        f"{record['relation']} {format_value(record['threshold'])}{unit}",
        _or_none(record["chance"], unit),
        _or_none(record["ceiling"], unit),
        published,
    )


def ours(record):
    """A measured value, with half the width of its interval where there are several seeds."""
    values = record["values"]
    mean = format_value(statistics.fmean(values))
    if len(values) < 2:
        return mean
    low, high = judge.interval(values)
    return f"{mean} ± {(high - low) / 2:.2g} ({len(values)} seeds)"


def _or_none(value, unit):
    return f"{format_value(value)}{unit}" if isinstance(value, int | float) else "–"
