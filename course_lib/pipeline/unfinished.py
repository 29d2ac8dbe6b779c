"""What of a lesson is still to be filled in: words, exercises, solutions, answers, links."""

import ast
import re
import tomllib
from collections.abc import Iterator

from nbformat import NotebookNode

from course_lib.pipeline.lessons import Lesson, course_metadata, find_lessons
from course_lib.pipeline.new import places
from course_lib.pipeline.notation import unknown
from course_lib.pipeline.syntax import parse_cell

MARK = re.compile(r"FILL IN(?:: *(.+?))?(?=\]\(|\.?\"|\.?$)", re.M)
LINK = re.compile(r"\]\(([^)\s#:]+\.ipynb)[)#]")


def unfinished(lesson: Lesson, notebook: NotebookNode) -> Iterator[str]:
    """One phrase for each thing that is missing before a lesson is whole.

    Args:
        lesson: a lesson or its solutions.
        notebook: its notebook.
    """
    where = places(lesson.folder)
    texts = [cell.source for cell in notebook.cells]
    if not lesson.solution:
        texts.append(str(course_metadata(notebook).get("subject", "")))
        texts += [str(row) for row in _rows(where.claims, lesson.topic)]
    yield from _marks("", texts)
    yield from _links(lesson, notebook)
    yield from unknown(lesson.folder, notebook)
    if lesson.solution:
        return
    exercises = _text(where.exercises / f"{lesson.topic}.py")
    answers = _text(where.answers / f"{lesson.topic}.py")
    yield from _marks("its exercises: ", [exercises])
    yield from _marks("its test answers: ", [answers])
    yield from _exercises(lesson, notebook, exercises, answers if where.answers.is_dir() else None)


def _marks(place, texts):
    for text in texts:
        for found in MARK.finditer(text):
            yield f"{place}still to fill in: {found[1] or 'a line marked so'}"


def _links(lesson, notebook):
    """Links to lessons that are not there, and a `Next` that leads past the next lesson."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for link in LINK.findall(cell.source):
                if not (lesson.path.parent / link).is_file():
                    yield f"it links to {link}, which is not there"
            following = re.search(r"\*\*Next:\*\*[^\n]*?" + LINK.pattern, cell.source)
            wanted = _next(lesson)
            if following and wanted and following[1] != wanted:
                yield f"its Next leads to {following[1]}, and {wanted} is the next lesson"


def _next(lesson):
    lessons = [x.path.name for x in find_lessons(lesson.folder) if not x.solution]
    later = lessons[lessons.index(lesson.path.name) + 1 :] if not lesson.solution else []
    return later[0] if later else None


def _exercises(lesson, notebook, exercises, answers):
    ids = _ids(exercises, "exercise")
    if not ids:
        return
    solution = lesson.folder / "solutions" / lesson.path.name
    solved = set()
    if solution.is_file():
        solved = _checked(Lesson(solution, True).read())
    else:
        yield f"it has no solutions: solutions/{lesson.path.name}"
    for id in ids:
        if id not in _checked(notebook):
            yield f"exercise {id} is not in it"
        if solution.is_file() and id not in solved:
            yield f"exercise {id} is not in its solutions"
    if answers is not None:
        right, wrong = _keys(answers, "RIGHT"), _mentioned(answers, "WRONG")
        for id in ids:
            if id not in right:
                yield f"exercise {id} has no right answer among its test answers"
            if id not in wrong:
                yield f"exercise {id} has no typical wrong answer among its test answers"


def _checked(notebook):
    """The exercises that a notebook checks."""
    found = set()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            try:
                found |= set(_ids_in(parse_cell(cell.source), "check"))
            except SyntaxError:
                continue
    return found


def _ids(source, function):
    return list(_ids_in(ast.parse(source), function))


def _ids_in(tree, function):
    """The first arguments of the calls of a function, where they are written out."""
    for node in ast.walk(tree):
        named = isinstance(node, ast.Call) and getattr(node.func, "id", "") == function
        if named and node.args and isinstance(node.args[0], ast.Constant):
            yield node.args[0].value


def _keys(source, name):
    value = _assigned(source, name)
    keys = value.keys if isinstance(value, ast.Dict) else []
    return {key.value for key in keys if isinstance(key, ast.Constant)}


def _mentioned(source, name):
    tree = _assigned(source, name)
    nodes = ast.walk(tree) if tree else ()
    return {node.value for node in nodes if isinstance(node, ast.Constant)}


def _assigned(source, name):
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and any(getattr(t, "id", "") == name for t in node.targets):
            return node.value
    return None


def _rows(path, topic):
    try:
        rows = tomllib.loads(_text(path)).get(topic, {})
    except ValueError:
        return []
    return [text for row in rows.values() for text in row.values() if isinstance(text, str)]


def _text(path):
    return path.read_text(encoding="utf-8") if path.is_file() else ""
