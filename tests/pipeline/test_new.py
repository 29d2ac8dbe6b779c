"""A new lesson: it runs as it is, and `course check` leads to a whole one."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course_lib.pipeline.keys import code_hash
from course_lib.pipeline.lessons import find_lessons
from course_lib.pipeline.unfinished import MARK, unfinished

ROOT = Path(__file__).parents[2]
WANTED = [
    "a title",
    "what the cover shows",
    "three sentences: the idea, the use it has today, the question of the page",
    "the idea, and a drawing of it",
    "what to see in the picture",
    "a question whose answer is below",
    "one number for each seed",
    "the answer to the question",
    "an exercise; as an example, twice $x$",
    "three sentences",
    "sources, each with a link (arXiv or DOI)",
    "what the lesson is about",
    "the statement and, after the colon, what is measured: mean brightness",
]


def said(course):
    return course.check()[1].splitlines()


def fill_in(path):
    """Write something wherever a file says that something is wanted."""
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"FILL IN(: )?", "", text), encoding="utf-8")


def test_from_nothing_to_a_whole_lesson(course):
    code, words = course.course("new", "springs")
    assert code == 0
    folder = course.folder / "notebooks"
    files = [folder / path for path in (
        "01_springs.ipynb", "solutions/01_springs.ipynb", "claims.toml", "exercises/springs.py",
        "answers/springs.py", "test_answers.py",
    )]  # fmt: skip
    assert all(path.is_file() for path in files)
    assert "course run --only springs" in words
    found = said(course)
    for what in WANTED:
        assert f"01_springs: still to fill in: {what}." in found
    for where in ("01_springs: its exercises", "01_springs: its test answers", "solutions/01"):
        assert any(line.startswith(where) and "still to fill in" in line for line in found)
    assert not any("has no text" in line or "lines, and" in line for line in found)

    code, words = course.course("run", "--only", "springs")
    assert code == 0, words
    answers = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."],
        cwd=folder,
        env=course.environment,
        capture_output=True,
        text=True,
    )
    assert "2 passed" in answers.stdout, answers.stdout

    for path in files[:5]:
        fill_in(path)
    assert not any("still to fill in" in line for line in said(course))
    assert course.course("run")[0] == 0
    assert course.course("publish")[0] == 0
    assert said(course) == []
    assert (folder / "images" / "springs.png").is_file()


@pytest.fixture
def three(course):
    """Lessons a, b and d, which link to each other."""
    for name, links in (
        ("01_a", "**Next:** [lesson 2](02_b.ipynb) is b."),
        ("02_b", "See [lesson 1](01_a.ipynb). **Next:** [lesson 4](04_d.ipynb) is d."),
        ("04_d", "See [lesson 2](02_b.ipynb) and [the same](02_b.ipynb#part)."),
    ):
        path = course.write(name, "1 + 1")
        notebook = nbformat.read(path, as_version=4)
        notebook.cells[0].source = f"# {int(name[:2])} · Of {name[3:]}\n\n{links}"
        nbformat.write(notebook, path)
    solutions = course.folder / "notebooks" / "solutions"
    solutions.mkdir()
    notebook = nbformat.read(course.folder / "notebooks" / "02_b.ipynb", as_version=4)
    notebook.cells[0].source = "# Solutions of lesson 2\n\n[lesson](../02_b.ipynb)"
    nbformat.write(notebook, solutions / "02_b.ipynb")
    return course


def text_of(course, name):
    notebook = nbformat.read(course.folder / "notebooks" / f"{name}.ipynb", as_version=4)
    return notebook.cells[0].source


def test_a_lesson_goes_between_two_others(three):
    folder = three.folder / "notebooks"
    before = {path.name[3:]: path.read_bytes() for path in folder.glob("*.ipynb")}
    hashes = {x.topic: code_hash(x.read()) for x in find_lessons(folder) if not x.solution}
    assert three.course("new", "mine", "--after", "a")[0] == 0
    labels = [lesson.label for lesson in find_lessons(folder)]
    assert labels == [
        "01_a", "02_mine", "solutions/02_mine", "03_b", "solutions/03_b", "04_d"
    ]  # fmt: skip
    assert text_of(three, "01_a") == "# 1 · Of a\n\n**Next:** [lesson 3](03_b.ipynb) is b."
    assert text_of(three, "03_b").startswith("# 3 · Of b\n\nSee [lesson 1](01_a.ipynb). **Next:**")
    assert text_of(three, "04_d").endswith(
        "[lesson 3](03_b.ipynb) and [the same](03_b.ipynb#part)."
    )
    assert text_of(three, "solutions/03_b") == "# Solutions of lesson 3\n\n[lesson](../03_b.ipynb)"
    assert text_of(three, "02_mine").startswith("# 2 · FILL IN: a title\n")
    after = {x.topic: code_hash(x.read()) for x in find_lessons(folder) if not x.solution}
    assert {name: after[name] for name in hashes} == hashes
    assert (folder / "04_d.ipynb").read_bytes() != before["d.ipynb"]
    found = said(three)
    assert "01_a: its Next leads to 03_b.ipynb, and 02_mine.ipynb is the next lesson." in found
    assert not any("which is not there" in line for line in found)


def test_a_gap_is_used_and_nothing_renamed(three):
    assert three.course("new", "mine", "--after", "02_b")[0] == 0
    labels = [x.label for x in find_lessons(three.folder / "notebooks") if not x.solution]
    assert labels == ["01_a", "02_b", "03_mine", "04_d"]
    assert (
        "**Next:** [Of d](04_d.ipynb)"
        in nbformat.read(three.folder / "notebooks" / "03_mine.ipynb", as_version=4)
        .cells[-1]
        .source
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["Bad"], "A lesson's name is lower-case letters, digits and _, such as sparse, not 'Bad'"),
        (["a-b"], "A lesson's name is lower-case letters"),
        (["3d"], "A lesson's name is lower-case letters"),
        (["class"], "A lesson's name is lower-case letters"),
        (["../x"], "A lesson's name is lower-case letters"),
        (["b"], "There is a lesson 'b' already"),
        (["mine", "--after", "nobody"], "There is no lesson 'nobody'; the lessons are a, b, d"),
        (["kept"], "kept.py is there already: remove it, or take another name"),
    ],
)
def test_what_cannot_be_is_a_sentence_and_writes_nothing(three, arguments, sentence):
    folder = three.folder / "notebooks"
    (folder / "answers").mkdir()
    (folder / "answers" / "kept.py").write_text("RIGHT = WRONG = {}\n")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    code, words = three.course("new", *arguments)
    assert code == 1
    assert sentence in words
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_in_the_courses_own_folder_its_parts_stand_in_the_package(course):
    """In a copy of the package: tests and claims of the course are beside those of its lessons."""
    home = course.folder
    library = course.environment["PYTHONPATH"]
    shutil.copytree(f"{library}/course_lib", home / "course_lib")
    shutil.copytree(ROOT / "tests/lesson/answers", home / "tests/lesson/answers")
    course.environment["PYTHONPATH"] = str(home)
    course.write("01_autoencoder", "1 + 1")
    code, words = course.course("new", "springs", "--after", "autoencoder")
    assert code == 0, words
    assert (home / "course_lib/lesson/exercises/springs.py").is_file()
    assert (home / "tests/lesson/answers/springs.py").is_file()
    assert not (home / "notebooks" / "claims.toml").exists()
    claims = (home / "course_lib/lesson/claims.toml").read_text(encoding="utf-8")
    assert "[autoencoder.ae-linear-pca]" in claims
    assert "[springs.springs-claim]" in claims
    code, words = course.course("run", "--scale", "smoke", "--only", "springs")
    assert code == 0, words


EDITS = {
    "an exercise without a right answer": (
        "answers/mine.py", '"mine.1": lambda', '"mine.2": lambda',
        "exercise mine.1 has no right answer among its test answers",
    ),
    "an exercise without a wrong answer": (
        "answers/mine.py", '("mine.1"', '("mine.2"',
        "exercise mine.1 has no typical wrong answer among its test answers",
    ),
    "an exercise that the lesson lacks": (
        "01_mine.ipynb", "mine.1", "mine.2", "exercise mine.1 is not in it",
    ),
    "an exercise that the solutions lack": (
        "solutions/01_mine.ipynb", "mine.1", "mine.2", "exercise mine.1 is not in its solutions",
    ),
    "a link to nowhere": (
        "01_mine.ipynb", "FILL IN: sources", "[there](07_gone.ipynb) ",
        "it links to 07_gone.ipynb, which is not there",
    ),
    "no solutions": ("solutions/01_mine.ipynb", None, None, "it has no solutions: solutions/01_"),
    "no answers": (
        "answers/mine.py", None, None, "exercise mine.1 has no right answer among its test answers"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "phrase"), EDITS.values(), ids=EDITS)
def test_what_is_missing_is_named(course, file, old, new, phrase):
    assert course.course("new", "mine")[0] == 0
    folder = course.folder / "notebooks"
    path = folder / file
    lesson = next(x for x in find_lessons(folder) if not x.solution)
    assert not [x for x in unfinished(lesson, lesson.read()) if phrase in x]
    if old is None:
        path.unlink()
    else:
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
    assert [x for x in unfinished(lesson, lesson.read()) if phrase in x]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("# FILL IN: a title", "a title"),
        ("![FILL IN: the cover](a.png)", "the cover"),
        ("FILL IN: three sentences.", "three sentences"),
        ("FILL IN: a. And b.\nmore", "a. And b"),
        ('caption="FILL IN: what to see.")', "what to see"),
        ('"""FILL IN: what is asked; twice x."""', "what is asked; twice x"),
        ("x = 1  # FILL IN: one", "one"),
        ("FILL IN", None),
    ],
)
def test_marks(text, what):
    (found,) = MARK.finditer(text)
    assert found[1] == what


def test_todays_lessons_are_whole():
    """Nothing of the course itself waits to be filled in."""
    folder = ROOT / "notebooks"
    found = [
        f"{lesson.label}: {phrase}"
        for lesson in find_lessons(folder)
        for phrase in unfinished(lesson, lesson.read())
    ]
    assert found == []
