"""The folders in which attempts to run a notebook work, and what is left of killed ones.

An attempt at `NN_name` works in `.NN_name.attempt-…`, beside the results, and
its kernel speaks through a folder of sockets that `task.json` names. Whoever
holds the lock `.NN_name.lock` and finds such a folder knows that it is dead.
"""

import contextlib
import re
import shutil
from pathlib import Path

import psutil

from course_lib.pipeline.locks import is_locked, try_lock
from course_lib.pipeline.status import read_json


def sweep(out):
    """Remove what killed runs left in a folder, but nothing that somebody works on."""
    for path in Path(out).glob(".run-*"):
        if not is_locked(path):
            path.unlink(missing_ok=True)
    for path in Path(out).glob(".*.part"):
        writer = re.search(r"\.(\d+)\.part$", path.name)
        if writer and not psutil.pid_exists(int(writer[1])):
            path.unlink(missing_ok=True)
    for path in Path(out).glob(".*.lock"):
        with try_lock(path) as lock:
            if lock:
                sweep_attempts(out, path.name[1 : -len(".lock")])


def sweep_attempts(out, name):
    """Remove the attempts at one notebook and their kernels; for the holder of its lock."""
    for folder in Path(out).glob(f".{name}.attempt-*"):
        task = read_json(folder / "task.json") or {}
        if "sockets" in task:
            _kill_kernels(task["sockets"])
            shutil.rmtree(task["sockets"], ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def progress(out, name):
    """Where a running notebook is: `{"cell", "cells", "source"}`, or None."""
    for path in Path(out).glob(f".{name}.attempt-*/progress.json"):
        return read_json(path)
    return None


def _kill_kernels(sockets):
    """Kill the kernels that speak through a folder of sockets, and their children."""
    for process in psutil.process_iter(["cmdline"]):
        if any(sockets in argument for argument in process.info["cmdline"] or []):
            with contextlib.suppress(psutil.Error):
                family = [process, *process.children(recursive=True)]
                for member in family:
                    with contextlib.suppress(psutil.Error):
                        member.kill()
                psutil.wait_procs(family, timeout=10)
