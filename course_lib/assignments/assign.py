"""Write an assignment: the notebook of the students, and what only the teacher has."""

import json
import secrets
from pathlib import Path
from typing import Any

from course_lib.assignments import Refusal, making
from course_lib.assignments.assignment import FILE, Assignment, load
from course_lib.files import whole


def assign(parts: dict[str, Any], out: str | Path, seed: int | None = None) -> Path:
    """Write an assignment of these parts, in this order.

    Args:
        parts: dict of names to `Part`.
        out: folder; one that has an assignment keeps its seed.
        seed: of the checks; by default a new one that nobody knows.

    Returns:
        path of the students' notebook.

    Raises:
        Refusal: two checks are of one exercise.
    """
    out, name = Path(out), "_".join(parts)
    if seed is None:
        seed = load(out).seed if (out / FILE).exists() else secrets.randbits(32)
    assignment = Assignment(
        name=name[:100],
        seed=seed,
        steps=tuple(step for part in parts.values() for step in part.steps),
        answers=tuple(answer for part in parts.values() for answer in part.answers),
        hidden=tuple(source for part in parts.values() for source in part.hidden),
    )
    ids = [check.id for check in assignment.checks]
    if twice := [id for id in ids if ids.count(id) > 1]:
        raise Refusal(f"{twice[0]} is checked twice, and gives points once.")
    path = out / "student" / f"{assignment.name}.ipynb"
    text = making.written([cell for part in parts.values() for cell in part.shown])
    with whole(path) as written:
        written.write_text(text, "utf-8")
    assignment.save(out)
    return path


def try_out(assignment: Assignment, sandbox: Any, timeout: float) -> list[str]:
    """What is wrong with an assignment: a sentence for each solution that does not pass."""
    from course_lib.assignments.verdict import grade, judges

    found = judges(assignment)
    solutions = {answer.cell: answer.solution for answer in assignment.answers}
    rows = grade(assignment, solutions, found, sandbox, timeout)
    return [f"the solution of {r.id} is {r.state}: {r.message}" for r in rows if not r.points]


def parts_of(names: list[str], find: Any) -> dict[str, Any]:
    """The parts that these names mean.

    Args:
        names: of lessons, or paths of notebooks.
        find: gives the paths of a lesson and of its solutions.

    Raises:
        Refusal: what cannot be assigned, and why.
    """
    parts: dict[str, Any] = {}
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


def dumped(value: Any) -> str:
    """JSON, as this package writes it."""
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
