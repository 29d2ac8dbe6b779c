"""What the guides show to instructors does what they say."""

import re
from pathlib import Path

import nbformat
import pytest

from course_lib.assignments import making
from course_lib.assignments.assign import faults, made_of
from course_lib.lesson import checks
from course_lib.pipeline.check import LONGEST_CELL

TEACHING = Path(__file__).parents[2] / "docs" / "teaching"


@pytest.fixture
def top():
    """The notebook of the guide, a cell for each block."""
    text = (TEACHING / "write_an_exercise.md").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)\n```$", text, re.M | re.S)
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(block) for block in blocks]
    notebook.cells[0].metadata["tags"] = ["setup"]
    return notebook


def test_the_exercise_of_the_guide_is_assigned(top, sandbox, tmp_path):
    assignment = made_of({"top": making.of_notebook("top", top)}, tmp_path, seed=3)
    assert [(check.id, check.points) for check in assignment.checks] == [("top.1", 2), ("top.2", 1)]
    assert faults(assignment, sandbox, 120.0) == []


def test_the_exercise_of_the_guide_runs_from_top_to_bottom(top, monkeypatch):
    monkeypatch.setattr(checks, "EXERCISES", dict(checks.EXERCISES))
    results, space = [], {}
    for cell in top.cells:
        exec(cell.source.replace("import check,", "import check as tried,"), space)
        space.setdefault("check", lambda *given: results.append(space["tried"](*given)))
    assert [result.state for result in results] == ["right", "right"]


def test_the_example_has_been_run_and_every_solution_passes(sandbox, tmp_path):
    notebook = nbformat.read(TEACHING / "laplace.ipynb", as_version=4)
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in codes] == list(range(1, len(codes) + 1))
    assert max(len(cell.source.splitlines()) for cell in codes) <= LONGEST_CELL
    for cell in codes:
        if "\ncheck(" in cell.source:
            assert "✓ right" in cell.outputs[-1].data["text/plain"]
    part = making.of_notebook("laplace", notebook)
    assert faults(made_of({"laplace": part}, tmp_path, seed=3), sandbox, 120.0) == []
