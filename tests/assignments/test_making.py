"""What students get: stubs for solutions, no hidden checks, the same bytes for the same input."""

import json
import os
import sys
from pathlib import Path

import nbformat
import pytest

from course_lib.assignments import Refusal, making
from course_lib.assignments.assign import made_of, parts_of, write
from course_lib.assignments.assignment import load
from course_lib.assignments.cells import checks, without_checks
from course_lib.assignments.nbgrader import export
from course_lib.assignments.regions import for_students
from course_lib.pipeline.lessons import find_lessons
from tests.assignments.conftest import teachers_notebook
from tests.lesson.answers import RIGHT

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LESSONS = {x.topic: x.path for x in find_lessons(NOTEBOOKS) if not x.solution}


def find(name):
    return LESSONS[name], NOTEBOOKS / "solutions" / LESSONS[name].name


def source_of(notebook):
    return "\n".join(cell["source"] for cell in notebook["cells"])


def test_a_solution_that_is_not_marked_is_not_handed_out():
    notebook = teachers_notebook()
    source = notebook.cells[3].source
    notebook.cells[3].source = source.replace("# solution", "# Solution").replace("# end", "# End")
    with pytest.raises(Refusal, match="has a check, but no `# solution`"):
        making.of_notebook("tiny", notebook)


def test_every_exercise_of_every_lesson_is_assigned(tmp_path):
    parts = parts_of(list(LESSONS), find)
    assignment = made_of(parts, tmp_path, seed=1)
    assert {check.id for check in assignment.checks} == set(RIGHT)
    notebook = nbformat.read(write(assignment, parts, tmp_path), as_version=4)
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    text = source_of(notebook)
    assert "<details>" not in text
    assert "Solutions are in" not in text
    for answer in assignment.answers:
        assert answer.stub in text
        body = answer.solution.split("\n", 1)[-1]
        assert body not in text


def test_the_same_input_gives_the_same_bytes(tmp_path):
    made = []
    for folder in ("a", "b"):
        parts = parts_of(["sparse", "pixels"], find)
        path = write(made_of(parts, tmp_path / folder), parts, tmp_path / folder)
        made.append(path.read_bytes())
    assert made[0] == made[1]  # though each has a seed of its own
    first, second = load(tmp_path / "a"), load(tmp_path / "b")
    assert first.seed != second.seed
    assert made_of(parts, tmp_path / "a") == first  # an assignment keeps its seed


def test_own_notebooks(student_notebook, tiny):
    text = source_of(student_notebook)
    for secret in (
        "accumulate",
        "2 * x",
        "Sequential",
        "@exercise",
        "hidden",
        "solution",
        "check(",
    ):
        assert secret not in text.replace("import check", "")
    assert [(check.id, check.points) for check in tiny.checks] == [
        ("tiny.1", 2.0),
        ("tiny.2", 1.0),
        ("tiny.3", 1.0),
        ("tiny.4", 1.0),
    ]
    assert "def double(x):\n    ..." in text
    assert "5 in all: `largest_so_far` 3, `double` 1, `saved` 1." in text


def test_checks_beside_a_notebook(tmp_path):
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_code_cell(
            'def f(x):\n    # solution\n    return x\n    # end\n\n\ncheck("mine.1", f)'
        )
    ]
    nbformat.write(notebook, tmp_path / "mine.ipynb")
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "mine.py").write_text("# the checks")
    (part,) = parts_of([str(tmp_path / "mine.ipynb")], find).values()
    assert part.hidden[0] == "# the checks"


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("# solution\nx", "has a region `# solution` without `# end`"),
        ("x\n# end", "has an `# end` without"),
        ("# solution\n# hidden\n# end", "inside another"),
    ],
)
def test_a_region_that_is_wrong(source, sentence):
    with pytest.raises(Refusal, match=sentence):
        for_students(source, "cell 3 of mine")


def test_what_cannot_be_assigned(tmp_path):
    with pytest.raises(Refusal, match="asks for nothing"):
        making.of_notebook("mine", nbformat.v4.new_notebook())
    notebook = teachers_notebook()
    notebook.cells.append(notebook.cells[3])
    parts = {"tiny": making.of_notebook("tiny", notebook)}
    with pytest.raises(Refusal, match=r"tiny\.3 is checked twice"):
        made_of(parts, tmp_path)
    (tmp_path / "no.ipynb").write_text("{")
    with pytest.raises(Refusal, match="is not a readable notebook"):
        parts_of([str(tmp_path / "no.ipynb")], find)
    with pytest.raises(Refusal, match="There is no assignment"):
        load(tmp_path / "nowhere")
    (tmp_path / "assignment.json").write_text("{}")
    with pytest.raises(Refusal, match="is damaged"):
        load(tmp_path)


def test_lines_that_check():
    cell = 'def f(): ...\n\n\ncheck("a.1", f)  # 2.5 points\ncheck("a.2", f)\nprint(check)'
    assert list(checks(cell)) == [("a.1", "f", 2.5), ("a.2", "f", 1.0)]
    assert without_checks(cell) == "def f(): ...\n\n\nprint(check)"
    assert without_checks(cell, keep={"a"}) == cell


def test_the_format_of_nbgrader(tiny, tmp_path):
    part = making.of_notebook("tiny", teachers_notebook())
    notebook = nbformat.read(export(part.shown, tiny, tmp_path), as_version=4)
    graded = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    assert [cell.metadata.nbgrader.points for cell in graded] == [2.0, 1.0, 1.0, 1.0]
    space = {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and "saved" not in cell.source.split("(")[0]:
            lines = cell.source.splitlines()
            if not cell.metadata.get("nbgrader", {}).get("grade", True):
                assert lines[1].strip() == "### BEGIN SOLUTION"
                assert lines[-1].strip() == "### END SOLUTION"
            if "tiny.4" not in cell.source.split("with seeded")[-1]:
                exec(cell.source, space)  # solutions, then tests that pass
    wrong = json.loads(json.dumps(graded[2]))["source"]
    space["double"] = lambda x: x
    with pytest.raises(AssertionError, match="not yet"):
        exec(wrong, space)


def test_a_lesson_in_the_format_of_nbgrader(tmp_path):
    (part,) = parts_of(["sparse"], find).values()
    assignment = made_of({"sparse": part}, tmp_path, seed=1)
    notebook = nbformat.read(export(part.shown, assignment, tmp_path), as_version=4)
    cell = next(cell for cell in notebook.cells if cell.id == "sparse-exercise-1")
    head, solution = "def cheapest_code(a, weight):\n", "    ### BEGIN SOLUTION\n    return "
    assert cell.source.startswith(head + solution)
    assert cell.source.endswith('    ### END SOLUTION\n\n\ncheck("sparse.1", cheapest_code)')


def test_what_an_answer_prints_costs_no_points_in_nbgrader(tiny, tmp_path, capfd):
    part = making.of_notebook("tiny", teachers_notebook())
    notebook = nbformat.read(export(part.shown, tiny, tmp_path), as_version=4)
    test = next(cell.source for cell in notebook.cells if cell.id == "test-tiny-3")

    def double(x):
        print("a word", file=sys.stderr)
        os.write(2, b"a library's word")
        return 2 * x

    exec(test, {"double": double})
    assert capfd.readouterr().err == ""
