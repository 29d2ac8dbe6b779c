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
import signal
import time
from pathlib import Path

import nbformat

from course_lib.pipeline import keys, records
from course_lib.pipeline.attempts import new_attempt, progress_of, sweep_attempts
from course_lib.pipeline.lessons import tags
from course_lib.pipeline.locks import is_locked, try_lock
from course_lib.pipeline.status import (
    DISK_IS_FULL,
    FULL_DISK,
    OK,
    is_done,
    read_json,
    read_status,
    write_whole,
)
from course_lib.pipeline.watch import POLL, run_child

# What a child says of a run that ended, and a status keeps.
LEFT = ("key", "code_hash", "made_of", "executed", "run_on")


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
    fault: str = ""  # why it cannot run, in a sentence
    runner: str = ""  # the file that whoever asked for the run keeps locked


def run_notebook(task):
    """Run a notebook, unless a finished run has its key.

    Args:
        task: `Task`.

    Returns:
        dict, the content of the status file; `"cached"` is true where nothing ran.
    """
    if task.fault:
        return outcome(task, "unreadable", error=task.fault)
    out = Path(task.out)
    while is_locked(task.runner):
        with try_lock(out / f".{task.name}.lock") as held:
            if not held:  # another run is at it, and may finish it for us
                time.sleep(POLL)
                continue
            status = read_status(out, task.name)
            if is_done(status, out, task.name, _key(task)):
                return status | {"cached": True}
            sweep_attempts(out, task.name)
            try:
                return _attempt(task)
            except OSError as error:
                if error.errno not in FULL_DISK:
                    raise
                return outcome(task, "disk full", error=str(error))
    return outcome(task, "cancelled")


def _key(task):
    """The key of a run of this notebook as it lies here, with the library of this process."""
    notebook = nbformat.read(task.notebook, as_version=4)
    environ = os.environ | task.environment
    made = keys.made_of(notebook, task.parameters, task.name, _folder(task), environ=environ)
    return keys.key(made)


def _folder(task):
    """The folder of all lessons, in which the solutions have one of their own."""
    return Path(task.notebook).parents[1 if task.solution else 0]


def _attempt(task):
    out = Path(task.out)
    started = time.monotonic()
    with new_attempt(out, task.name) as (attempt, home):
        given = {"folder": str(_folder(task))}
        end = run_child(dataclasses.asdict(task) | given, attempt, home)
        if end is None:
            return outcome(task, "cancelled")
        status, error = end if isinstance(end, tuple) else _judge(attempt, end, task)
        at = progress_of(attempt) or {}
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
            **{name: result.get(name) for name in LEFT},
        )
        _publish(attempt, out, found)
        return found


def _judge(attempt, code, task):
    """(status, error) of an attempt that ended with exit status `code`."""
    result = read_json(attempt / "result.json") or {}
    if code == DISK_IS_FULL:
        return "disk full", "no room was left to write the executed notebook"
    if code != 0 and result.get("status", OK) == OK:
        text = (attempt / "log").read_text(encoding="utf-8", errors="replace")
        last = text.strip().splitlines()[-1:]
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        return "process died", f"the process that ran it ended with {how}. {''.join(last)}".strip()
    if code != 0:
        return str(result["status"]), str(result.get("error", ""))
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
        if "skip-execution" not in tags(cell)  # as nbclient does
    )


def outcome(task, status, **facts):
    """What is said of a task that ended with this status."""
    kept = ("label", "name", "parameters")
    return {name: getattr(task, name) for name in kept} | {"status": status} | facts


def _publish(attempt, out, found):
    """Move an attempt's files to their places, the status last."""
    name = found["name"]
    executed = attempt / "executed.ipynb"
    write_whole(attempt / "status.json", json.dumps(found, indent=1))
    (out / f"{name}.json").unlink(missing_ok=True)
    for old in (f"{name}.ipynb", f"{name}.failed.ipynb", f"{name}.html"):
        (out / old).unlink(missing_ok=True)
    if executed.exists():
        os.replace(executed, out / f"{name}{'' if found['status'] == OK else '.failed'}.ipynb")
    os.replace(attempt / "log", out / f"{name}.log")
    os.replace(attempt / "status.json", out / f"{name}.json")
