"""Nothing that a lesson started survives it, and a process that is stuck is ended."""

import sys
import time

import psutil
import pytest

from course_lib.pipeline import watch
from course_lib.pipeline.lessons import find_lessons
from course_lib.pipeline.schedule import execute, plan

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans on")
# Programs that live on by themselves: in a session of their own, as a daemon, without a mark.
DETACHED = """
import subprocess, sys
program = "import os, time; open({file!r} + str(os.getpid()), 'w').close(); time.sleep(3600)"
command = [sys.executable, "-c", program]
subprocess.Popen(command, start_new_session=True)
twice = "import subprocess, sys; subprocess.Popen(sys.argv[1:], start_new_session=True)"
subprocess.run([sys.executable, "-c", twice, *command])
if {hide}:
    subprocess.run([sys.executable, "-c", twice, *command], env={{}})
import glob, time
while len(glob.glob({file!r} + "*")) < 2 + {hide}: time.sleep(0.05)
"""


def alive(course):
    names = [path.name for path in course.folder.glob("alive-*")]
    return [pid for pid in (int(name.split("-")[1]) for name in names) if lives(pid)]


def lives(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def detached(course, hide):
    return DETACHED.format(file=str(course.folder / "alive-"), hide=hide)


ENDS = {
    "ok": "1",
    "error": "1 / 0",
    "kernel died": "import os\nos._exit(1)",
    "timeout": "import time\ntime.sleep(3600)",
}


@pytest.mark.parametrize("status", ENDS)
def test_detached_programs_end_with_the_lesson(course, status):
    course.write("01_a", detached(course, sys.platform == "linux"), ENDS[status])
    course.course("run", "--timeout", 10)
    assert course.status("01_a")["status"] == status
    assert len(list(course.folder.glob("alive-*"))) == 3
    assert alive(course) == []


@pytest.mark.parametrize("who", ["the runner", "the child"])
def test_detached_programs_end_with_those_who_ran_the_lesson(course, until, who):
    # One without a mark is lost where the child was killed, who alone could tell whose it is.
    course.write("01_a", detached(course, who == "the runner"), course.wait_for("go"))
    runner = course.start("run")
    count = 2 + (who == "the runner")
    until(lambda: len(list(course.folder.glob("alive-*"))) == count)
    assert len(alive(course)) == count
    (runner if who == "the runner" else course.child("01_a")).kill()
    runner.communicate()
    until(lambda: alive(course) == [])
    until(lambda: not course.processes())


@linux
@pytest.mark.parametrize("where", ["in a cell", "between cells"])
def test_a_child_that_is_stuck_is_ended(course, monkeypatch, where):
    """The deadline within it stands still together with it."""
    monkeypatch.setattr(watch, "GRACE", 1)
    monkeypatch.setattr(watch, "START", 15)
    stop = "import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)"
    later = f"import threading\nthreading.Timer(1, lambda: exec({stop!r})).start()"
    course.write("01_a", stop if where == "in a cell" else later)
    if where == "between cells":
        course.write("01_a", later, "import time\ntime.sleep(3600)")
    lessons = find_lessons(course.folder / "notebooks")
    tasks = plan(lessons, course.folder / "runs", "smoke", timeout=2)
    results, interrupted = execute(tasks)
    assert not interrupted
    assert results["01_a"]["status"] == "timeout"
    assert "gave no sign for 3 s" in results["01_a"]["error"]
    assert course.leftovers() == []
    assert course.processes() == []


def test_what_starts_others_while_it_is_killed_ends_too(course, until):
    chain = (
        "import os, time\n"
        "for _ in range(200):\n"
        "    if os.fork(): os._exit(0)\n"
        "    os.setsid()\n"
        "    time.sleep(0.02)\n"
        "time.sleep(3600)\n"
    )
    source = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {chain!r}])"
    course.write("01_a", source)
    assert course.course("run")[0] == 0
    time.sleep(0.2)
    assert course.processes() == []
