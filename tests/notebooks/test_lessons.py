"""Every lesson runs at lesson scale, and its stored outputs are those of its code."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course_lib.lesson.catalogue import claims_of
from course_lib.pipeline import records
from course_lib.pipeline.check import findings
from course_lib.pipeline.lessons import find_lessons, tags
from course_lib.pipeline.publish import prepare
from course_lib.pipeline.status import OK, read_status

ROOT = Path(__file__).parents[2]
RUNS = ROOT / "runs"
LESSONS = find_lessons(ROOT / "notebooks")
SCALE = "lesson"

pytestmark = pytest.mark.skipif(not LESSONS, reason="there is no lesson yet")
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.label)


@pytest.fixture(scope="session")
def course_run():
    """The pipeline's run of the whole course; what is unchanged is not run again."""
    command = [sys.executable, "-m", "course_lib.pipeline", "run", "--scale", SCALE]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture
def executed(course_run, lesson):
    status = read_status(lesson.out(RUNS, SCALE), lesson.name)
    assert status, course_run.stdout + course_run.stderr
    assert status["status"] == OK, status
    return nbformat.read(lesson.out(RUNS, SCALE) / f"{lesson.name}.ipynb", as_version=4)


@each_lesson
def test_it_runs(executed):
    """The fixture asserts it; the course's own exit status must agree."""


def test_the_run_says_so(course_run):
    assert course_run.returncode == 0, course_run.stdout + course_run.stderr


@each_lesson
def test_every_claim_has_a_verdict(lesson, executed):
    found = records.measurements(executed)
    claims = claims_of(lesson.topic)
    left_out = set(claims) - {x["id"] for x in found}
    assert lesson.solution or all(claims[id]["needs"] for id in left_out)
    assert {x["verdict"] for x in found} <= set(records.VERDICTS)


@each_lesson
def test_stored_outputs_are_those_of_the_run(lesson, executed, replay):
    result = replay(lesson.path, lesson.out(RUNS, SCALE))
    assert result.returncode == 0, result.stdout


@each_lesson
def test_a_changed_number_is_found(lesson, executed, replay, tmp_path):
    notebook = prepare(lesson, lesson.out(RUNS, SCALE), SCALE)
    texts = [
        (output, "text") if output.output_type == "stream" else (output.data, "text/plain")
        for cell in notebook.cells
        if "nbval-check-output" in tags(cell)
        for output in cell.outputs
    ]
    texts = [(holder, key) for holder, key in texts if re.search(r"\d", holder.get(key, ""))]
    if lesson.solution and not texts:
        pytest.skip("these solutions have no cell whose output is compared")
    holder, key = texts[-1]
    digit = re.search(r"\d", holder[key])
    changed = str((int(digit[0]) + 1) % 10)
    holder[key] = holder[key][: digit.start()] + changed + holder[key][digit.end() :]
    nbformat.write(notebook, tmp_path / lesson.path.name)
    result = replay(tmp_path / lesson.path.name, lesson.out(RUNS, SCALE))
    assert result.returncode == 1
    assert "Cell outputs differ" in result.stdout


@pytest.mark.usefixtures("course_run")
def test_notebooks_keep_the_rules():
    assert findings(LESSONS, ROOT / "notebooks") == []
