"""The same work on a cluster: a scheduler and two workers, one of them killed."""

import shutil
import signal
import subprocess
import sys

import pytest

from course_lib.pipeline import Refusal
from course_lib.pipeline.lessons import find_lessons
from course_lib.pipeline.schedule import execute, plan

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")


@pytest.fixture
def cluster(course, until):
    """The address of a scheduler on loopback with two workers of one thread each."""
    log, address = course.folder / "scheduler.log", course.folder / "scheduler.json"
    processes = []

    def start(program, *arguments):
        command = [sys.executable, "-m", f"distributed.cli.dask_{program}", "--no-dashboard"]
        command += ["--host", "127.0.0.1", "--scheduler-file", str(address), *arguments]
        with open(course.folder / f"{program}.log", "a") as output:
            process = subprocess.Popen(
                command,
                cwd=course.folder,
                env=course.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        processes.append(process)

    start("scheduler", "--port", "0")
    until(address.exists)
    for _ in range(2):
        start("worker", "--nthreads", "1", "--no-nanny")
    until(lambda: log.read_text().count("Register worker") == 2)
    yield next(word for word in log.read_text().split() if word.startswith("tcp://"))
    for process in processes:
        process.kill()
        process.wait()


def test_a_worker_killed_in_the_middle(course, until, cluster):
    course.write("01_waits", course.mark("ran-01"), course.wait_for("go"), course.mark("end-01"))
    course.write("02_quick", course.mark("ran-02"), course.mark("end-02"))
    course.write("03_fails", course.mark("ran-03"), "1 / 0")
    course.write("04_quick", course.mark("ran-04"), course.mark("end-04"))
    runner = course.start("run", "--dask", cluster)
    until(lambda: course.marks("ran-01") == 1)
    child = course.child("01_waits")
    worker = child.parent()
    assert "dask_worker" in " ".join(worker.cmdline())
    worker.kill()
    # The other worker takes the lesson over, and only once the first child is gone.
    until(lambda: course.marks("ran-01") == 2)
    assert not child.is_running()
    (course.folder / "go").touch()
    said, _ = runner.communicate()
    assert runner.returncode == 1, said
    assert "3 of 4 notebooks ok" in said
    states = {name: course.status(name)["status"] for name in ("01_waits", "02_quick", "04_quick")}
    assert set(states.values()) == {"ok"}
    assert course.status("03_fails")["status"] == "error"
    assert [course.marks(f"end-0{n}") for n in (1, 2, 4)] == [1, 1, 1]
    assert course.leftovers() == []
    assert not course.processes("pipeline.child")
    assert not course.processes("ipykernel")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_the_runner_gone(course, until, cluster, how):
    """The workers live on, and stop what nobody waits for any more."""
    course.write("01_waits", course.mark("ran-01"), course.wait_for("go"))
    runner = course.start("run", "--dask", cluster)
    until(lambda: course.marks("ran-01") == 1)
    runner.send_signal(how)
    said, _ = runner.communicate()
    assert runner.returncode == (130 if how == signal.SIGINT else -how), said
    until(lambda: not course.processes("pipeline.child") and not course.processes("ipykernel"))
    until(lambda: not list(course.out("").glob(".*.attempt-*")))
    assert course.status("01_waits") is None


def test_interrupted_once_though_no_worker_is_left(course, until, cluster):
    course.write("01_waits", course.mark("ran-01"), course.wait_for("go"))
    course.write("02_waits", course.mark("ran-02"), course.wait_for("go"))
    runner = course.start("run", "--dask", cluster)
    until(lambda: course.marks("ran-01") == 1 and course.marks("ran-02") == 1)
    for name in ("01_waits", "02_waits"):
        course.child(name).parent().kill()
    until(lambda: not course.processes("pipeline.child"))
    runner.send_signal(signal.SIGINT)
    said, _ = runner.communicate(timeout=60)
    assert runner.returncode == 130, said
    assert "Traceback" not in said
    assert "0 of 2 notebooks ok" in said


@pytest.fixture
def edited_workers(course, library, tmp_path):
    """Workers with another library than the runner's: cluster starts with this environment."""
    other = tmp_path / "other"
    shutil.copytree(library / "course_lib", other / "course_lib")
    path = other / "course_lib" / "lesson" / "scale.py"
    path.write_text(path.read_text(encoding="utf-8") + "\nSCALES += ('another',)\n")
    ours, course.environment = course.environment, course.environment | {"PYTHONPATH": str(other)}
    return ours


def test_the_workers_library_is_in_the_key(course, edited_workers, cluster):
    course.write("01_a", "from course_lib.lesson.scale import SCALES", course.mark("ran"))
    course.environment = edited_workers
    code, said = course.course("run", "--dask", cluster)
    assert code == 0, said
    # There it need not run again; here it is another library's result.
    assert "1 of them unchanged" in course.course("run", "--dask", cluster)[1]
    assert "0 of them unchanged" in course.course("run")[1]
    assert course.marks("ran") == 2


def test_without_the_extra(course, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(Refusal, match="--dask needs the package distributed"):
        execute(plan_of(course), address="tcp://127.0.0.1:1")


def plan_of(course):
    course.write("01_a", "1")
    return plan(find_lessons(course.folder / "notebooks"), course.folder / "runs", "smoke")
