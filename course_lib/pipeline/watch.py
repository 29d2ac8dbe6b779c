"""A child that runs a notebook, and the eye that is kept on it: it ends, and nothing is left."""

import json
import subprocess
import sys
import time
from pathlib import Path

import course_lib
from course_lib.pipeline.attempts import progress_of
from course_lib.pipeline.home import START, environment
from course_lib.pipeline.locks import is_locked
from course_lib.pipeline.processes import end_descendants

POLL = 0.1  # seconds
GRACE = 30  # seconds beyond its own deadlines that a child may be silent
STUCK = 5  # seconds after which a child that should end is killed
LOG = 20 * 10**6  # bytes that processes may write past the notebook


def run_child(task, attempt, home):
    """Run a notebook in a child.

    Args:
        task: dict of a `Task`'s fields and the `folder` of all lessons.
        attempt: the folder in which it works.
        home: the folder of its kernel.

    Returns:
        its exit status; (status, error) if it was stopped; None if it was cancelled.
    """
    # The kernel imports the library of this process.
    library = Path(course_lib.__file__).parent
    given = task | {"home": str(home), "library": str(library)}
    (attempt / "task.json").write_text(json.dumps(given), encoding="utf-8")
    with open(attempt / "log", "wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "course_lib.pipeline.child", str(attempt)],
            stdin=subprocess.PIPE,  # it ends, with all it started, when this is closed
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment(home, attempt, task["environment"]),
            # The terminal's Ctrl-C is for the runner alone.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    try:
        return _wait(child, task, attempt)
    finally:
        child.stdin.close()
        try:
            child.wait(timeout=STUCK)
        except subprocess.TimeoutExpired:
            end_descendants(child.pid)
            child.kill()
            child.wait()


def _wait(child, task, attempt):
    seen, since = None, time.monotonic()
    while child.poll() is None:
        if not is_locked(task["runner"]):
            return None
        at = progress_of(attempt) or {}
        if at != seen:
            seen, since = at, time.monotonic()
        limit = task["timeout"] if at.get("within") else START
        if limit and time.monotonic() > since + limit + GRACE:
            return "timeout", f"the process that ran it gave no sign for {limit + GRACE} s"
        if (attempt / "log").stat().st_size > LOG:
            return "too much output", f"its processes wrote more than {LOG // 10**6} MB to the log"
        time.sleep(POLL)
    return child.returncode
