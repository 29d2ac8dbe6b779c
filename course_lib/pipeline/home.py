"""Where a kernel is at home: a folder and an environment that are the course's, not the user's.

The folder holds the kernel's sockets, and in place of the user's own an empty profile of
IPython, an empty matplotlibrc, and the one kernel specification there is: the Python that
runs the course.
"""

import contextlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import course_lib
from course_lib.pipeline.processes import MARK

PREFIX = "course-"
START = 120  # seconds that a kernel may take to start, or to end
LONGEST = 90  # bytes of a folder whose sockets' names the system can hold: 103 with their names
# What a user may have set for other work, and what a page would show.
DROPPED: tuple[str, ...] = (
    "COLUMNS",
    "FORCE_COLOR",
    "KERAS_MAX_EPOCHS",
    "KERAS_MAX_STEPS_PER_EPOCH",
    "LANGUAGE",
)
DROPPED += ("LINES", "MPLBACKEND", "NO_COLOR", "PYTHONINSPECT", "PYTHONIOENCODING")
DROPPED += ("PYTHONOPTIMIZE", "PYTHONSTARTUP", "PYTHONWARNINGS")
DROPPED_PREFIXES = ("IPYTHON", "JUPYTER", "LC_")


@contextlib.contextmanager
def kernel_home(word):
    """Make the folder of one kernel, and remove it.

    Args:
        word: what its name ends with.

    Yields:
        its path, as short as can be had: the name of a socket must be short.
    """
    home = Path(min(_places(), key=lambda place: len(os.fsencode(place))), PREFIX + word)
    home.mkdir(mode=0o700)
    try:
        spec = home / "kernels" / "python3"
        spec.mkdir(parents=True)
        (home / "ipython").mkdir()
        (home / "matplotlibrc").touch()
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        argv.append("--Session.packer=course_lib.pipeline.packing.pack")
        kernel = {"argv": argv, "display_name": "Python 3", "language": "python"}
        (spec / "kernel.json").write_text(json.dumps(kernel), encoding="utf-8")
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _places():
    for place in (tempfile.gettempdir(), os.environ.get("XDG_RUNTIME_DIR"), "/tmp"):
        if place and os.path.isdir(place) and os.access(place, os.W_OK | os.X_OK):
            yield os.path.abspath(place)


def connection(home):
    """How to speak with the kernel: through sockets of its own, for shared ports collide."""
    home = Path(home)
    # The file stands in the kernel's command line, by which people recognise it.
    settings = {"connection_file": str(home / "kernel.json")}
    if os.name == "posix" and len(os.fsencode(home)) <= LONGEST:
        settings |= {"transport": "ipc", "ip": str(home / "kernel")}
    return settings


def environment(home, attempt, settings):
    """The environment of the process that runs a notebook, and of its kernel.

    Args:
        home: the folder that `kernel_home` made.
        attempt: the folder of the attempt, the mark of its processes.
        settings: dict of variables that the run sets.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in DROPPED and not name.startswith(DROPPED_PREFIXES)
    }
    # The kernel imports the library that the key was made from.
    library = str(Path(course_lib.__file__).parents[1])
    return (
        kept
        | {
            "IPYTHONDIR": str(home / "ipython"),
            "JUPYTER_PATH": str(home),
            "JUPYTER_RUNTIME_DIR": str(home),
            "LC_ALL": "C.UTF-8",
            "MATPLOTLIBRC": str(home),
            "PYTHONPATH": os.pathsep.join(filter(None, [library, kept.get("PYTHONPATH")])),
            "PYTHONUTF8": "1",
            MARK: str(attempt),
        }
        | settings
    )
