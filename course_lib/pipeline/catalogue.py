"""The *lessons* column of the data catalogue, `data/README.md`: who learns from what."""

import ast
import itertools
import re

from course_lib.pipeline.parameters import defaults
from course_lib.pipeline.syntax import parse_cell

# What `auto` takes: the first where it is at hand, otherwise the second, if there is one.
AUTO = {"load_images": ("mnist", "glyphs"), "load_text": ("arxiv",)}
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
    known = defaults(notebook)
    found = set()
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        try:
            nodes = ast.walk(parse_cell(cell.source))
        except SyntaxError:
            continue
        for node in nodes:
            if isinstance(node, ast.Call) and _name(node.func) in MAKERS:
                found.add(MAKERS[_name(node.func)])
            elif isinstance(node, ast.Call) and _name(node.func) in AUTO:
                asked = node.args[0] if node.args else ast.Constant("auto")
                value = getattr(asked, "value", None)
                value = known.get(asked.id) if isinstance(asked, ast.Name) else value
                found |= set(AUTO[_name(node.func)]) if value == "auto" else {value}
    return {name for name in found if isinstance(name, str)}


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
