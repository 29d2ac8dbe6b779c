"""The *lessons* column of the data catalogue, `data/README.md`: who learns from what."""

import ast
import itertools
import re

from course_lib.pipeline.parameters import defaults
from course_lib.pipeline.syntax import parse_cell

# What `auto` takes: the first where it is at hand, otherwise the second, if there is one.
AUTO = {
    "load_images": ("mnist", "glyphs"),
    "load_series": ("ecg5000", "ecg500"),
    "load_text": ("arxiv",),
    "load_table": ("kddcup99", "kdd_sample"),
    "load_recording": ("nyc_taxi", "machine_temperature"),
}
MAKERS = {"load_patches": "patches", "render_glyphs": "glyphs"}


def with_lessons(text, published):
    """A catalogue with its column filled in: the tables whose last heading is *lessons*.

    Args:
        text: of the catalogue, with one row a set, its name in the first column.
        published: list of (`Lesson`, notebook), in teaching order; no solutions.
    """
    users = {}
    for lesson, notebook in published:
        for name in data_sets(notebook):
            users.setdefault(name, []).append(int(lesson.number))
    lines, inside = [], False
    for line in text.split("\n"):
        cells = line.split("|")
        if cells[-2:-1] and cells[-2].strip() == "lessons":
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not re.fullmatch(r"[|\-: ]+", line):
            said = ranges(users.get(cells[1].strip(" `"), []))
            line = "|".join([*cells[:-2], f" {said} " if said else " ", ""])
        lines.append(line)
    return "\n".join(lines)


def data_sets(notebook):
    """The data sets that a notebook's code asks for, by name."""
    calls = [
        node
        for cell in notebook.cells
        if cell.cell_type == "code"
        for node in _nodes(cell.source)
        if isinstance(node, ast.Call)
    ]
    known = {name: [value] for name, value in defaults(notebook).items()}
    for call in calls:
        if _name(call.func) == "sizes":
            known |= {option.arg: _constants(option.value) for option in call.keywords}
    found = set()
    for call in calls:
        function = _name(call.func)
        if function in MAKERS:
            found.add(MAKERS[function])
        elif function in AUTO:
            named = [option.value for option in call.keywords if option.arg == "name"]
            asked = [*call.args, *named, ast.Constant("auto")][0]
            values = known.get(_name(asked)) or _constants(asked)
            for value in values:
                found |= set(AUTO[function]) if value == "auto" else {value}
    return {name for name in found if isinstance(name, str)}


def _nodes(source):
    try:
        return list(ast.walk(parse_cell(source)))
    except SyntaxError:
        return []


def _constants(tree):
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]


def _name(function):
    return getattr(function, "id", getattr(function, "attr", ""))


def ranges(numbers):
    """Numbers in order, neighbours drawn together.

    Example:

    >>> ranges([1, 2, 3, 5, 7, 8])
    '1–3, 5, 7–8'
    """
    groups = itertools.groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])
    runs = [[number for _, number in group] for _, group in groups]
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
