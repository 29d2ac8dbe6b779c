"""What every committed lesson must keep to, and that it is what its run made.

Nothing is trained or run for it: outputs are compared with the seal that `publish` left
(`seal.py`), verdicts are worked out again from their numbers, pages and covers made again.
"""

import itertools
import re
import statistics
from pathlib import Path

from course_lib.lesson import catalogue, claims
from course_lib.pipeline import Refusal, records, seal
from course_lib.pipeline.hygiene import stains
from course_lib.pipeline.keys import code_cells
from course_lib.pipeline.lessons import course_metadata, strangers, tags
from course_lib.pipeline.measures import breaches, measures, untold
from course_lib.pipeline.new import places
from course_lib.pipeline.pages import differences
from course_lib.pipeline.parameters import parameter_names
from course_lib.pipeline.unfinished import unfinished

LONGEST_CELL = 25  # lines
MEDIAN_CELL = 8
FOLDER = 10 * 2**20  # bytes
SET_UP = {"colab", "parameters", "setup"}
QUESTION = re.compile(r"^> \*\*Predict first\.\*\*|^\*\*\d+ \(concept\)\.\*\*", re.M)
FOLDED = "<details><summary>Answer</summary>\n\n"


def findings(lessons, folder):
    """One sentence for each rule that a lesson, or the folder of lessons, breaks."""
    found = [*strangers(folder), *_namesakes(lessons)]
    published, whole = [], True
    for lesson in lessons:
        try:
            notebook = lesson.read()
            found += [f"{lesson.label}: {finding}." for finding in _findings(lesson, notebook)]
        except Refusal as refusal:
            found.append(str(refusal))
            whole = False
        else:
            published += [] if lesson.solution else [(lesson, notebook)]
    # Of a lesson that cannot be read nobody knows what the pages should say.
    found += [f"{phrase}: course publish." for phrase in differences(folder, published) if whole]
    files = [path for path in Path(folder).rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files if ".ipynb_checkpoints" not in path.parts)
    if size > FOLDER:
        found.append(f"{folder} holds {size / 2**20:.1f} MB, and at most 10 are wanted.")
    return found


def _namesakes(lessons):
    """Claims, exercises and covers know a lesson by its name, so no two may have one."""
    topics = [lesson.topic for lesson in lessons if not lesson.solution]
    for topic in sorted({topic for topic in topics if topics.count(topic) > 1}):
        yield f"{topics.count(topic)} lessons are called {topic}, and each needs a name of its own."


def _findings(lesson, notebook):
    try:
        if "scale" not in parameter_names(notebook):
            yield "no cell tagged parameters sets scale"
    except Refusal as refusal:
        yield str(refusal)
    yield from unfinished(lesson, notebook)
    yield from _shape(notebook)
    if not lesson.solution:
        yield from _card(notebook)
        yield from _open_questions(notebook)
        yield from untold(notebook)
        yield from breaches(measures(notebook), places(lesson.folder).own)
    missing = sum(cell.execution_count is None for cell in _with_code(notebook))
    if missing:
        yield f"{missing} of {len(_with_code(notebook))} code cells have not been run"
    if course_metadata(notebook).get("code_hash") or not missing:
        yield from seal.broken(notebook)
        yield from _usual(notebook)
        yield from _numbers(notebook)
        yield from _verdicts(lesson, notebook)
    yield from stains(notebook)


def _with_code(notebook):
    return [cell for cell in code_cells(notebook) if cell.source.strip()]


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
            if "skip-execution" in tags(cell):
                yield f"cell {number} is tagged skip-execution, and would not be run"
        before = cell.cell_type


def _open_questions(notebook):
    """A question whose answer does not follow it, folded, before the next question."""
    prose = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    starts = [found.start() for found in QUESTION.finditer(prose)]
    for start, end in itertools.pairwise([*starts, None]):
        if FOLDED not in prose[start:end]:
            question = prose[start:end].partition("\n")[0].lstrip("> ")
            yield f"no folded answer follows the question {question!r}"
    if any("**Answer.**" in cell.source for cell in notebook.cells):
        yield "an answer stands open, and is wanted in a fold"


def _card(notebook):
    """What the lesson's metadata tell a reader who looks for a lesson."""
    course = course_metadata(notebook)
    if not isinstance(course.get("subject"), str) or not course["subject"].strip():
        yield "its metadata name no subject"
    if not isinstance(course.get("prerequisites"), list):
        yield "its metadata hold no list of prerequisites"


def _usual(notebook):
    """A run at lesson scale with the parameters that stand in the lesson, or a word on why."""
    course = course_metadata(notebook)
    if isinstance(course.get("unusual"), str) and course["unusual"].strip():
        return
    if course.get("scale") != "lesson":
        yield f"its outputs are of scale {course.get('scale')}, and those of lesson are wanted"
    if course.get("parameters"):
        yield f"its outputs were made with parameters of their own: {course['parameters']}"


def _numbers(notebook):
    count = 0
    for number, cell in enumerate(code_cells(notebook), 1):
        count += bool(cell.source.strip())
        wanted = count if cell.source.strip() else None
        if cell.execution_count != wanted:
            yield f"cell {number} bears the number {cell.execution_count} instead of {wanted}"
        for output in cell.outputs:
            if output.get("execution_count", wanted) != wanted:
                yield f"an output of cell {number} bears the number {output.execution_count}"


def _verdicts(lesson, notebook):
    for number, record in records.numbered(notebook, claims.MIME):
        found = records.measurement(record)
        if found is None:
            yield f"cell {number} holds a measurement that lacks its id, numbers or verdict"
            continue
        if (said := claims.verdict(found)) != found["verdict"]:
            was = found["verdict"]
            yield f"cell {number} says that {found['id']} is {was}, but its numbers say {said}"
        if other := _other_words(found, lesson.folder):
            yield f"cell {number} and claims.toml differ in {other} of {found['id']}"


def _other_words(record, folder):
    """What a record and its row of claims.toml do not say alike; empty where they do."""
    try:
        row = catalogue.claims_of(record["lesson"], folder).get(record["id"])
    except ValueError:
        row = None
    if row is None:
        return "the existence"
    stated = {name: value for name, value in row.items() if value is not None}
    # A threshold that only the run knew has its words in `against`.
    stated |= {name: row[name] for name in ("erratum", "published", "stored", "against")}
    return next((name for name, value in stated.items() if record[name] != value), "")
