"""An assignment in nbgrader's format: its markers, its metadata, and hidden tests.

https://nbgrader.readthedocs.io/en/stable/contributor_guide/metadata.html
"""

import io
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import nbformat

from course_lib.assignments import regions
from course_lib.assignments.assignment import Assignment, Check
from course_lib.assignments.cells import without_checks
from course_lib.files import whole

SCHEMA = 3


@contextmanager
def silent() -> Iterator[None]:
    """Hold back all that is printed, by libraries too.

    A test that prints to stderr gets no points from nbgrader, whatever its result.

    Example:

    >>> with silent():
    ...     print("nothing of this is seen")
    """
    nowhere = io.StringIO()
    with (
        open(os.devnull, "w", encoding="utf-8") as nothing,
        redirect_stdout(nowhere),
        redirect_stderr(nowhere),
    ):
        kept = os.dup(2)
        os.dup2(nothing.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def export(shown: list[Any], assignment: Assignment, out: str | Path) -> Path:
    """Write `source/NAME/NAME.ipynb`, as nbgrader's course folder has it.

    nbgrader runs hand-ins in a process of its own: who cheats there gets what they print.

    Args:
        shown: the students' cells.
        assignment: `Assignment`.
        out: folder.

    Returns:
        path of the notebook.
    """
    answers = {answer.cell: answer for answer in assignment.answers}
    cells = []
    for cell in shown:
        if cell.id not in answers:
            cells.append(_plain(cell))
            continue
        answer = answers[cell.id]
        made = nbformat.v4.new_code_cell(_marked(answer), id=cell.id)
        made.metadata["nbgrader"] = _about(cell.id, grade=False, solution=True)
        cells.append(made)
        cells += [_test(check, assignment) for check in answer.checks]
    metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    nbformat.validate(notebook)
    path = Path(out) / "source" / assignment.name / f"{assignment.name}.ipynb"
    with whole(path) as part:
        part.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path


def _marked(answer):
    """A solution between nbgrader's markers; what it is to be called stays for students to see."""
    begin, end = "### BEGIN SOLUTION", "### END SOLUTION"
    if regions.has(answer.solution, "solution"):
        marked = re.sub(r"^(\s*)# solution\s*$", rf"\1{begin}", answer.solution, flags=re.M)
        return re.sub(r"^(\s*)# end\s*$", rf"\1{end}", marked, flags=re.M)
    head, stub, rest = answer.stub.partition(" ...")
    if stub and answer.solution.startswith(f"{head}\n    "):
        body = answer.solution[len(head) :]
        return f"{head}\n    {begin}{body}\n    {end}{rest}"
    asked = "\n".join(f"# {line}".rstrip() for line in answer.stub.splitlines())
    return f"{asked}\n{begin}\n{answer.solution}\n{end}"


def _test(check: Check, assignment: Assignment) -> Any:
    """A hidden test of one check."""
    # In a space of their own: the teacher's names are not to replace the student's.
    hidden = [without_checks(source) for source in assignment.hidden]
    source = f"""\
### BEGIN HIDDEN TESTS
import course_lib.lesson
from course_lib.lesson.draws import seeded
from course_lib.assignments.nbgrader import silent

space, sources = {{}}, {hidden!r}
with silent(), seeded({assignment.seed}):
    for source in sources:
        exec(source, space)
    said = course_lib.lesson.check({check.id!r}, {check.function})
assert said.state == "right", said
### END HIDDEN TESTS"""
    id = f"test-{check.id}".replace(".", "-")[:64]
    cell = nbformat.v4.new_code_cell(source, id=id)
    cell.metadata["nbgrader"] = _about(id, grade=True, solution=False, points=check.points)
    return cell


def _plain(cell):
    cell = nbformat.from_dict(cell)
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
    return cell


def _about(id, grade, solution, **more):
    facts = {"grade": grade, "grade_id": id, "locked": grade, "solution": solution, "task": False}
    return facts | {"schema_version": SCHEMA} | more
