"""A small assignment that needs NumPy alone, and hand-ins to it."""

import json
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest

from course_lib.assignments import Refusal, making
from course_lib.assignments.assign import made_of, write
from course_lib.assignments.grading import grade_all
from course_lib.assignments.handins import hand_ins
from course_lib.assignments.sandbox import choose

LARGEST = """\
def largest_so_far(x):
    # solution
    return np.maximum.accumulate(x)
    # end


check("tiny.1", largest_so_far)  # 2 points
check("tiny.2", largest_so_far)
"""
DOUBLE = """\
def double(x):
    # solution
    return 2 * x
    # end


check("tiny.3", double)
"""
SAVED = """\
def saved(path):
    # solution
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Activation("relu")])
    model.save(path)
    return path
    # end


check("tiny.4", saved)
"""
HIDDEN = """\
# hidden
from course_lib.lesson import draws, exercise, expect
from course_lib.lesson.trials import reloaded, trial


@exercise("tiny.1")
def largest():
    x = draws(1).normal(size=50)
    yours = yield (x,)
    expect("the largest so far", yours, [max(x[: i + 1]) for i in range(50)])


@exercise("tiny.2")
def of_rows():
    x = draws(2).normal(size=(4, 3))
    yours = yield (x,)
    expect("the largest so far of rows", yours, [x[: i + 1].max(axis=0) for i in range(4)])


@exercise("tiny.3")
def double():
    for value in draws(3).normal(size=3):
        yours = yield (float(value),)
        expect("twice x", yours, 2 * value)


@exercise("tiny.4")
def saved():
    x = draws(4).normal(size=(2, 3)).astype("float32")
    yours = yield trial(reloaded, ("model.keras",), x)
    expect("the model's output", yours, x * (x > 0))


# end
"""


def teachers_notebook():
    """The teacher's notebook, of nbformat."""
    code, text = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
    setup = "from course_lib.lesson import check\nimport numpy as np"
    cells = [
        text("# Tiny", id="title"),
        code(setup, id="setup", metadata={"tags": ["setup"]}),
        code(LARGEST, id="largest"),
        code(DOUBLE, id="double"),
        code(SAVED, id="saved"),
        code(HIDDEN, id="hidden"),
    ]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.fixture(scope="session")
def tiny():
    """The assignment, its seed known to this test alone."""
    parts = {"tiny": making.of_notebook("tiny", teachers_notebook())}
    return made_of(parts, "nowhere", seed=20)


@pytest.fixture(scope="session")
def student_notebook(tmp_path_factory):
    """What students get, as a dict."""
    out = tmp_path_factory.mktemp("assignment")
    parts = {"tiny": making.of_notebook("tiny", teachers_notebook())}
    return json.loads(write(made_of(parts, out, seed=20), parts, out).read_text("utf-8"))


@pytest.fixture(scope="session")
def sandbox():
    """Bubblewrap, or no test of what needs it."""
    try:
        found = choose()
    except Refusal as refusal:
        pytest.skip(str(refusal))
    return found


@pytest.fixture
def answered(tiny, student_notebook):
    """Makes the text of a hand-in from answers by cell; without any it has the solutions."""

    def text(answers=None):
        solutions = {answer.cell: answer.solution for answer in tiny.answers}
        given = solutions if answers is None else answers
        notebook = json.loads(json.dumps(student_notebook))
        for cell in notebook["cells"]:
            cell["source"] = given.get(cell["id"], cell["source"])
        return json.dumps(notebook)

    return text


@pytest.fixture
def graded(tiny, sandbox, tmp_path):
    """Grades a folder or zip of hand-ins: results by student."""

    def grade(path, jobs=2, timeout=20.0, out=tmp_path / "out"):
        found = hand_ins(path)
        with ThreadPoolExecutor(jobs) as pool:
            results = grade_all(found, tiny, out, pool, sandbox, timeout)
        return {result["student"]: result for result in results}

    return grade
