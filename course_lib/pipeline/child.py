"""One notebook in one process: `python -m course_lib.pipeline.child FOLDER`.

The process reads `task.json` in FOLDER and leaves there what it has: the
notebook as far as it ran, the cell it is at, and what papermill said. Whether
that is a success is judged by the parent, from the notebook itself. The lesson
works in a folder of its own inside, beside its copy of the notebook.
"""

import contextlib
import json
import sys
import time
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from course_lib.pipeline import keys
from course_lib.pipeline.capture import TooMuchOutput, merge_streams
from course_lib.pipeline.home import START, connection
from course_lib.pipeline.lessons import tags
from course_lib.pipeline.processes import end_children, guard, peak_memory
from course_lib.pipeline.status import DISK_IS_FULL, FULL_DISK, write_whole
from course_lib.pipeline.surroundings import run_on

SAVE_EVERY = 10  # seconds between copies of a notebook that still runs


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
        self.at = {"cell": 0, "cells": len(cells), "source": "", "within": False}
        self.write()

    def cell(self, cell, cell_index):
        if cell.id in self.order:
            source = cell.source.strip().splitlines()[0]
            self.write(cell=self.order[cell.id], source=source, within=True)
        if time.monotonic() - self.saved > SAVE_EVERY:
            self.save()
            self.saved = time.monotonic()

    def after(self, cell, cell_index, execute_reply):
        self.write(within=False)

    def write(self, **progress):
        self.at |= progress
        write_whole(self.folder / "progress.json", json.dumps(self.at))

    def save(self):
        if self.notebook is not None:
            for cell in self.notebook.cells:
                if cell.get("outputs"):
                    cell.outputs = merge_streams(cell.outputs)
            # What a cell shows need not be text that can be written.
            written = nbformat.writes(self.notebook).encode("utf-8", "backslashreplace")
            self.text = written.decode()
            write_whole(self.folder / "executed.ipynb", self.text)


def _counts(cell):
    return (
        cell.cell_type == "code" and cell.source.strip() and "injected-parameters" not in tags(cell)
    )


def made_of(task, source):
    """What decides the outcome of what is executed here, with the library that is imported."""
    read = nbformat.reads(source, as_version=4)
    return keys.made_of(read, task["parameters"], task["name"], task["folder"], task["library"])


def execute(task, source, folder, recorder):
    """Run the notebook whose text this is; returns (status, error)."""
    work = folder / "work"
    work.mkdir()
    write_whole(work / f"{task['name']}.ipynb", source)
    try:
        papermill.execute_notebook(
            nbformat.reads(source, as_version=4),
            None,
            engine_name="course",
            parameters=task["parameters"],
            kernel_name="python3",
            language="python",
            cwd=str(work),
            execution_timeout=task["timeout"],
            start_timeout=START,
            progress_bar=False,
            request_save_on_cell_execute=False,
            config=Config({"KernelManager": connection(task["home"])}),
            on_notebook_start=recorder.start,
            on_cell_start=recorder.cell,
            on_cell_executed=recorder.after,
        )
    except PapermillExecutionError as error:
        return "error", f"{error.ename}: {error.evalue}"
    except CellTimeoutError:
        return "timeout", f"a cell took longer than {task['timeout']} s"
    except TooMuchOutput:
        return "too much output", "its cells print more than 20 MB"
    except DeadKernelError:
        return "kernel died", "the kernel died, perhaps for want of memory"
    return "ok", ""


def main(folder):
    guard()
    folder = Path(folder)
    task = json.loads((folder / "task.json").read_text(encoding="utf-8"))
    recorder = Recorder(folder)
    try:
        # What is hashed is what runs, whatever happens to the lesson's file meanwhile.
        source = Path(task["notebook"]).read_text(encoding="utf-8")
        before = made_of(task, source)
        status, error = execute(task, source, folder, recorder)
        recorder.save()
        made = made_of(task, source)
        # Where the library changed meanwhile, nobody knows what ran: it has no key.
        known = made["library"] == before["library"]
        result = {
            "status": status,
            "error": error,
            "memory_mb": peak_memory(),
            "code_hash": made["code"],
            "executed": keys.fingerprint(recorder.text),
            "made_of": made if known else None,
            "key": keys.key(made) if known else None,
            "run_on": run_on(),
        }
        write_whole(folder / "result.json", json.dumps(result))
    except Exception as error:
        if isinstance(error, OSError) and error.errno in FULL_DISK:
            with contextlib.suppress(OSError):
                print(error, file=sys.stderr)
            return DISK_IS_FULL
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        result = {"status": "process died", "error": said}
        write_whole(folder / "result.json", json.dumps(result))
        raise
    finally:
        end_children()
    return 0 if status == "ok" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
