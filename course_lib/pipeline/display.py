"""What a person sees of runs: a live table or plain lines, and where each lesson stands."""

import contextlib
import time

from rich.live import Live
from rich.table import Table
from rich.text import Text

from course_lib.pipeline import Refusal
from course_lib.pipeline.attempts import progress
from course_lib.pipeline.keys import code_hash
from course_lib.pipeline.lessons import title
from course_lib.pipeline.status import OK, read_status

STYLE = {OK: "green", "running": "cyan", "waiting": "dim", "cancelled": "yellow"}


class Display:
    """Shows how far each task is.

    Args:
        tasks: list of `Task`.
        console: `rich.console.Console`.
    """

    def __init__(self, tasks, console):
        self.tasks = tasks
        self.console = console
        self.started = {}
        self.told = set()
        self.results = {}
        live = Live(get_renderable=self.table, console=console, refresh_per_second=4)
        self.live = live if console.is_terminal else contextlib.nullcontext()

    def __enter__(self):
        self.live.__enter__()
        return self

    def __exit__(self, *error):
        self.live.__exit__(*error)

    def update(self, results):
        self.results = results
        for task in self.tasks:
            at = None if task.label in results else progress(task.out, task.name)
            if at:
                self.started.setdefault(task.label, time.monotonic())
        if not self.console.is_terminal:
            self._lines()

    def table(self):
        table = Table(box=None, pad_edge=False)
        for name in ("lesson", "state", "cell", "time", "memory"):
            table.add_column(
                name, justify="left" if name in ("lesson", "state", "cell") else "right"
            )
        for task in self.tasks:
            state, cell, seconds, memory = self._row(task)
            style = STYLE.get(state.split(",")[0], "red")
            table.add_row(Text(task.label), Text(state, style), cell, seconds, memory)
        return table

    def _row(self, task):
        result = self.results.get(task.label)
        if result:
            return describe(result)
        at = progress(task.out, task.name)
        if task.label not in self.started or not at:
            return "waiting", "", "", ""
        seconds = f"{time.monotonic() - self.started[task.label]:.0f} s"
        return "running", f"{at['cell']} of {at['cells']}", seconds, ""

    def _lines(self):
        for task in self.tasks:
            result = self.results.get(task.label)
            word = "end" if result else "start" if task.label in self.started else None
            if word is None or (task.label, word) in self.told:
                continue
            self.told.add((task.label, word))
            line = " ".join(filter(None, describe(result))) if result else "running"
            self.console.print(
                f"{task.label}: {line}", highlight=False, markup=False, soft_wrap=True
            )


def describe(result):
    """(state, cell, time, memory) of an outcome, as short texts."""
    state = result["status"] + (", unchanged" if result.get("cached") else "")
    cells = f"{result['cells']} cells" if result.get("cells") and result["status"] == OK else ""
    if result["status"] != OK and result.get("cell"):
        cells = f"in cell {result['cell']} of {result['cells']}"
    seconds = f"{result['seconds']:.0f} s" if result.get("seconds") is not None else ""
    memory = f"{result['memory_mb']} MB" if result.get("memory_mb") else ""
    return state, cells, seconds, memory


def overview(lessons, runs, scales):
    """A table of the lessons, and of how their last run ended at each scale."""
    table = Table(box=None, pad_edge=False)
    for name in ("lesson", "title", *scales):
        table.add_column(name)
    for lesson in lessons:
        try:
            notebook = lesson.read()
            heading, code = title(notebook), code_hash(notebook)
        except Refusal as refusal:
            heading, code = str(refusal), None
        states = []
        for scale in scales:
            status = read_status(lesson.out(runs, scale), lesson.name) or {"status": "–"}
            changed = code and (status.get("code_hash") or code) != code
            states.append(status["status"] + (", code changed since" if changed else ""))
        table.add_row(*map(Text, (lesson.label, heading, *states)))
    return table
