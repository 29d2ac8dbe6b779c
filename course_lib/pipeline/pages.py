"""The pages that are made from all lessons: what `publish` writes and `check` makes again."""

import base64
import contextlib
from pathlib import Path

from course_lib.pipeline import Refusal, records
from course_lib.pipeline.catalogue import with_lessons
from course_lib.pipeline.index import WRITTEN, index, table
from course_lib.pipeline.lessons import tags
from course_lib.pipeline.notation import PAGE, notation
from course_lib.pipeline.results import results

# What is generated inside a page of somebody's own stands between these, and names the folder of
# its lessons: another folder's lessons leave it alone.
OPEN, CLOSE = "<!-- lessons of {} -->\n", "<!-- /lessons -->"


def pages(folder, published):
    """Every generated page of the course: `{path: text}`.

    Args:
        folder: of the lessons.
        published: list of (`Lesson`, notebook with outputs), in teaching order; no solutions.
    """
    folder = Path(folder)
    found = {folder / "README.md": index(published), folder / "results.md": results(published)}
    if terms := notation(folder, published):
        found[folder / PAGE] = terms
    name = folder.resolve().name
    lessons = table(published, name) + "\n"
    front, data = folder.parent / "README.md", folder.parent / "data" / "README.md"
    makers = {front: lambda _: lessons, data: lambda text: with_lessons(text, published)}
    for path, make in makers.items():
        before, opened, rest = (_text(path) or "").partition(OPEN.format(name))
        inside, closed, after = rest.partition(CLOSE)
        if opened and not closed:
            raise Refusal(f"{_name(path, folder)} lacks {CLOSE} after its {opened.strip()}.")
        if opened:
            found[path] = before + opened + make(inside) + closed + after
    return found


def covers(folder, published):
    """Every cover: `{path: png}`, from the outputs of the cells tagged `cover`."""
    images = Path(folder) / "images"
    return {
        images / f"{lesson.topic}.png": png
        for lesson, notebook in published
        if (png := cover(notebook))
    }


def cover(notebook):
    """The first picture of a cell tagged `cover`, a PNG; None where there is none."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and "cover" in tags(cell):
            for output in cell.outputs:
                if records.PNG in output.get("data", {}):
                    with contextlib.suppress(ValueError):  # what is no picture is found elsewhere
                        return base64.b64decode(output.data[records.PNG])
    return None


def differences(folder, published):
    """One phrase for each page or cover that is not what the lessons make."""
    folder = Path(folder)
    try:
        made = pages(folder, published)
    except Refusal as refusal:
        yield str(refusal).rstrip(".")
        return
    for path, text in made.items():
        name, found = _name(path, folder), _text(path)
        if found is None:
            yield f"{name} is missing"
        elif found != text:
            pairs = zip(_lines(found), _lines(text), strict=False)
            line = next((n for n, (a, b) in enumerate(pairs, 1) if a != b), None)
            where = f", first in line {line}" if line else ""
            yield f"{name} is not what the lessons say{where}"
    wanted = covers(folder, published)
    for path, png in wanted.items():
        if not path.exists():
            yield f"{_name(path, folder)} is missing"
        elif path.read_bytes() != png:
            yield f"{_name(path, folder)} is not the picture of its lesson's cell tagged cover"
    for path in sorted((folder / "images").glob("*")):
        if path not in wanted and not path.name.startswith("."):
            yield f"{_name(path, folder)} is the cover of no lesson"


def refuse_to_overwrite(folder):
    """Refuse where a page of somebody's own stands at the place of a generated one."""
    for name in ("README.md", "results.md", PAGE):
        text = _text(Path(folder) / name)
        if text is not None and not text.startswith(WRITTEN):
            raise Refusal(
                f"{Path(folder) / name} was not written by course publish, which would overwrite "
                "it: give it another name."
            )


def _text(path):
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None


def _lines(text):
    return [*text.splitlines(), None]


def _name(path, folder):
    return path.resolve().relative_to(folder.resolve().parent).as_posix()
