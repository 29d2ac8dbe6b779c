"""Which notebooks there are, which are asked for, and with which parameters.

A lesson is `notebooks/NN_name.ipynb`; its solutions are the notebook of the
same name under `notebooks/solutions/`.
"""

import ast
import dataclasses
import json
import re
from pathlib import Path

import nbformat

from course_lib.pipeline import Refusal


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
    def label(self):
        return f"solutions/{self.name}" if self.solution else self.name

    def read(self):
        try:
            return nbformat.read(self.path, as_version=4)
        except (OSError, ValueError, AttributeError) as error:
            raise Refusal(f"{self.label} is not a readable notebook: {error}.") from error

    def out(self, runs, scale):
        """The folder that holds what this notebook's run left."""
        return Path(runs) / scale / "solutions" if self.solution else Path(runs) / scale


def find_lessons(folder):
    """All lessons under `folder` in teaching order, each followed by its solutions."""
    folder = Path(folder)
    found = [Lesson(path) for path in folder.glob("[0-9]*_*.ipynb")]
    found += [Lesson(path, True) for path in (folder / "solutions").glob("[0-9]*_*.ipynb")]
    return sorted(found, key=lambda lesson: (lesson.name, lesson.solution))


def select(lessons, only):
    """The lessons whose number or name is in `only`; all of them when it is empty."""
    if not lessons:
        raise Refusal("There is no lesson here: run this in the course's folder.")
    for wanted in only:
        if not any(wanted in (lesson.number, lesson.name) for lesson in lessons):
            known = ", ".join(dict.fromkeys(lesson.number for lesson in lessons))
            raise Refusal(f"There is no lesson {wanted!r}; the lessons are {known}.")
    return [x for x in lessons if not only or x.number in only or x.name in only]


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
    return [tag for tag in found if isinstance(tag, str)] if isinstance(found, list) else []


def parameter_names(notebook):
    """The names that the cell tagged `parameters` assigns."""
    source = "\n".join(cell.source for cell in notebook.cells if "parameters" in tags(cell))
    targets = [
        target
        for statement in ast.parse(source).body
        for target in getattr(statement, "targets", [getattr(statement, "target", None)])
    ]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def parse_parameters(pairs):
    """A dict from `name=value` strings: JSON where it parses, else plain text.

    Example:

    >>> parse_parameters(["seed=3", "rate=1e-4", "dataset=glyphs"])
    {'seed': 3, 'rate': 0.0001, 'dataset': 'glyphs'}
    """
    parameters = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name.isidentifier():
            raise Refusal(f"A parameter must be name=value, but {pair!r} was given.")
        try:
            parameters[name] = json.loads(value)
        except ValueError:
            parameters[name] = value
    return parameters


def check_parameters(parameters, notebooks):
    """Refuse what would silently be ignored or changed on its way into a notebook.

    Args:
        parameters: dict of name to value.
        notebooks: the notebooks that will run.
    """
    known = sorted(set().union(*map(parameter_names, notebooks)))
    for name, value in parameters.items():
        if not _is_json(value):
            kind = type(value).__name__
            raise Refusal(f"Parameter {name!r} must be a JSON value, but is of type {kind}.")
        if name not in known:
            names = ", ".join(known) or "none"
            raise Refusal(f"No lesson asked for has a parameter {name!r}; there are: {names}.")


def _is_json(value):
    # By exact type: np.float64 is a float and yet not what a notebook gets.
    if type(value) is list:
        return all(map(_is_json, value))
    if type(value) is dict:
        return all(type(name) is str for name in value) and all(map(_is_json, value.values()))
    return value is None or type(value) in (bool, int, float, str)
