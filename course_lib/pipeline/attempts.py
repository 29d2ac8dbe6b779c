"""The folders in which attempts to run a notebook work, and what is left of killed ones.

An attempt at `NN_name` works in `.NN_name.attempt-WORD`, beside the results, and its kernel
is at home in `course-WORD`, which `task.json` names. Whoever holds the lock `.NN_name.lock`
and finds such a folder knows that it is dead.
"""

import contextlib
import glob
import re
import shutil
import tempfile
from pathlib import Path

import psutil

from course_lib.pipeline.home import PREFIX, kernel_home
from course_lib.pipeline.locks import try_lock
from course_lib.pipeline.processes import end_marked
from course_lib.pipeline.status import has_fields, read_json

PROGRESS = {"cell": int, "cells": int, "source": str, "within": bool}


@contextlib.contextmanager
def new_attempt(out, name):
    """Make the folders of one attempt, where it works and its kernel's home, and remove them."""
    attempt = Path(tempfile.mkdtemp(prefix=f".{name}.attempt-", dir=out))
    try:
        with kernel_home(_word(attempt)) as home:
            yield attempt, home
    finally:
        sweep_attempts(out, name)


def sweep(out):
    """Remove what killed runs left in a folder, but nothing that somebody works on."""
    for path in Path(out).glob(".run-*"):
        with try_lock(path) as held:
            if held:
                path.unlink(missing_ok=True)
    for path in Path(out).glob(".*.part"):
        writer = re.search(r"\.(\d+)\.part$", path.name)
        if writer and not psutil.pid_exists(int(writer[1])):
            path.unlink(missing_ok=True)
    for path in Path(out).glob(".*.lock"):
        # What cannot be swept is told by the lesson whose lock it is.
        with contextlib.suppress(OSError), try_lock(path) as held:
            if held:
                sweep_attempts(out, path.name[1 : -len(".lock")])


def sweep_attempts(out, name):
    """Remove the attempts at one notebook and their processes; for the holder of its lock."""
    for attempt in _attempts(out, name):
        end_marked(attempt)
        home = (read_json(attempt / "task.json") or {}).get("home")
        # A damaged file must not have another folder removed.
        if isinstance(home, str) and Path(home).name == PREFIX + _word(attempt):
            shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(attempt, ignore_errors=True)


def progress(out, name):
    """Where a running notebook is: `{"cell", "cells", "source", "within"}`, or None."""
    for attempt in _attempts(out, name):
        return progress_of(attempt)
    return None


def progress_of(attempt):
    """Where the notebook of this attempt is, or None while that is not known."""
    at = read_json(Path(attempt) / "progress.json")
    return at if at and has_fields(at, PROGRESS) and PROGRESS.keys() <= at.keys() else None


def _attempts(out, name):
    return list(Path(out).glob(f".{glob.escape(name)}.attempt-*"))


def _word(attempt):
    return attempt.name.rpartition("-")[2]
