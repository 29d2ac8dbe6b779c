"""One notebook in one process: `python -m course_lib.pipeline.child FOLDER PARENT`.

The process reads `task.json` in FOLDER and leaves there what it has: the
notebook as far as it ran, the cell it is at, and what papermill said. Whether
that is a success is judged by the parent, from the notebook itself.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
import threading
import time
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from course_lib.pipeline import keys
from course_lib.pipeline.lessons import tags
from course_lib.pipeline.status import DISK_IS_FULL, FULL_DISK, write_whole

SAVE_EVERY = 10  # seconds between copies of a notebook that still runs
PR_SET_PDEATHSIG = 1


def die_with(parent):
    """End this process when its parent ends, however that happens."""
    if sys.platform == "linux":
        # Bound to the thread that started us, which waits for us as long as we live.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    def watch():
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class Recorder:
    """Follows a notebook while papermill runs it, for the parent to read."""

    def __init__(self, folder):
        self.folder = folder
        self.notebook = None
        self.text = ""
        self.saved = time.monotonic()

    def start(self, notebook):
        self.notebook = notebook
        cells = [cell for cell in notebook.cells if _counts(cell)]
        self.order = {cell.id: number for number, cell in enumerate(cells, 1)}
        self.write({"cell": 0, "source": ""})

    def cell(self, cell, cell_index):
        if cell.id in self.order:
            self.write({"cell": self.order[cell.id], "source": cell.source.splitlines()[0]})
        if time.monotonic() - self.saved > SAVE_EVERY:
            self.save()
            self.saved = time.monotonic()

    def write(self, progress):
        write_whole(
            self.folder / "progress.json", json.dumps(progress | {"cells": len(self.order)})
        )

    def save(self):
        if self.notebook is not None:
            self.text = nbformat.writes(self.notebook)
            write_whole(self.folder / "executed.ipynb", self.text)


def _counts(cell):
    return (
        cell.cell_type == "code" and cell.source.strip() and "injected-parameters" not in tags(cell)
    )


def made_of(task, notebook):
    """What decides the outcome of what is executed here, with the library that is imported."""
    read = nbformat.read(notebook, as_version=4)
    return keys.made_of(read, task["parameters"], task["name"], task["folder"], task["library"])


def execute(task, notebook, recorder):
    """Run the notebook, a file that nobody else writes; returns (status, error)."""
    # Unix sockets of its own: papermill's default names collide between runs. The
    # connection file beside them stands in the kernel's command line, by which it is found.
    folder = Path(task["sockets"])
    kernel = {
        "transport": "ipc",
        "ip": str(folder / "kernel"),
        "connection_file": str(folder / "kernel.json"),
    }
    try:
        papermill.execute_notebook(
            # papermill takes braces in a path for placeholders.
            str(notebook).replace("{", "{{").replace("}", "}}"),
            None,
            parameters=task["parameters"],
            kernel_name="python3",
            language="python",
            cwd=str(Path(task["notebook"]).parent),
            execution_timeout=task["timeout"],
            start_timeout=120,
            progress_bar=False,
            coalesce_streams=True,
            request_save_on_cell_execute=False,
            config=Config({"KernelManager": kernel}),
            on_notebook_start=recorder.start,
            on_cell_start=recorder.cell,
        )
    except PapermillExecutionError as error:
        return "error", f"{error.ename}: {error.evalue}"
    except CellTimeoutError:
        return "timeout", f"a cell took longer than {task['timeout']} s"
    except DeadKernelError:
        return "kernel died", "the kernel died, perhaps for want of memory"
    return "ok", ""


def main(folder, parent):
    die_with(parent)
    if os.getppid() != parent:
        return 1
    folder = Path(folder)
    task = json.loads((folder / "task.json").read_text(encoding="utf-8"))
    recorder = Recorder(folder)
    notebook = folder / "source.ipynb"
    try:
        # What is hashed is what runs, whatever happens to the lesson's file meanwhile.
        notebook.write_bytes(Path(task["notebook"]).read_bytes())
        before = made_of(task, notebook)
        status, error = execute(task, notebook, recorder)
        recorder.save()
        made = made_of(task, notebook)
        # Where the library changed meanwhile, nobody knows what ran: it has no key.
        known = made["library"] == before["library"]
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        result = {
            "status": status,
            "error": error,
            "code_hash": made["code"],
            "executed": keys.fingerprint(recorder.text),
            "made_of": made if known else None,
            "key": keys.key(made) if known else None,
            # In kB, but on macOS in bytes.
            "memory_mb": round(peak / (2**20 if sys.platform == "darwin" else 2**10)),
        }
        write_whole(folder / "result.json", json.dumps(result))
    except OSError as error:
        if error.errno not in FULL_DISK:
            raise
        with contextlib.suppress(OSError):
            print(error, file=sys.stderr)
        return DISK_IS_FULL
    return 0 if status == "ok" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
