"""What every committed lesson must keep to, found without running it."""

import statistics
from pathlib import Path

from course_lib.pipeline.hygiene import stains
from course_lib.pipeline.keys import code_hash
from course_lib.pipeline.lessons import strangers, tags
from course_lib.pipeline.parameters import parameter_names

LONGEST_CELL = 25  # lines
MEDIAN_CELL = 8
FOLDER = 10 * 2**20  # bytes
SET_UP = {"colab", "parameters", "setup"}


def findings(lessons, folder):
    """One sentence for each rule that a lesson, or the folder of lessons, breaks."""
    found = list(strangers(folder))
    for lesson in lessons:
        found += [f"{lesson.label}: {finding}." for finding in _findings(lesson.read())]
    files = [path for path in Path(folder).rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files if ".ipynb_checkpoints" not in path.parts)
    if size > FOLDER:
        found.append(f"{folder} holds {size / 2**20:.1f} MB, and at most 10 are wanted.")
    return found


def _findings(notebook):
    if "scale" not in parameter_names(notebook):
        yield "no cell tagged parameters sets scale"
    yield from _shape(notebook)
    yield from _outputs(notebook)
    yield from stains(notebook)


def _shape(notebook):
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    lengths = [len(cell.source.splitlines()) for cell in code]
    for number, length in enumerate(lengths, 1):
        if length > LONGEST_CELL:
            yield f"cell {number} has {length} lines, and at most {LONGEST_CELL} are wanted"
    if lengths and statistics.median(lengths) >= MEDIAN_CELL:
        yield (
            f"the median code cell has {statistics.median(lengths):g} lines, "
            f"and fewer than {MEDIAN_CELL} are wanted"
        )
    before, number = None, 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            number += 1
            if before != "markdown" and cell.source.strip() and not SET_UP & set(tags(cell)):
                yield f"cell {number} has no text before it"
        before = cell.cell_type


def _outputs(notebook):
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    missing = sum(cell.execution_count is None for cell in code)
    if missing:
        yield f"{missing} of {len(code)} code cells have not been run: course publish"
    elif notebook.metadata.get("course", {}).get("code_hash") != code_hash(notebook):
        yield "its outputs are older than its code: course run, then course publish"
