"""Which notebooks there are, and which are asked for.

A lesson is `notebooks/NN_name.ipynb`; its solutions are the notebook of the
same name under `notebooks/solutions/`.
"""

import dataclasses
import re
from pathlib import Path

import nbformat

from course_lib.pipeline import Refusal

FILE = re.compile(r"(\d+)_([^\s.-]+)\.ipynb")


@dataclasses.dataclass(frozen=True)
class Lesson:
    """One notebook of the course: a lesson, or the solutions to its exercises."""

    path: Path
    solution: bool = False

    @property
    def name(self):
        return self.path.stem

    @property
    def number(self):
        return self.name.split("_")[0]

    @property
    def topic(self):
        """The name without its number: what claims, exercises and covers call it."""
        return self.name.partition("_")[2]

    @property
    def label(self):
        return f"solutions/{self.name}" if self.solution else self.name

    def read(self):
        try:
            notebook = nbformat.read(self.path, as_version=4)
            nbformat.validate(notebook)
        except Exception as error:  # nbformat has one of its own for each way to be none
            said = (str(error) or type(error).__name__).splitlines()[0]
            where = "/".join(map(str, getattr(error, "path", ())))
            where = f" at {where}" if where else ""
            raise Refusal(f"{self.label} is not a readable notebook{where}: {said}.") from error
        return notebook

    @property
    def folder(self):
        """The folder of all lessons, in which the solutions have one of their own."""
        return self.path.parent.parent if self.solution else self.path.parent

    def out(self, runs, scale):
        """The folder that holds what this notebook's run left."""
        return Path(runs) / scale / "solutions" if self.solution else Path(runs) / scale


def find_lessons(folder):
    """All lessons under `folder` in teaching order, each followed by its solutions."""
    folder = Path(folder)
    found = [Lesson(path) for path in _notebooks(folder) if FILE.fullmatch(path.name)]
    inside = _notebooks(folder / "solutions")
    found += [Lesson(path, True) for path in inside if FILE.fullmatch(path.name)]
    return sorted(found, key=lambda lesson: (lesson.name, lesson.solution))


def strangers(folder):
    """One sentence for each notebook beside the lessons that is none."""
    folder = Path(folder)
    for path in sorted([*_notebooks(folder), *_notebooks(folder / "solutions")]):
        if not FILE.fullmatch(path.name):
            yield (
                f"{path.relative_to(folder).as_posix()} is no lesson: a lesson is called "
                "NN_name.ipynb, without a space, a dot or a hyphen in its name."
            )


def _notebooks(folder):
    # A copy of JupyterLab's, a checkpoint or a file that an editor hides is not meant.
    return [path for path in folder.glob("*.ipynb") if not path.name.startswith(".")]


def select(lessons, only):
    """The lessons whose name, or number, is in `only`; all of them when it is empty."""
    if not lessons:
        raise Refusal("There is no lesson here: run this in the course's folder.")
    for wanted in only:
        if not any(wanted in _calls(lesson) for lesson in lessons):
            known = ", ".join(dict.fromkeys(lesson.topic for lesson in lessons))
            raise Refusal(f"There is no lesson {wanted!r}; the lessons are {known}.")
    return [x for x in lessons if not only or set(only) & _calls(x)]


def _calls(lesson):
    return {lesson.number, lesson.name, lesson.topic}


def title(notebook):
    """A notebook's first heading.

    Example:

    >>> title(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# One *idea*")]))
    'One *idea*'
    """
    for cell in notebook.cells:
        heading = re.search(r"^# +(.+)$", cell.source, re.M) if cell.cell_type == "markdown" else 0
        if heading:
            return heading[1].strip()
    return ""


def tags(cell):
    """The tags of a cell."""
    found = cell.metadata.get("tags", [])
    return [str(tag) for tag in found] if isinstance(found, list) else []


def course_metadata(notebook):
    """What a notebook's metadata say of the course: a dict, empty where they say nothing."""
    found = notebook.metadata.get("course")
    return found if isinstance(found, dict) else {}
