"""Run one notebook in a process of its own, judge it and publish what it left.

    success = exit status 0, and an execution count on every code cell

read from the executed notebook: after a killed kernel or `sys.exit(0)`
papermill's own record still calls every cell completed. An attempt works in a
folder of its own; its files are moved to their places once it has ended, the
status last. Whoever holds a lesson's lock is the only one to do so.
"""

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

import course_lib
from course_lib.pipeline import keys, records
from course_lib.pipeline.attempts import sweep_attempts
from course_lib.pipeline.locks import is_locked, try_lock
from course_lib.pipeline.status import (
    DISK_IS_FULL,
    FULL_DISK,
    OK,
    is_done,
    read_json,
    read_status,
)

POLL = 0.1  # seconds


@dataclasses.dataclass(frozen=True)
class Task:
    """All that a worker needs to know to run one notebook; plain values only."""

    label: str
    notebook: str
    out: str
    name: str
    solution: bool
    parameters: dict
    environment: dict
    timeout: int | None
    runner: str  # the file that whoever asked for the run keeps locked


def run_notebook(task):
    """Run a notebook, unless a finished run has its key.

    Args:
        task: `Task`.

    Returns:
        dict, the content of the status file; `"cached"` is true where nothing ran.
    """
    out = Path(task.out)
    while is_locked(task.runner):
        with try_lock(out / f".{task.name}.lock") as lock:
            if lock is None:  # another run is at it, and may finish it for us
                time.sleep(POLL)
                continue
            status = read_status(out, task.name)
            if is_done(status, out, task.name, _key(task)):
                return status | {"cached": True}
            sweep_attempts(out, task.name)
            try:
                return _attempt(task, lock)
            except OSError as error:
                if error.errno not in FULL_DISK:
                    raise
                return outcome(task, "disk full", error=str(error))
    return outcome(task, "cancelled")


def _key(task):
    """The key of a run of this notebook as it lies here, with the library of this process."""
    notebook = nbformat.read(task.notebook, as_version=4)
    backend = task.environment["KERAS_BACKEND"]
    made = keys.made_of(notebook, task.parameters, task.name, _folder(task), backend=backend)
    return keys.key(made)


def _folder(task):
    """The folder of all lessons, in which the solutions have one of their own."""
    return Path(task.notebook).parents[1 if task.solution else 0]


def _attempt(task, lock):
    out = Path(task.out)
    started = time.monotonic()
    attempt = Path(tempfile.mkdtemp(prefix=f".{task.name}.attempt-", dir=out))
    # The sockets' folder is elsewhere, for the name of a socket must be short.
    sockets = tempfile.mkdtemp(prefix="course-")
    try:
        code = _run_child(task, attempt, sockets, lock)
        if code is None:
            return outcome(task, "cancelled")
        status, error = _judge(attempt, code, task)
        at = read_json(attempt / "progress.json") or {}
        result = read_json(attempt / "result.json") or {}
        found = outcome(
            task,
            status,
            error=error,
            seconds=round(time.monotonic() - started, 1),
            memory_mb=result.get("memory_mb"),
            cell=at.get("cell"),
            cells=at.get("cells"),
            source=at.get("source"),
            **{name: result.get(name) for name in ("key", "code_hash", "made_of", "executed")},
        )
        _publish(attempt, out, found)
        return found
    finally:
        sweep_attempts(out, task.name)
        shutil.rmtree(sockets, ignore_errors=True)


def _run_child(task, attempt, sockets, lock):
    """The child's exit status, or None if the run was cancelled."""
    # The kernel imports the library of this process.
    library = Path(course_lib.__file__).parent
    given = dataclasses.asdict(task) | {"sockets": sockets}
    given |= {"library": str(library), "folder": str(_folder(task))}
    (attempt / "task.json").write_text(json.dumps(given))
    home = str(library.parent)
    path = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))
    with open(attempt / "log", "wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "course_lib.pipeline.child", str(attempt), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=os.environ
            | task.environment
            | {"PYTHONPATH": path, "JUPYTER_RUNTIME_DIR": sockets, "JUPYTER_PREFER_ENV_PATH": "1"},
            start_new_session=True,
            # The child holds the lock too: should we be killed, nobody starts
            # the lesson anew before the child is gone as well.
            pass_fds=[lock.fileno()],
        )
    try:
        while child.poll() is None:
            if not is_locked(task.runner):
                return None
            time.sleep(POLL)
        return child.returncode
    finally:
        child.kill()
        child.wait()


def _judge(attempt, code, task):
    """(status, error) of an attempt that ended with exit status `code`."""
    result = read_json(attempt / "result.json") or {}
    if code == DISK_IS_FULL:
        return "disk full", "no room was left to write the executed notebook"
    if code != 0 and result.get("status", OK) == OK:
        last = (attempt / "log").read_text(errors="replace").strip().splitlines()[-1:]
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        return "process died", f"the process that ran it ended with {how}. {''.join(last)}".strip()
    if code != 0:
        return result["status"], result["error"]
    notebook = nbformat.read(attempt / "executed.ipynb", as_version=4)
    if not _ran_through(notebook):
        return "stopped early", "a cell ended the kernel, so that later cells did not run"
    wrong = records.wrong_exercises(notebook) if task.solution else ""
    return ("exercise wrong", wrong) if wrong else (OK, "")


def _ran_through(notebook):
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    return all(
        cell.execution_count is not None
        and not any(output.output_type == "error" for output in cell.outputs)
        for cell in cells
    )


def outcome(task, status, **facts):
    """What is said of a task that ended with this status."""
    kept = ("label", "name", "parameters")
    return {name: getattr(task, name) for name in kept} | {"status": status} | facts


def _publish(attempt, out, found):
    """Move an attempt's files to their places, the status last."""
    name = found["name"]
    (attempt / "status.json").write_text(json.dumps(found, indent=1, ensure_ascii=False))
    good, failed = out / f"{name}.ipynb", out / f"{name}.failed.ipynb"
    (out / f"{name}.json").unlink(missing_ok=True)
    for old in (good, failed, out / f"{name}.html"):
        old.unlink(missing_ok=True)
    if (attempt / "executed.ipynb").exists():
        os.replace(attempt / "executed.ipynb", good if found["status"] == OK else failed)
    os.replace(attempt / "log", out / f"{name}.log")
    os.replace(attempt / "status.json", out / f"{name}.json")
