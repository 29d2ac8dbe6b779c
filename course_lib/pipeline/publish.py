"""Write a finished run's outputs into the lessons: the one place that does.

What is written depends on the run alone: no times, no identifiers of papermill,
no paths. The metadata holds the hash of the code that made the outputs, so an
output that is older than its code can be told.
"""

import base64
import copy
import re
from pathlib import Path

import nbformat

from course_lib.pipeline import Refusal, records
from course_lib.pipeline.address import inscribe
from course_lib.pipeline.hygiene import stains
from course_lib.pipeline.index import index
from course_lib.pipeline.keys import code_hash
from course_lib.pipeline.lessons import find_lessons, tags
from course_lib.pipeline.pictures import compact
from course_lib.pipeline.status import OK, read_status, write_whole

KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def publish(lessons, folder, runs, scale, address=""):
    """Write the outputs of the last runs into these notebooks, with covers and index.

    Args:
        lessons: list of `Lesson`.
        folder: the folder of all lessons, whose index is written anew.
        runs: folder of all results.
        scale: whose outputs to publish.
        address: of the repository, for Colab.

    Raises:
        Refusal: one sentence for each notebook whose run is missing, failed,
            older than its code or not fit to be read; nothing is written then.
    """
    ready, refused = [], []
    for lesson in lessons:
        try:
            ready.append((lesson, *prepare(lesson, lesson.out(runs, scale), scale)))
        except Refusal as refusal:
            refused.append(f"{lesson.label} {refusal}")
    if refused:
        raise Refusal("\n".join(refused))
    images = Path(folder) / "images"
    images.mkdir(exist_ok=True)
    for lesson, notebook, cover in ready:
        inscribe(address, lesson, notebook)
        if cover:
            write_whole(images / f"{lesson.number}.png", cover)
        write_whole(lesson.path, nbformat.writes(notebook) + "\n")
    stored = [(lesson, lesson.read()) for lesson in find_lessons(folder) if not lesson.solution]
    write_whole(Path(folder) / "README.md", index(stored))


def prepare(lesson, out, scale):
    """The notebook to publish and its cover, a PNG; solutions have none."""
    status = read_status(out, lesson.name)
    if status is None:
        raise Refusal(f"has no finished run at {scale} scale.")
    if status["status"] != OK:
        raise Refusal(f"did not run through at {scale} scale: {status['status']}.")
    notebook = lesson.read()
    try:
        executed = nbformat.read(out / f"{lesson.name}.ipynb", as_version=4)
    except (OSError, ValueError) as error:
        raise Refusal(f"has a run at {scale} scale whose notebook cannot be read.") from error
    ran = _code_cells(executed)
    cells = _code_cells(notebook)
    if code_hash(executed) != code_hash(notebook) or len(ran) != len(cells):
        raise Refusal(f"has changed since its run at {scale} scale.")
    number = 0
    for cell, done in zip(cells, ran, strict=True):
        number += bool(cell.source.strip())
        cell.execution_count = number if cell.source.strip() else None
        cell.outputs = [_clean(output, cell.execution_count) for output in done.outputs]
    _settle(notebook, lesson)
    _describe(notebook, status, scale)
    found = stains(notebook)
    if found:
        raise Refusal(f"cannot be published: {'; '.join(found)}.")
    return notebook, None if lesson.solution else _cover(notebook)


def _code_cells(notebook):
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and "injected-parameters" not in tags(cell)
    ]


def _clean(output, execution_count):
    output = copy.deepcopy(output)
    if "metadata" in output:
        output.metadata = {}
    if output.output_type == "execute_result":
        output.execution_count = execution_count
    if records.PNG in output.get("data", {}):
        png = compact(base64.b64decode(output.data[records.PNG]))
        output.data[records.PNG] = base64.b64encode(png).decode()
    return output


def _settle(notebook, lesson):
    """Leave in the notebook nothing that another save would change."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for position, cell in enumerate(notebook.cells, 1):
        cell.setdefault("id", f"{lesson.number}-{position:02d}")
        cell.metadata = {"tags": tags(cell)} if tags(cell) else {}


def _describe(notebook, status, scale):
    course = {"code_hash": code_hash(notebook), "scale": scale}
    dataset = _dataset(notebook) or status["parameters"].get("dataset")
    notebook.metadata = nbformat.from_dict(
        KERNEL | {"course": course | ({"dataset": dataset} if dataset else {})}
    )


def _dataset(notebook):
    """The data that `load_images("auto")` said it chose."""
    for cell in _code_cells(notebook):
        for output in cell.outputs:
            said = re.search(r"^Data: (\w+)", output.get("text", ""), re.M)
            if said:
                return said[1]
    return None


def _cover(notebook):
    covers = [cell for cell in _code_cells(notebook) if "cover" in tags(cell)]
    pictures = records.outputs(nbformat.v4.new_notebook(cells=covers), records.PNG)
    if not pictures:
        raise Refusal("has no picture in a cell tagged cover.")
    return base64.b64decode(pictures[0])
