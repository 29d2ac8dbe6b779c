"""Write a finished run's outputs into the lessons: the one place that does.

What is written depends on the run alone: no times, no identifiers of papermill,
no paths. A seal in the metadata (`seal.py`) lets `course check` find whatever is
changed afterwards.
"""

import base64
import binascii
import copy
import re
from pathlib import Path

import nbformat

from course_lib.pipeline import Refusal, keys, records
from course_lib.pipeline.address import inscribe
from course_lib.pipeline.hygiene import stains
from course_lib.pipeline.lessons import course_metadata, find_lessons, tags
from course_lib.pipeline.pages import cover, covers, pages, refuse_to_overwrite
from course_lib.pipeline.parameters import unusual
from course_lib.pipeline.pictures import compact
from course_lib.pipeline.seal import seal
from course_lib.pipeline.status import OK, read_status, write_whole

KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# What a person writes into `metadata.course`, and publish leaves as it is.
WRITTEN_BY_HAND = ("subject", "prerequisites")
# Cells that a reader need not see: JupyterLab folds them, Colab shows a form.
FOLDED, FOLDS = {"colab", "setup"}, {"jupyter": {"source_hidden": True}, "cellView": "form"}


def publish(lessons, folder, runs, scale, address="", why=""):
    """Write the outputs of the last runs into these notebooks, with covers and pages.

    Args:
        lessons: list of `Lesson`.
        folder: the folder of all lessons, whose pages are written anew.
        runs: folder of all results.
        scale: whose outputs to publish.
        address: of the repository, for Colab.
        why: words that stay in the metadata, for a run with other parameters, at another
            scale or with other packages than usual.

    Raises:
        Refusal: one sentence for each notebook whose run is missing, failed,
            older than its code, unusual or not fit to be read; nothing is written then.
    """
    refuse_to_overwrite(folder)
    ready, refused = {}, []
    for lesson in lessons:
        try:
            ready[lesson] = prepare(lesson, lesson.out(runs, scale), scale, why)
        except Refusal as refusal:
            refused.append(f"{lesson.label} {refusal}")
    if refused:
        raise Refusal("\n".join(refused))
    for lesson, notebook in ready.items():
        inscribe(address, lesson, notebook)
    every = [lesson for lesson in find_lessons(folder) if not lesson.solution]
    stored = [(lesson, ready.get(lesson) or lesson.read()) for lesson in every]
    generated = covers(folder, stored) | pages(folder, stored)
    (Path(folder) / "images").mkdir(exist_ok=True)
    for lesson, notebook in ready.items():
        write_whole(lesson.path, nbformat.writes(notebook) + "\n")
    for path, content in generated.items():
        write_whole(path, content)


def prepare(lesson, out, scale, why=""):
    """The notebook to publish, with the outputs of its run."""
    status = read_status(out, lesson.name)
    if status is None:
        raise Refusal(f"has no finished run at {scale} scale.")
    if status["status"] != OK:
        raise Refusal(f"did not run through at {scale} scale: {status['status']}.")
    notebook = lesson.read()
    executed = _executed(out / f"{lesson.name}.ipynb", status, scale)
    odd = _odd(notebook, executed, lesson, status, scale)
    cells, ran = keys.code_cells(notebook), keys.code_cells(executed)
    if keys.code_hash(executed) != keys.code_hash(notebook) or len(ran) != len(cells):
        raise Refusal(f"has changed since its run at {scale} scale.")
    if odd and not why:
        raise Refusal(f"was run {odd}: course run, or say why with --unusual WORDS.")
    number = 0
    for cell, done in zip(cells, ran, strict=True):
        number += bool(cell.source.strip())
        cell.execution_count = number if cell.source.strip() else None
        cell.outputs = [_clean(output, cell.execution_count) for output in done.outputs]
    _settle(notebook, lesson)
    _describe(notebook, status, scale, why if odd else "")
    found = stains(notebook)
    if found:
        raise Refusal(f"cannot be published: {'; '.join(found)}.")
    if not lesson.solution and not cover(notebook):
        raise Refusal("has no picture in a cell tagged cover.")
    return notebook


