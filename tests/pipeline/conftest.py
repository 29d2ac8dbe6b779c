"""A small course of plain Python cells in a folder of its own."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).parents[2]
PATIENCE = 180  # seconds; a bound on hanging, never a measure of speed


class Course:
    """Notebooks and runs under one folder, and the command that works on them."""

    def __init__(self, folder, library):
        self.folder = folder
        self.environment = os.environ | {"PYTHONPATH": str(library), "COLUMNS": "200"}

    def write(self, name, *cells, parameters="scale = 'lesson'"):
        """A notebook with a parameters cell and these: sources, or (source, tag, ...)."""
        notebook = new_notebook(cells=[new_markdown_cell(f"# Lesson {name}", id="title")])
        for number, cell in enumerate([(parameters, "parameters"), *cells]):
            source, *tags = (cell,) if isinstance(cell, str) else cell
            new = new_code_cell(source, id=f"c{number}", metadata={"tags": list(tags)})
            notebook.cells.append(new)
        path = self.folder / "notebooks" / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, path)
        return path

    def start(self, *arguments, **options):
        command = [sys.executable, "-m", "course_lib.pipeline", *map(str, arguments)]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **options,
        )

    def course(self, *arguments, **options):
        """Run the command; returns (exit status, what it said)."""
        process = self.start(*arguments, **options)
        said, _ = process.communicate(timeout=PATIENCE)
        return process.returncode, said

    def out(self, file, scale="lesson"):
        return self.folder / "runs" / scale / file

    def status(self, name):
        path = self.out(f"{name}.json")
        return json.loads(path.read_text()) if path.exists() else None

    def mark(self, word):
        """Source of a cell that writes down that it ran."""
        return f"open({str(self.folder / word)!r}, 'a').write('x')"

    def marks(self, word):
        path = self.folder / word
        return len(path.read_text()) if path.exists() else 0

    def wait_for(self, word):
        """Source of a cell that waits for a file."""
        path = str(self.folder / word)
        return f"import os, time\nwhile not os.path.exists({path!r}): time.sleep(0.05)"

    def processes(self, word=""):
        """Processes, this one's aside, that work in the folder or were started for it."""
        found = []
        for process in psutil.process_iter():
            try:
                line = " ".join(process.cmdline())
                here = str(self.folder) in line or process.cwd().startswith(str(self.folder))
                if here and word in line and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                pass
        return found

    def child(self, name):
        """The process that runs a notebook."""
        return next(iter(self.processes(f".{name}.attempt-")), None)

    def leftovers(self):
        """What an attempt should have cleared away."""
        found = [*self.folder.glob("runs/**/.*.attempt-*"), *self.folder.glob("runs/**/.run-*")]
        return [path.name for path in [*found, *self.folder.glob("runs/**/.*.part")]]


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    """A copy of the library, so that an edit made while the tests run makes nothing stale."""
    folder = tmp_path_factory.mktemp("library")
    ignore = shutil.ignore_patterns("__pycache__", "*.npz")
    shutil.copytree(ROOT / "course_lib", folder / "course_lib", ignore=ignore)
    return folder


@pytest.fixture
def course(tmp_path, library):
    course = Course(tmp_path, library)
    yield course
    for process in course.processes():
        process.kill()


@pytest.fixture
def until():
    """Wait until a condition holds."""

    def wait(condition):
        deadline = time.monotonic() + PATIENCE
        while not (value := condition()):
            assert time.monotonic() < deadline, "this never happened"
            time.sleep(0.05)
        return value

    return wait
