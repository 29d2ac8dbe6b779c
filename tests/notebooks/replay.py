"""nbval without a second run: a kernel that replays what the pipeline executed.

nbval compares a notebook's stored outputs with those of a kernel. This kernel
answers each cell with the outputs that the cell had in the pipeline's run, so
what is compared is real and nothing is trained twice:

    python -m pytest -p tests.notebooks.replay --nbval-lax --nbval-replay runs/lesson \\
        notebooks/01_autoencoder.ipynb

Digit by digit a run repeats on the processor and the packages that the stored one ran on, and
nowhere else: a training is chaotic. Elsewhere words, verdicts and the shape of tables are
compared, and numbers count as equal; that nobody has edited one is what the seal is for.
"""

import itertools
import re
from pathlib import Path
from queue import Empty

import nbformat
import nbval.plugin

from course_lib.pipeline.keys import code_hash
from course_lib.pipeline.lessons import course_metadata, tags
from course_lib.pipeline.status import read_status

NUMBER = re.compile(r"[-−+]?\d+(\.\d+)?(e[-+]?\d+)?( *%)?")
# A table as text is as wide as its numbers; a value may leave the stored interval, or come back.
ELSEWHERE = {
    re.compile(r"; ours is outside"): "",
    NUMBER: "#",
    re.compile(r"[ \t]+"): " ",
    re.compile(r"-{3,}|─{3,}"): "---",
}


class ReplayKernel:
    """Speaks as much of a kernel's language as nbval listens to."""

    def __init__(self, executed):
        self.cells = _code_cells(executed)
        self.numbers = itertools.count()
        self.messages = []

    def execute_cell_input(self, source, allow_stdin=None):
        number = next(self.numbers)
        cell = self.cells[number]
        if cell.source.strip() and cell.execution_count is None:
            raise RuntimeError(f"Cell {number} did not run.")
        for output in cell.outputs:
            self._say(number, output.output_type, output)
        self._say(number, "status", {"execution_state": "idle"})
        return number

    def _say(self, number, kind, content):
        self.messages.append(
            {"msg_type": kind, "content": content, "parent_header": {"msg_id": number}}
        )

    def get_message(self, stream, timeout=None):
        if not self.messages:
            raise Empty
        return self.messages.pop(0)

    def await_reply(self, message, timeout=None):
        """The reply is there already."""

    def await_idle(self, message, timeout=None):
        self.messages.clear()

    def is_alive(self):
        return True

    def stop(self):
        """There is no process to stop."""


def pytest_addoption(parser):
    parser.addoption("--nbval-replay", metavar="FOLDER", help="the pipeline's run to compare with")


def pytest_configure(config):
    folder = config.getoption("--nbval-replay")
    if folder:
        nbval.plugin.IPyNbFile.setup = lambda file: _setup(file, Path(folder))


def _setup(file, folder):
    executed = nbformat.read(folder / file.path.name, as_version=4)
    if code_hash(executed) != code_hash(file.nb):
        raise RuntimeError("The run is not of this code.")
    if course_metadata(file.nb).get("code_hash") != code_hash(file.nb):
        raise RuntimeError("The stored outputs are older than the code that stands above them.")
    if any(cell.execution_count is None for cell in _code_cells(file.nb) if cell.source.strip()):
        raise RuntimeError("A stored cell has not been run, and nbval would pass over it.")
    file.kernel = ReplayKernel(executed)
    file.setup_sanitize_files()
    run = read_status(folder, file.path.stem) or {}
    if course_metadata(file.nb).get("run_on") != run.get("run_on"):
        file.sanitize_patterns.update(ELSEWHERE)


def _code_cells(notebook):
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and "injected-parameters" not in tags(cell)
    ]
