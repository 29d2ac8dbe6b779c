"""How runs end, and that one bad end leaves the other lessons alone."""

import json
import resource

import nbformat
import pytest

ENDS = {
    "01_good": (["1 + 1"], "ok", ""),
    "02_error": (["1 / 0", "2"], "error", "ZeroDivisionError"),
    "03_exit": (["import sys\nsys.exit(0)", "2"], "stopped early", ""),
    "04_exit_last": (["import sys\nsys.exit(0)"], "stopped early", ""),
    "05_killed": (["import os\nos.kill(os.getpid(), 9)", "2"], "kernel died", ""),
    "06_killed_last": (["import os\nos._exit(0)"], "kernel died", ""),
    "07_slow": (["import time\ntime.sleep(3600)", "2"], "timeout", "10 s"),
    "08_good": (["print('made it')"], "ok", ""),
}
CHECK = """
from IPython.display import display
record = {{"id": "01.1", "state": "{state}", "message": "your value 3"}}
display({{"application/vnd.course-lib.check+json": record, "text/plain": ""}}, raw=True)
"""


def test_each_end_is_told_from_the_others(course, until):
    for name, (cells, *_) in ENDS.items():
        course.write(name, *cells)
    code, said = course.course("run", "-j", 2, "--timeout", 10)
    assert code == 1
    for name, (_, status, words) in ENDS.items():
        found = course.status(name)
        assert found["status"] == status, (name, found)
        assert words in found["error"]
        assert course.out(f"{name}.ipynb").exists() == (status == "ok")
        assert course.out(f"{name}.failed.ipynb").exists() == (status != "ok")
        assert course.out(f"{name}.log").exists()
        assert status == "ok" or found["cell"] == 2  # cell 1 holds the parameters
        assert f"{name}: {status}" in said
    assert "2 of 8 notebooks ok" in said
    assert said.strip().splitlines()[-1].endswith("report.html")
    assert course.status("01_good")["memory_mb"] > 10
    assert course.leftovers() == []
    until(lambda: not course.processes())


def test_outputs_before_the_failure_are_kept(course):
    course.write("01_a", "print('before')", "1 / 0", "print('after')")
    assert course.course("run")[0] == 1
    notebook = nbformat.read(course.out("01_a.failed.ipynb"), as_version=4)
    shown = [output.get("text") for cell in notebook.cells for output in cell.get("outputs", [])]
    assert "before\n" in shown
    assert "after\n" not in shown


def test_nothing_is_run_twice(course):
    for name in ("01_a", "02_b"):
        course.write(name, course.mark(name))
    assert course.course("run")[0] == 0

    code, said = course.course("run")
    assert code == 0
    assert "2 of them unchanged" in said

    notebook = course.folder / "notebooks" / "01_a.ipynb"
    notebook.write_text(notebook.read_text().replace("# Lesson", "# A better title for"))
    assert course.course("run")[0] == 0
    assert (course.marks("01_a"), course.marks("02_b")) == (1, 1)

    course.write("01_a", course.mark("01_a"), "1 + 1")
    assert course.course("run")[0] == 0
    assert (course.marks("01_a"), course.marks("02_b")) == (2, 1)

    # A result that was removed is made again, though its status is still there.
    course.out("02_b.ipynb").unlink()
    assert course.course("run")[0] == 0
    assert (course.marks("01_a"), course.marks("02_b")) == (2, 2)


def test_parameters_reach_the_lessons_that_have_them(course):
    course.write("01_{a}", "print(scale, seed)", parameters="scale = 'lesson'; seed = 0")
    course.write("02_b", "print(scale)")
    code, said = course.course("run", "--scale", "smoke", "-p", "seed=7")
    assert code == 0, said
    executed = nbformat.read(course.out("01_{a}.ipynb", "smoke"), as_version=4)
    assert executed.cells[-1].outputs[0].text == "smoke 7\n"
    assert json.loads(course.out("02_b.json", "smoke").read_text())["parameters"] == {
        "scale": "smoke"
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["-p", "sede=1"], "No lesson asked for has a parameter 'sede'; there are: none."),
        (["-p", "scale=lesson", "--scale", "smoke"], "The scale is chosen by --scale"),
        (["-p", "seed=1", "-p", "seed=2"], "Parameter 'seed' was given twice."),
        (["-p", "seed"], "A parameter must be name=value, but 'seed' was given."),
        (["--only", "01,09"], "There is no lesson '09'; the lessons are a, b."),
        (["--dask", "127.0.0.1:1"], "No dask scheduler answers at 127.0.0.1:1"),
    ],
)
def test_a_refusal_is_one_sentence_before_anything_runs(course, arguments, sentence):
    course.write("01_a", course.mark("ran"))
    course.write("02_b", course.mark("ran"))
    code, said = course.course("run", *arguments)
    assert code == 1
    assert sentence in said
    assert "Traceback" not in said
    assert course.marks("ran") == 0


def test_an_empty_folder_is_one_sentence(course):
    assert course.course("run") == (
        1,
        "Error: There is no lesson here: run this in the course's folder.\n",
    )


@pytest.mark.parametrize("state", ["right", "not yet", "not attempted"])
def test_solutions_must_be_right(course, state):
    course.write("01_a", "1")
    course.write("solutions/01_a", CHECK.format(state=state))
    code, said = course.course("run")
    status = json.loads(course.out("solutions/01_a.json").read_text())
    assert course.status("01_a")["status"] == "ok"
    if state == "right":
        assert (code, status["status"]) == (0, "ok")
    else:
        assert (code, status["status"]) == (1, "exercise wrong")
        assert f"01.1 ({state}) your value 3" in said


def test_solutions_that_check_nothing_are_wrong(course):
    course.write("solutions/01_a", "1")
    assert course.course("run")[0] == 1
    status = json.loads(course.out("solutions/01_a.json").read_text())
    assert status["error"] == "no exercise is checked"


@pytest.mark.parametrize(("room", "small"), [(500_000, "ok"), (100, None)])
def test_a_full_disk_leaves_whole_files(course, room, small):
    """A limit on the size of any file is what can be had without a disk to fill.

    With little room the child cannot write its notebook; with none the runner
    cannot even say so in a file.
    """
    course.write("01_big", "print(('x' * 99 + '\\n') * 20_000)")
    course.write("02_small", "1")
    limit = (resource.RLIMIT_FSIZE, (room, room))
    code, said = course.course("run", preexec_fn=lambda: resource.setrlimit(*limit))
    assert code == 1
    assert "Traceback" not in said
    assert "01_big: disk full" in said
    assert (course.status("02_small") or {}).get("status") == small
    for path in course.out("").rglob("*.ipynb"):
        nbformat.read(path, as_version=4)
    assert course.leftovers() == []

    assert course.course("run")[0] == 0
    assert course.status("01_big")["status"] == "ok"


def test_parallel_children_share_the_cores(course):
    course.write("01_a", "import os\nprint(os.environ['OMP_NUM_THREADS'])")
    assert course.course("run", "-j", 1000)[0] == 0
    notebook = nbformat.read(course.out("01_a.ipynb"), as_version=4)
    assert notebook.cells[-1].outputs[0].text == "1\n"
