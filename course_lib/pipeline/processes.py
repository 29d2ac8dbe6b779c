"""The processes that a lesson started, and their end.

A lesson may start programs that detach themselves. Each inherits an environment variable by
which it is found wherever it hides. On Linux those whose parents have ended are handed to the
process that runs the lesson (a "subreaper", prctl(2)): when that has no child left, nothing is.
"""

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from pathlib import Path

import psutil

try:
    import resource
except ImportError:  # Windows has no such module
    resource = None  # type: ignore[assignment]

MARK = "COURSE_ATTEMPT"  # the variable; its value is the folder of the attempt
ROUNDS = 1000  # for what is killed may be starting another
PR_SET_CHILD_SUBREAPER = 36


def missing_guards():
    """What this system does not offer: one phrase each."""
    if sys.platform != "linux":
        yield "a process that a lesson detaches and hides may outlive it"
    if resource is None:
        yield "a lesson's peak of memory is not measured"


def guard():
    """Take in the orphans of this process, and end with all of them when stdin is closed.

    Whoever started this process closes it on purpose, or by their own end, whatever that is.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def watch():
        while os.read(0, 1024):
            pass
        end_children()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def end_children():
    """Kill all that this process started, and what these started."""
    if sys.platform != "linux":
        end_descendants(os.getpid())
        return
    for _ in range(ROUNDS):
        # Theirs become ours when they end. Listed by the kernel at once, for some of them
        # may be starting others faster than one can look through all processes.
        for path in Path("/proc/self/task").glob("*/children"):
            for pid in path.read_text(encoding="ascii").split():
                with contextlib.suppress(OSError):
                    os.kill(int(pid), signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:  # there is none left
            return
        time.sleep(0.001)


def end_descendants(pid):
    """Kill all that another process started, and what these started, but not the process itself."""

    def descendants():
        with contextlib.suppress(psutil.Error):
            return psutil.Process(pid).children(recursive=True)
        return []

    _end(descendants)


def end_marked(mark):
    """Kill every process of the attempt in this folder, and what these started."""

    def marked():
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.pid != os.getpid() and process.environ().get(MARK) == str(mark):
                    yield from process.children(recursive=True)
                    yield process

    _end(marked)


def _end(find):
    for _ in range(ROUNDS):
        found = [process for process in find() if _lives(process)]
        if not found:
            return
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        time.sleep(0.02)


def _lives(process):
    with contextlib.suppress(psutil.Error):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def peak_memory():
    """The largest memory of a process that was started here and has ended, in MB, or None."""
    if resource is None:
        return None
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    # In kB, but on macOS in bytes.
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10))
