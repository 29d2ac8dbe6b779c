"""Write an assignment: the notebook of the students, and what only the teacher has."""

import secrets
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat

from course_lib.assignments import Refusal, making
from course_lib.assignments.assignment import FILE, Assignment, load
from course_lib.assignments.grading import judged
from course_lib.assignments.making import Part
from course_lib.assignments.sandbox import Sandbox
from course_lib.assignments.verdict import grade
from course_lib.files import whole


def made_of(parts: dict[str, Part], out: str | Path, seed: int | None = None) -> Assignment:
    """The assignment of these parts, in this order.

    Args:
        parts: dict of names to `Part`.
        out: folder; an assignment in it keeps its seed.
        seed: of the checks; by default a new one that nobody knows.

    Raises:
        Refusal: two checks are of one exercise.
    """
    if seed is None:
        seed = load(out).seed if (Path(out) / FILE).exists() else secrets.randbits(32)
    assignment = Assignment(
        name="_".join(parts)[:100],
        seed=seed,
        steps=tuple(step for part in parts.values() for step in part.steps),
        answers=tuple(answer for part in parts.values() for answer in part.answers),
        hidden=tuple(source for part in parts.values() for source in part.hidden),
    )
    ids = [check.id for check in assignment.checks]
    if twice := [id for id in ids if ids.count(id) > 1]:
        raise Refusal(f"{twice[0]} is checked twice, and gives points once.")
    return assignment


def faults(assignment: Assignment, sandbox: Sandbox, timeout: float) -> list[str]:
    """A sentence for each solution that does not pass its own check."""
    solutions = {answer.cell: answer.solution for answer in assignment.answers}
    rows = grade(assignment, solutions, judged(assignment), sandbox, timeout)
    return [
        f"The solution of {row.id} is {row.state}{row.message and ': '}{row.message}."
        for row in rows
        if row.state != "right"
    ]


def told(assignment: Assignment) -> Any:
    """The cell that tells students how to hand in, and what each answer is worth."""
    points: dict[str, float] = defaultdict(float)
    for check in assignment.checks:
        points[check.function] += check.points
    worth = ", ".join(f"`{name}` {value:g}" for name, value in points.items())
    source = (
        "**To hand in.** Write each answer where `...` stands, under the name it has there, with "
        "all that it needs in the same cell: its own imports and functions too. It may call the "
        "answers above it. Cells that you add are not graded. Save, and hand in this file.\n\n"
        f"**Points**, {assignment.points:g} in all: {worth}."
    )
    return nbformat.v4.new_markdown_cell(source, id="to-hand-in")


def write(assignment: Assignment, parts: dict[str, Part], out: str | Path) -> Path:
    """Write an assignment; returns the path of the students' notebook."""
    path = Path(out) / "student" / f"{assignment.name}.ipynb"
    shown = [cell for part in parts.values() for cell in part.shown]
    shown.insert(shown[0].cell_type == "markdown", told(assignment))  # below the title
    text = making.written(shown)
    with whole(path) as written:
        written.write_text(text, "utf-8")
    assignment.save(out)
    return path


def parts_of(names: list[str], find: Callable) -> dict[str, Part]:
    """The parts that these names mean.

    Args:
        names: of lessons, or paths of notebooks.
        find: gives the paths of a lesson and of its solutions.

    Raises:
        Refusal: what cannot be assigned, and why.
    """
    parts: dict[str, Part] = {}
    for name in names:
        path = Path(name)
        if path.suffix == ".ipynb":
            beside = path.parent / "exercises" / f"{path.stem}.py"
            source = beside.read_text("utf-8") if beside.is_file() else None
            parts[path.stem] = making.of_notebook(path.stem, making.read(path), source)
        else:
            lesson, solutions = find(name)
            parts[name] = making.of_lesson(name, making.read(lesson), making.read(solutions))
            own = Path(lesson).parent / "exercises" / f"{name}.py"
            parts[name].hidden += [own.read_text("utf-8")] if own.is_file() else []
    return parts