def _executed(path, status, scale):
    """The notebook that the run left, if it is as the run left it."""
    try:
        text = path.read_text(encoding="utf-8")
        executed = nbformat.reads(text, as_version=4)
    except (OSError, ValueError, AttributeError) as error:
        raise Refusal(f"has a run at {scale} scale whose notebook cannot be read.") from error
    if status.get("executed") != keys.fingerprint(text):
        raise Refusal(f"has a run at {scale} scale whose notebook was changed since.")
    return executed


def _odd(notebook, executed, lesson, status, scale):
    """What is unusual about a run, in a few words; empty if nothing is."""
    parameters, made = status.get("parameters"), status.get("made_of")
    if not isinstance(made, dict) or not isinstance(parameters, dict):
        raise Refusal("was run while the library changed, or by an older course: course run.")
    got = executed.metadata.get("papermill", {}).get("parameters", parameters)
    if got != parameters:
        raise Refusal(f"has a run at {scale} scale that says other parameters than it got.")
    ran_at = parameters.get("scale", scale)
    if ran_at != scale:
        raise Refusal(f"has a run at {scale} scale that says it was one at {ran_at} scale.")
    found = [] if scale == "lesson" else [f"at {scale} scale"]
    found += [f"with {name}={value}" for name, value in unusual(parameters, notebook).items()]
    now = keys.made_of(notebook, parameters, lesson.name, lesson.folder)
    if now["code"] == made.get("code") and (other := keys.difference(made, now)):
        found.append(f"with {other}")
    return " and ".join(found)


def _clean(output, execution_count):
    output = copy.deepcopy(output)
    if "metadata" in output:
        output.metadata = _of_picture(output)
    if output.output_type == "execute_result":
        output.execution_count = execution_count
    if records.PNG in output.get("data", {}):
        try:
            png = compact(base64.b64decode(output.data[records.PNG]))
        except (OSError, ValueError, binascii.Error, SyntaxError) as error:
            where = f"cell {execution_count}"
            raise Refusal(f"shows in {where} a picture that is none: {error}.") from error
        output.data[records.PNG] = base64.b64encode(png).decode()
    return output


def _of_picture(output):
    """A picture keeps its size on the page and its alt text, and nothing else is kept."""
    found = output.metadata.get(records.PNG)
    if not isinstance(found, dict) or records.PNG not in output.get("data", {}):
        return {}
    size = {k: found[k] for k in ("width", "height") if isinstance(found.get(k), int)}
    words = {"alt": records.alt(output)} if records.alt(output) else {}
    return {records.PNG: size | words} if size | words else {}


def _settle(notebook, lesson):
    """Leave in the notebook nothing that another save would change."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for position, cell in enumerate(notebook.cells, 1):
        cell.setdefault("id", f"{lesson.topic}-{position:02d}")
        cell.metadata = {"tags": tags(cell)} if tags(cell) else {}
        if FOLDED & set(tags(cell)):
            cell.metadata |= copy.deepcopy(FOLDS)


def _describe(notebook, status, scale, why):
    parameters = status["parameters"]
    course = {k: v for k, v in course_metadata(notebook).items() if k in WRITTEN_BY_HAND}
    course |= {"scale": scale}
    if dataset := _dataset(notebook) or parameters.get("dataset"):
        course["dataset"] = dataset
    if odd := unusual(parameters, notebook):
        course["parameters"] = odd
    if why:
        course["unusual"] = why
    if status.get("run_on"):
        course["run_on"] = status["run_on"]
    notebook.metadata = nbformat.from_dict(KERNEL | {"course": course})
    seal(notebook)


def _dataset(notebook):
    """The data that `load_images("auto")` said it chose."""
    for cell in keys.code_cells(notebook):
        for output in cell.outputs:
            said = re.search(r"^Data: (\w+)", output.get("text", ""), re.M)
            if said:
                return said[1]
    return None
