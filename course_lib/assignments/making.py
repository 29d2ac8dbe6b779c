"""From a lesson, or a notebook with `# solution` regions, to what students get.

cell of the teacher's     →  cell of the students'    step
tagged setup, parameters     the same                 runs before the answers
with a check                 the solution is `...`    an answer
with `# hidden` alone        none                     defines checks
any other                    the same                 none
"""

import copy
import importlib.util
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from course_lib.assignments import Refusal, cells, regions
from course_lib.assignments.assignment import Answer, Check

SETUP = {"parameters", "setup"}
ANSWER = re.compile(r"\s*<details>.*?</details>", re.S)
SOLUTIONS = re.compile(r" Solutions are in \[[^\]]*\]\([^)]*\)\.")


@dataclass
class Part:
    """One notebook's share of an assignment."""

    shown: list[Any] = field(default_factory=list)
    steps: list[tuple[str, str]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)

    def show(self, prefix: str, cell: Any, source: str) -> str:
        """Show the students a cell, under an id of its own."""
        id = f"{prefix}-{cell.id}"[:64]
        make = getattr(nbformat.v4, f"new_{cell.cell_type}_cell")
        self.shown.append(make(source, id=id, metadata=copy.deepcopy(cell.metadata)))
        return id

    def answer(self, prefix: str, cell: Any, stub: str, solution: str) -> None:
        """An answer's cell, with what is checked of it."""
        found = tuple(Check(*check) for check in cells.checks(solution))
        kept = cells.without_checks(stub, keep=_packaged(found))
        id = self.show(prefix, cell, kept)
        self.answers.append(Answer(id, kept, cells.without_checks(solution), found))
        self.steps.append(("answer", id))


def _packaged(checks):
    """The lessons whose exercises come with the library, so that students can check themselves."""
    lessons = {check.id.split(".")[0] for check in checks}
    return {x for x in lessons if importlib.util.find_spec(f"course_lib.lesson.exercises.{x}")}


def of_lesson(name: str, lesson: Any, solutions: Any) -> Part:
    """The exercises of a lesson, from "Your turn" to its summary.

    Args:
        name: of the lesson.
        lesson: its notebook.
        solutions: the notebook of its solutions.

    Raises:
        Refusal: an exercise without a solution.
    """
    part = Part()
    right = {check[0]: cell.source for cell in _code(solutions) for check in _checks(cell)}
    turn = next((i for i, c in enumerate(lesson.cells) if "## Your turn" in c.source), None)
    if turn is None:
        raise Refusal(f"the lesson {name} has no exercises: nothing in it says ## Your turn.")
    heading = nbformat.v4.new_markdown_cell(f"# Exercises: {name}", id="title")
    part.show(name, heading, heading.source)
    for cell in _code(lesson):
        if "colab" in cell.metadata.get("tags", []):
            part.show(name, cell, cell.source)
    _prepare(part, name, solutions)
    for cell in lesson.cells[turn:]:
        if cell.id == "summary" or cell.source.startswith("## Summary"):
            break
        checks = list(_checks(cell)) if cell.cell_type == "code" else []
        if missing := [id for id, *_ in checks if id not in right]:
            raise Refusal(f"the exercise {missing[0]} has no solution.")
        if checks:
            part.answer(name, cell, cell.source, right[checks[0][0]])
        elif cell.cell_type == "markdown":
            text = cell.source[max(0, cell.source.find("## Your turn")) :]
            part.show(name, cell, SOLUTIONS.sub("", ANSWER.sub("", text)))
    return part


def of_notebook(name: str, notebook: Any, beside: str | None = None) -> Part:
    """The student version of a notebook with `# solution` and `# hidden` regions.

    Args:
        name: of the notebook.
        notebook: the teacher's.
        beside: source of `exercises/NAME.py`, if it has one.

    Raises:
        Refusal: a region that does not end, or no check at all.
    """
    part = Part(hidden=[beside] if beside else [])
    for number, cell in enumerate(notebook.cells, 1):
        where = f"cell {number} of {name}"
        if cell.cell_type != "code":
            part.show(name, cell, ANSWER.sub("", cell.source))
            continue
        shown = regions.for_students(cell.source, where)
        setup = SETUP & set(cell.metadata.get("tags", []))
        if regions.has(cell.source, "hidden") or regions.has(cell.source, "solution") or setup:
            part.hidden.append(cell.source)
        if list(_checks(cell)):
            if cells.same(shown, cell.source):
                raise Refusal(f"{where} has a check, but no `# solution` … `# end` to leave out.")
            part.answer(name, cell, shown, cell.source)
        elif shown:
            id = part.show(name, cell, shown)
            part.steps += [("run", shown)] if setup else []
            if regions.has(cell.source, "solution"):
                raise Refusal(f"{where} ({id}) has a solution, but no line check(…) says of what.")
    if not part.answers:
        raise Refusal(f'{name} asks for nothing: no cell ends in check("{name}.1", …).')
    return part


def _prepare(part, name, notebook):
    """The cells that run before the answers."""
    for cell in _code(notebook):
        if SETUP & set(cell.metadata.get("tags", [])):
            part.show(name, cell, cell.source)
            part.steps.append(("run", cell.source))


def _code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _checks(cell):
    try:
        return list(cells.checks(cell.source))
    except SyntaxError:
        return []


def written(shown: list[Any]) -> str:
    """The students' notebook as text, the same for the same cells."""
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook = nbformat.v4.new_notebook(cells=shown, metadata=metadata)
    nbformat.validate(notebook)
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def read(path: str | Path) -> Any:
    """A teacher's notebook.

    Raises:
        Refusal: it is none.
    """
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # nbformat has one of its own for each way to be none
        said = (str(error) or type(error).__name__).splitlines()[0]
        raise Refusal(f"{path} is not a readable notebook: {said}.") from error
    return notebook
