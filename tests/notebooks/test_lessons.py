"""Every lesson runs at lesson scale, and its stored outputs are those of its code."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course_lib.lesson.catalogue import claims_of
from course_lib.pipeline import Refusal, records
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


def replayed(replay, notebooks):
    """What nbval finds in these notebooks of the lessons, `{label: [fault of each cell]}`."""
    found = {}
    for solution in (False, True):
        some = {lesson: path for lesson, path in notebooks.items() if lesson.solution == solution}
        if some:
            folder = next(iter(some)).out(RUNS, SCALE)
            faults = replay(list(some.values()), folder)
            found |= {lesson.label: faults[path.name] for lesson, path in some.items()}
    return found


@pytest.fixture(scope="session")
def faults(course_run, replay):
    return replayed(replay, {lesson: lesson.path for lesson in LESSONS})


@pytest.fixture(scope="session")
def faults_of_changed(course_run, replay, tmp_path_factory):
    """Of the lessons, each with one digit of its last checked output changed."""
    folder, notebooks, refused = tmp_path_factory.mktemp("changed"), {}, {}
    for lesson in LESSONS:
        try:
            notebook = changed(lesson)
        except Refusal as refusal:
            refused[lesson.label] = [str(refusal)]
            continue
        if notebook:
            notebooks[lesson] = folder / lesson.path.relative_to(ROOT / "notebooks")
            notebooks[lesson].parent.mkdir(exist_ok=True)
            nbformat.write(notebook, notebooks[lesson])
    return replayed(replay, notebooks) | refused


def changed(lesson):
    """The notebook as its run would publish it, or `None` if it has no number to compare."""
    notebook = prepare(lesson, lesson.out(RUNS, SCALE), SCALE)
    texts = [
        (output, "text") if output.output_type == "stream" else (output.data, "text/plain")
        for cell in notebook.cells
        if "nbval-check-output" in tags(cell)
        for output in cell.outputs
    ]
    texts = [(holder, key) for holder, key in texts if re.search(r"\d", holder.get(key, ""))]
    if not texts:
        return None
    holder, key = texts[-1]
    digit = re.search(r"\d", holder[key])
    other = str((int(digit[0]) + 1) % 10)
    holder[key] = holder[key][: digit.start()] + other + holder[key][digit.end() :]
    return notebook


@each_lesson
def test_stored_outputs_are_those_of_the_run(lesson, executed, faults):
    assert faults[lesson.label]
    assert not any(faults[lesson.label]), "\n".join(faults[lesson.label])


@each_lesson
def test_a_changed_number_is_found(lesson, executed, faults_of_changed):
    if lesson.solution and lesson.label not in faults_of_changed:
        pytest.skip("these solutions have no cell whose output is compared")
    (found,) = filter(None, faults_of_changed[lesson.label])
    assert "Cell outputs differ" in found


@pytest.mark.usefixtures("course_run")
def test_notebooks_keep_the_rules():
    assert findings(LESSONS, ROOT / "notebooks") == []
