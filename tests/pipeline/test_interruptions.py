"""Killed in the middle: whole files, no orphan, and a rerun does only what is missing."""

import json
import signal
from pathlib import Path

import nbformat
import pytest


@pytest.fixture
def in_the_middle(course, until):
    """A run whose first lesson is done and whose second waits for the file `go`."""
    course.write("01_done", course.mark("ran-01"))
    course.write("02_waits", course.mark("ran-02"), course.wait_for("go"), course.mark("end-02"))
    course.write("03_next", course.mark("ran-03"))
    runner = course.start("run")
    until(lambda: course.marks("ran-02"))
    assert course.status("01_done")["status"] == "ok"
    return runner


def finish(course):
    (course.folder / "go").touch()
    code, said = course.course("run")
    assert code == 0, said
    for name in ("01_done", "02_waits", "03_next"):
        assert course.status(name)["status"] == "ok"
        nbformat.read(course.out(f"{name}.ipynb"), as_version=4)
    assert course.marks("ran-01") == 1
    assert (course.marks("ran-02"), course.marks("end-02")) == (2, 1)
    assert course.marks("ran-03") == 1
    assert course.leftovers() == []
    assert course.processes() == []


def test_runner_killed(course, until, in_the_middle):
    (home,) = [
        json.loads(path.read_text())["home"]
        for path in course.out("").glob(".02_waits.attempt-*/task.json")
    ]
    in_the_middle.kill()
    in_the_middle.communicate()
    until(lambda: not course.processes())
    assert course.status("02_waits") is None
    assert not course.out("02_waits.ipynb").exists()
    finish(course)
    assert not Path(home).exists()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_runner_interrupted(course, in_the_middle, how):
    in_the_middle.send_signal(how)
    said, _ = in_the_middle.communicate()
    assert in_the_middle.returncode == 130
    assert "Traceback" not in said
    assert "1 of 3 notebooks ok" in said
    assert course.status("02_waits") is None
    assert course.leftovers() == []
    assert course.processes() == []
    finish(course)


def test_interrupted_although_started_with_the_signal_ignored(course, until):
    """As a script's background does."""
    course.write("01_waits", course.mark("ran-01"), course.wait_for("go"))
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        runner = course.start("run")
    finally:
        signal.signal(signal.SIGINT, before)
    until(lambda: course.marks("ran-01"))
    runner.send_signal(signal.SIGINT)
    said, _ = runner.communicate()
    assert (runner.returncode, course.processes()) == (130, []), said


def test_child_killed(course, until, in_the_middle):
    course.child("02_waits").kill()
    said, _ = in_the_middle.communicate()
    assert in_the_middle.returncode == 1
    assert "02_waits: process died" in said
    assert course.status("02_waits")["status"] == "process died"
    assert "SIGKILL" in course.status("02_waits")["error"]
    assert course.status("03_next")["status"] == "ok"
    assert course.processes() == []
    finish(course)


def test_two_runners_share_the_work(course, until, in_the_middle):
    second = course.start("run")
    (course.folder / "go").touch()
    for runner in (in_the_middle, second):
        said, _ = runner.communicate()
        assert runner.returncode == 0, said
    assert [course.marks(f"ran-0{n}") for n in (1, 2, 3)] == [1, 1, 1]
