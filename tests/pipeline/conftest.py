"""A small course of plain Python cells in a folder of its own, and one made up without a run."""

import base64
import copy
import io
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import numpy as np
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from course_lib.pipeline import keys
from course_lib.pipeline.lessons import find_lessons
from course_lib.pipeline.publish import publish

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
            text=True,
            **{"stderr": subprocess.STDOUT, **options},
        )

    def course(self, *arguments, **options):
        """Run the command; returns (exit status, what it said)."""
        process = self.start(*arguments, **options)
        said, _ = process.communicate(timeout=PATIENCE)
        return process.returncode, said

    def check(self):
        """What `course check` finds, without the table of how long the lessons are."""
        process = self.start("check", stderr=subprocess.DEVNULL)
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


class MadeUp:
    """Lessons and what a run would have left of them, written down without one."""

    claim = "application/vnd.course-lib.claim+json"
    check = "application/vnd.course-lib.check+json"

    def picture(self, height=40, width=60, green=255):
        pixels = np.full((height, width, 4), 255, "uint8")
        pixels[..., 0] = np.linspace(0, 255, width).astype("uint8")
        pixels[..., 1] = green
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG", compress_level=0)
        return base64.b64encode(buffer.getvalue()).decode()

    claims = """
[a.a-holds]
text = "What a-holds | says"
unit = "°"
relation = "<"
threshold = 1
chance = 2
ceiling = 0
published = { value = 0.5, source = "Baldi & Hornik 1989" }
"""

    def record(self, id, verdict="holds", values=(0.25, 0.3, 0.35), **others):
        """An output that holds a measurement: `values < 1` unless said otherwise."""
        found = {"lesson": "a", "id": id, "text": f"What {id} | says", "unit": "°"}
        found |= {"values": list(values), "relation": "<", "threshold": 1.0, "chance": 2.0}
        found |= {"ceiling": 0.0, "published": {"value": 0.5, "source": "Baldi & Hornik 1989"}}
        found |= {"kind": "experiment", "verdict": verdict, "erratum": None, "scale": "lesson"}
        found |= others
        return new_output("display_data", {self.claim: found, "text/plain": f"{id} {verdict}"})

    def lesson(self):
        text = "# An *honest* title\n<!-- colab-badge -->\n\nFirst sentence | of it. Second."
        cells = [
            new_code_cell('REPOSITORY = ""\nimport sys', id="colab", metadata={"tags": ["colab"]}),
            new_markdown_cell(text, id="title"),
            new_code_cell(
                "scale = 'lesson'\nseed = 0", id="scale", metadata={"tags": ["parameters"]}
            ),
            new_markdown_cell("## Look", id="look"),
            new_code_cell("draw()", id="draw", metadata={"tags": ["cover"]}),
            new_markdown_cell("## Measure", id="measure"),
            new_code_cell("measure()", id="claims"),
            new_markdown_cell("## Think", id="think"),
            new_code_cell("check('a.1', f)", id="exercise"),
            new_code_cell("", id="empty"),
        ]
        card = {"subject": "lines | and planes", "prerequisites": ["NumPy"]}
        return new_notebook(cells=cells, metadata={"course": card})

    def execute(self, notebook):
        """What papermill would leave of it."""
        executed = copy.deepcopy(notebook)
        executed.metadata["papermill"] = {"start_time": "2020-01-01"}
        injected = new_code_cell("scale = 'lesson'", metadata={"tags": ["injected-parameters"]})
        executed.cells.insert(3, injected)
        code = [cell for cell in executed.cells if cell.cell_type == "code" and cell.source]
        for count, cell in enumerate(code, 1):
            cell.execution_count = count
            cell.metadata["papermill"] = {"duration": 0.1}
        code[1].outputs = [new_output("stream", name="stdout", text="Data: glyphs, because …\n")]
        figure = {"image/png": self.picture(), "text/plain": "<Figure size 60x40 with 1 Axes>"}
        code[3].outputs = [new_output("execute_result", figure, execution_count=4)]
        of_picture = {"width": 60, "height": 40, "alt": "A square."}
        code[3].outputs[0].metadata = {"needs": "background", "image/png": of_picture}
        code[4].outputs = [
            self.record("a-holds"),
            self.record("a-fails", "refuted", values=[2.0, 2.1, 2.2]),
            self.record("a-open", "undecided", values=[0.0, 2.0]),
            self.record("a-one", "not judged", values=[3.0]),
            self.record("a-same", values=[0.0], kind="identity"),
        ]
        right = {"id": "a.1", "state": "right", "message": ""}
        code[5].outputs = [new_output("display_data", {self.check: right, "text/plain": "✓"})]
        return executed

    def store(self, course, name, notebook, executed, scale="lesson", **status):
        """Write a lesson, and beside it what its run would have left."""
        path = course.folder / "notebooks" / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, path)
        ids = ("a-holds", "a-fails", "a-open", "a-one", "a-same")
        rows = "".join(self.claims.replace("a-holds", id) for id in ids)
        rows += 'kind = "identity"\n'
        claims = course.folder / "notebooks" / "claims.toml"
        claims.write_text(rows, encoding="utf-8")
        out = course.folder / "runs" / scale / Path(name).parent
        out.mkdir(parents=True, exist_ok=True)
        name = Path(name).name
        text = nbformat.writes(executed)
        (out / f"{name}.ipynb").write_text(text, encoding="utf-8")
        parameters = {"scale": scale} | status.pop("parameters", {})
        made = keys.made_of(executed, parameters, name, course.folder / "notebooks")
        found = {"name": name, "status": "ok", "parameters": parameters, "made_of": made}
        found |= {"run_on": "a processor"}
        found |= {"code_hash": made["code"], "executed": keys.fingerprint(text)} | status
        (out / f"{name}.json").write_text(json.dumps(found))
        return path


@pytest.fixture(scope="session")
def made_up():
    return MadeUp()


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


@pytest.fixture
def do_publish(course):
    """Publish in this process; what is refused is raised."""

    def do(scale="lesson", why="", only=None):
        folder = course.folder / "notebooks"
        lessons = [x for x in find_lessons(folder) if not only or x.name in only]
        publish(lessons, folder, course.folder / "runs", scale, why=why)

    return do
