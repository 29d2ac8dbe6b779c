"""How long a lesson is and what it shows: `course check` prints it, and holds lessons to it.

minutes to read = words / 150 + lines of code / 20
"""

import ast
import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from nbformat import NotebookNode

from course_lib.pipeline import Refusal, records
from course_lib.pipeline.catalogue import ranges
from course_lib.pipeline.lessons import Lesson
from course_lib.pipeline.syntax import parse_cell

MOST_CELLS, MOST_CODE, MOST_WORDS, LATEST_TRAINING = 90, 45, 2_500, 8
FEWEST_FIGURES, MOST_FIGURES = 6, 12
# An equation, a fold's tag or a link's address is no word.
NO_WORDS = re.compile(
    r"\$\$.*?\$\$|\$[^$\n]*\$|\]\([^)\s]*\)|<!--.*?-->|</?(?:details|summary)>", re.DOTALL
)


@dataclass(frozen=True)
class Measures:
    """What is counted of a lesson; `training` is the number of the first cell that trains."""

    cells: int
    code: int
    lines: int
    words: int
    figures: int
    training: int | None

    @property
    def minutes(self) -> int:
        """What reading takes."""
        return max(1, round(self.words / 150 + self.lines / 20))


def measures(notebook: NotebookNode) -> Measures:
    """Count what there is in a lesson.

    Args:
        notebook: an executed lesson.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    trains = [
        number
        for number, cell in enumerate(notebook.cells, 1)
        if cell.cell_type == "code" and _trains(cell.source)
    ]
    return Measures(
        cells=len(notebook.cells),
        code=len(code),
        lines=sum(bool(line.strip()) for cell in code for line in cell.source.splitlines()),
        words=sum(len(re.findall(r"\w[\w’'-]*", NO_WORDS.sub(" ", text))) for text in prose),
        figures=len(records.outputs(notebook, records.PNG)),
        training=min(trains, default=None),
    )


def breaches(found: Measures, own: bool = False) -> Iterator[str]:
    """One phrase for each limit that a lesson is beyond.

    Args:
        found: what was counted.
        own: whether it is an instructor's own lesson, which may be as small as it likes.
    """
    for name, value, most in (
        ("cells", found.cells, MOST_CELLS),
        ("code cells", found.code, MOST_CODE),
        ("words", found.words, MOST_WORDS),
        ("figures", found.figures, MOST_FIGURES),
    ):
        if value > most:
            yield f"it has {value:,} {name}, and at most {most:,} are wanted"
    if own:
        return
    if found.figures < FEWEST_FIGURES:
        yield f"it has {found.figures} figures, and at least {FEWEST_FIGURES} are wanted"
    if found.training is None:
        yield "it trains no model"
    elif found.training > LATEST_TRAINING:
        late = f"in cell {found.training} of all"
        yield f"it trains first {late}, and by cell {LATEST_TRAINING} is wanted"


def untold(notebook: NotebookNode) -> Iterator[str]:
    """A phrase that names the pictures that say nothing to whoever does not see them."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    silent = [
        number
        for number, cell in enumerate(code, 1)
        for output in cell.outputs
        if records.PNG in output.get("data", {}) and not records.alt(output)
    ]
    if silent:
        cells = sorted(set(silent))
        several = "s" * (len(cells) > 1)
        yield f"pictures without alt text are in code cell{several} {ranges(cells)}"


def measured(lessons: list[Lesson]) -> list[str]:
    """A table of what is counted of each lesson, one line each; of unreadable ones none."""
    names = ("lesson", "cells", "code", "words", "figures", "first training", "minutes to read")
    lines = [f"{names[0]:<36}" + "".join(f"{name:>{len(name) + 2}}" for name in names[1:])]
    for lesson in lessons:
        with contextlib.suppress(Refusal):
            if not lesson.solution:
                m = measures(lesson.read())
                row = m.cells, m.code, f"{m.words:,}", m.figures, m.training or "–", m.minutes
                cells = zip(row, names[1:], strict=True)
                lines.append(
                    f"{lesson.name:<36}" + "".join(f"{v:>{len(name) + 2}}" for v, name in cells)
                )
    return lines


def _trains(source):
    """Whether a cell trains when it is run: a call of `fit…` or `train…` outside definitions."""
    try:
        tree = parse_cell(source)
    except SyntaxError:
        return False
    tree.body = [s for s in tree.body if not isinstance(s, (ast.FunctionDef, ast.ClassDef))]
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    # `PCA(…).fit(x)` trains no network.
    calls = [f for f in calls if not isinstance(getattr(f, "value", None), ast.Call)]
    names = [getattr(f, "attr", getattr(f, "id", "")) for f in calls]
    return any(name in ("fit", "train") or name.startswith(("fit_", "train_")) for name in names)
