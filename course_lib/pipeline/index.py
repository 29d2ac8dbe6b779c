"""The page that opens the folder of lessons: each with its cover, and the scoreboard of claims."""

from course_lib.lesson import claims
from course_lib.pipeline import records
from course_lib.pipeline.lessons import title
from course_lib.pipeline.report import count_verdicts

HEAD = """\
<!-- Written by `course publish`: edits here are lost. -->
# The lessons

Each lesson is one notebook, read here with the results of its last full run,
or run on a laptop in about a minute. They stand in teaching order and do not
need each other's files.
"""


def index(published):
    """The text of `notebooks/README.md`.

    Args:
        published: list of (`Lesson`, notebook with outputs), in teaching order.
    """
    found = [claim for _, notebook in published for claim in records.claim_records(notebook)]
    return "\n".join([HEAD, *_lessons(published), "", *_scoreboard(found)]) + "\n"


def _lessons(published):
    yield "| | Lesson | |"
    yield "|---|---|---|"
    for lesson, notebook in published:
        name = title(notebook) or lesson.name
        cover = f"![{_cell(name)}](images/{lesson.number}.png)"
        link = f"[{_cell(name)}]({lesson.path.name})"
        yield f"| {cover} | **{link}** | {_cell(summary(notebook))} |"


def summary(notebook):
    """The first sentence of a lesson's first paragraph.

    Example:

    >>> import nbformat.v4
    >>> cell = nbformat.v4.new_markdown_cell("# Title\\n\\n![picture](a.png)\\n\\nOne. Two.")
    >>> summary(nbformat.v4.new_notebook(cells=[cell]))
    'One.'
    """
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        for block in cell.source.split("\n\n"):
            text = " ".join(block.split())
            if text and not text.startswith(("#", "!", "[!", "<", "|", "*[", "---")):
                return text.split(". ")[0].rstrip(".") + "."
    return ""


def _scoreboard(found):
    verdicts = records.verdicts(found)
    count = count_verdicts(verdicts)
    yield "## What holds, and what does not"
    yield ""
    yield (
        f"Of the {sum(count.values())} statements that the course sets out to measure, "
        f"**{count['hold']} hold, {count['fail']} fail and {count['open']} are open**. "
        "A claim holds when every measurement of it that could be judged holds."
    )
    yield ""
    yield "| Claim | Lesson | Measured | Ours | Wanted | Published | Verdict |"
    yield "|---|---|---|---|---|---|---|"
    for record in found:
        yield _row(record)


def _row(record):
    entry = claims.catalogue()[record["id"]]
    unit = f" {record['unit']}" if record["unit"] else ""
    published = record["published"]
    cells = (
        entry["statement"] + (" (erratum)" if entry["erratum"] else ""),
        entry["lesson"],
        record["what"],
        f"{claims.format_value(record['value'])}{unit}",
        f"{record['relation']} {claims.format_value(record['threshold'])}{unit}",
        f"{claims.format_value(published['value'])}{unit} ({published['source']}; "
        f"{published['status']})"
        if published
        else "–",
        claims.MARKS[record["verdict"]],
    )
    return "| " + " | ".join(map(_cell, cells)) + " |"


def _cell(text):
    return text.replace("|", "\\|").replace("\n", " ")
