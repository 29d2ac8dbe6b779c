"""A new lesson: `course new NAME --after OTHER` writes all its places, and the lesson runs.

The notebook and its solutions, its section of `claims.toml`, its exercises and the answers that
test them; `unfinished.py` says what is still to be filled in. Later lessons make room: their
files are renamed, and links to them follow. Their names, by which all else knows them, stay.
"""

import keyword
import os
import re
from dataclasses import dataclass
from pathlib import Path
from string import Template

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import course_lib
from course_lib.pipeline import Refusal, template
from course_lib.pipeline.lessons import find_lessons, select, tags, title
from course_lib.pipeline.publish import KERNEL
from course_lib.pipeline.status import write_whole


@dataclass(frozen=True)
class Places:
    """Where what belongs to a folder of lessons stands."""

    claims: Path
    exercises: Path
    answers: Path
    own: bool  # beside the notebooks, and not in the package


def places(folder: Path) -> Places:
    """The places of a folder: in the package for the course's own, else beside the notebooks."""
    home = Path(course_lib.__file__).resolve().parents[1]
    if Path(folder).resolve() == home / "notebooks":
        lesson = home / "course_lib" / "lesson"
        answers = home / "tests" / "lesson" / "answers"
        return Places(lesson / "claims.toml", lesson / "exercises", answers, False)
    folder = Path(folder)
    return Places(folder / "claims.toml", folder / "exercises", folder / "answers", True)


def new_lesson(name: str, after: str | None, folder: Path) -> list[Path]:
    """Write a lesson that runs, with all that belongs to it.

    Args:
        name: of the lesson, such as `"sparse"`.
        after: the lesson it follows; by default the last.
        folder: of the lessons.

    Returns:
        the files that were written or added to.

    Raises:
        Refusal: the name cannot be used, the other lesson is not there, or a file would be lost.
    """
    folder = Path(folder)
    lessons = [lesson for lesson in find_lessons(folder) if not lesson.solution]
    _check_name(name, lessons)
    before = _lesson_before(after, lessons)
    number = int(before.number) + 1 if before else 1
    where = places(folder)
    files = [where.exercises / f"{name}.py", where.answers / f"{name}.py"]
    if there := [path for path in files if path.exists()]:
        raise Refusal(f"{there[0]} is there already: remove it, or take another name.")
    (folder / "solutions").mkdir(parents=True, exist_ok=True)
    _make_room(number, folder)
    file = f"{number:02d}_{name}"
    following = [x for x in find_lessons(folder) if int(x.number) > number and not x.solution]
    words = {"name": name, "number": number, "file": file, "next": _next(following)}
    card = {"subject": "FILL IN: what the lesson is about", "prerequisites": _needs(before)}
    lesson, solution = folder / f"{file}.ipynb", folder / "solutions" / f"{file}.ipynb"
    _write_notebook(lesson, template.LESSON, words, card, _colab(before))
    _write_notebook(solution, template.SOLUTION, words, {}, [])
    texts = dict(zip(files, (template.EXERCISES, template.ANSWERS), strict=True))
    if where.own and not (folder / "test_answers.py").exists():
        texts[folder / "test_answers.py"] = template.TESTS
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, Template(text).substitute(words))
    old = where.claims.read_text(encoding="utf-8") if where.claims.exists() else ""
    write_whole(where.claims, (old + Template(template.CLAIMS).substitute(words)).lstrip("\n"))
    return [lesson, solution, where.claims, *texts]


def _check_name(name, lessons):
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise Refusal(
            f"A lesson's name is lower-case letters, digits and _, such as sparse, not {name!r}."
        )
    if name in {lesson.topic for lesson in lessons}:
        raise Refusal(f"There is a lesson {name!r} already.")


def _lesson_before(after, lessons):
    if after is None:
        return lessons[-1] if lessons else None
    return select(lessons, [after])[0]


def _make_room(number, folder):
    """Rename the lessons from this number on, as far as they stand close, last first."""
    taken = {int(lesson.number) for lesson in find_lessons(folder)}
    free = next(n for n in range(number, number + len(taken) + 1) if n not in taken)
    moved = {}
    for lesson in reversed(find_lessons(folder)):
        if number <= int(lesson.number) < free:
            name = f"{int(lesson.number) + 1:02d}_{lesson.topic}"
            os.replace(lesson.path, lesson.path.with_name(f"{name}.ipynb"))
            moved[lesson.name] = name
    if moved:
        for lesson in find_lessons(folder):
            _follow(lesson, moved)


def _follow(lesson, moved):
    """Give a notebook's title and its links the new numbers; code and outputs are left alone."""
    notebook = lesson.read()
    before = [cell.source for cell in notebook.cells]
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        for old, name in moved.items():
            was, now = int(old.split("_")[0]), int(name.split("_")[0])
            link = rf"\((\.\./)?{old}\.ipynb"
            cell.source = re.sub(rf"\[lesson {was}\](?={link})", f"[lesson {now}]", cell.source)
            cell.source = re.sub(link, rf"(\g<1>{name}.ipynb", cell.source)
            if name == lesson.name:
                cell.source = re.sub(rf"\A# {was} · ", f"# {now} · ", cell.source)
                cell.source = re.sub(
                    rf"\A# Solutions of lesson {was}\b", f"# Solutions of lesson {now}", cell.source
                )
    if [cell.source for cell in notebook.cells] != before:
        write_whole(lesson.path, nbformat.writes(notebook) + "\n")


def _next(following):
    if not following:
        return ""
    lesson = following[0]
    name = title(lesson.read()).partition(" · ")[2] or lesson.topic
    return f"\n**Next:** [{name}]({lesson.path.name}) FILL IN: what it adds.\n"


def _needs(before):
    return [before.topic] if before else []


def _colab(before):
    """The cell that installs the library on Colab, as the lesson before has it."""
    cells = before.read().cells if before else []
    return [cell for cell in cells if cell.cell_type == "code" and "colab" in tags(cell)][:1]


def _write_notebook(path, cells, words, card, colab):
    made = []
    for kind, id, tag, source in cells:
        new = new_markdown_cell if kind == "markdown" else new_code_cell
        metadata = {"tags": [tag]} if tag else {}
        made.append(new(Template(source).substitute(words), id=id, metadata=metadata))
    for cell in colab:
        after = next(i for i, cell in enumerate(made) if "parameters" in tags(cell))
        made.insert(after, new_code_cell(cell.source, id="colab", metadata={"tags": ["colab"]}))
        made.insert(after + 1, new_markdown_cell("What you may change.", id="text-parameters"))
    metadata = KERNEL | ({"course": card} if card else {})
    notebook = new_notebook(cells=made, metadata=metadata)
    write_whole(path, nbformat.writes(notebook) + "\n")
