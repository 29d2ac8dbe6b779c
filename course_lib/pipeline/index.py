"""`notebooks/README.md`, the path through the course, and the table that opens the project.

Both are made from the lessons' metadata and outputs; whatever else is written there is lost.
"""

from course_lib.pipeline import records
from course_lib.pipeline.lessons import course_metadata, title
from course_lib.pipeline.measures import measures

WRITTEN = "<!-- Written by `course publish`: edits here are lost. -->"
HEAD = f"""\
{WRITTEN}
# The path through the course

Each lesson is one notebook, read here with the outputs of its last full run, or run on a laptop;
`course standalone DIR` writes copies that run on Colab by themselves.
Minutes are what reading takes; a run takes two more. They stand in teaching order; a lesson needs
those it names and none of their files.
"""


def index(published):
    """The text of `notebooks/README.md`.

    Args:
        published: list of (`Lesson`, notebook with outputs), in teaching order; no solutions.
    """
    found = [record for _, notebook in published for record in records.measurements(notebook)]
    lines = ["| | Lesson | What it is about | It needs | Minutes | Standing |", "|" + "---|" * 6]
    lines += [_row(lesson, notebook, published) for lesson, notebook in published]
    more = "[All results](results.md)"
    if any("](notation.md#" in cell.source for _, notebook in published for cell in notebook.cells):
        more += " · [Notation and terms](notation.md)"
    return "\n".join([HEAD, f"{standing(found)} {more}", "", *lines]) + "\n"


def table(published, folder):
    """The lessons for the project's own README: title and subject.

    Args:
        published: as for `index`.
        folder: of the lessons, as the README links to it.
    """
    lines = ["| lesson | what it shows |", "|---|---|"]
    for lesson, notebook in published:
        link = f"[{cell(name(lesson, notebook))}]({folder}/{lesson.path.name})"
        lines.append(f"| {link} | {cell(subject(notebook))} |")
    return "\n".join(lines)


def standing(found):
    """How many claims are of each verdict, in a sentence.

    Args:
        found: list of records.
    """
    counts, identities = records.count(found)
    words = ", ".join(
        f"{n} {'hold' if verdict == 'holds' and n > 1 else verdict}"
        for verdict, n in counts.items()
        if n
    )
    total = sum(counts.values())
    sentence = f"{total} claim{'s' * (total != 1)}{words and ': '}{words}"
    if identities:
        sentence += f"; {identities} identit{'y' if identities == 1 else 'ies'}"
    return f"{sentence}."


def name(lesson, notebook):
    return title(notebook) or lesson.topic


def subject(notebook):
    """What a lesson is about: what its metadata say, or its first sentence."""
    return str(course_metadata(notebook).get("subject") or _summary(notebook))


def cell(text):
    """Text that may stand in a cell of a markdown table."""
    return str(text).replace("|", "\\|").replace("\n", " ")


def _row(lesson, notebook, published):
    course = course_metadata(notebook)
    cover = f"![{cell(name(lesson, notebook))}](images/{lesson.topic}.png)"
    link = f"**[{cell(name(lesson, notebook))}]({lesson.path.name})**"
    said = standing(records.measurements(notebook))
    if course.get("unusual"):
        said += f" Run otherwise than usual: {course['unusual']}."
    needs = course.get("prerequisites")
    needs = ", ".join(_link(word, published) for word in needs) if isinstance(needs, list) else ""
    minutes = measures(notebook).minutes
    return f"| {cover} | {link} | {cell(subject(notebook))} | {needs} | {minutes} | {cell(said)} |"


def _link(word, published):
    """A prerequisite: a lesson's name is a link to it."""
    found = next((pair for pair in published if pair[0].topic == word), None)
    return f"[{cell(name(*found))}]({found[0].path.name})" if found else cell(word)


def _summary(notebook):
    """The first sentence of a lesson's first paragraph.

    Example:

    >>> import nbformat.v4
    >>> cell = nbformat.v4.new_markdown_cell("# Title\\n\\n![picture](a.png)\\n\\nOne. Two.")
    >>> _summary(nbformat.v4.new_notebook(cells=[cell]))
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
