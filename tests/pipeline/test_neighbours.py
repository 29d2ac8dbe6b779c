"""One lesson's trouble is told by its name, and nobody else's."""

import json
import re

import nbformat
import pytest

from course_lib.pipeline.lessons import find_lessons, tags

PICTURE = """
from IPython.display import display
for picture in ("no picture", "aGVsbG8=", ""):
    display({"image/png": picture, "text/plain": ""}, raw=True)
"""
NUMBER = """
from IPython.display import display
display({"image/png": 3, "text/plain": ""}, raw=True)
"""
RECORD = """
from IPython.display import display
for record in ({}, {"id": "ae-linear-pca"}, {"id": 3, "value": "many"}, "text", [1]):
    display({"application/vnd.course-lib.claim+json": record, "text/plain": ""}, raw=True)
"""


def broken(course, name, edit):
    path = course.write(name, "1")
    content = json.loads(path.read_text(encoding="utf-8"))
    edit(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def tag(value):
    return lambda content: content["cells"][2]["metadata"].update(tags=value)


@pytest.fixture
def crowd(course):
    """Notebooks that are none, odd ones, and a good one at the end."""
    folder = course.folder / "notebooks"
    course.write("01_empty").write_text("", encoding="utf-8")
    course.write("02_cut").write_text('{"cells": [', encoding="utf-8")
    course.write("03_list").write_text("[]", encoding="utf-8")
    course.write("04_bytes").write_bytes(b"\xff\xfe\x00")
    (folder / "05_folder.ipynb").mkdir()
    course.write("06_nested").write_text("[" * 100_000, encoding="utf-8")
    course.write("07_syntax", "1", parameters="scale = ")
    broken(course, "08_number", tag([1, None]))
    broken(course, "09_word", tag("parameters"))
    broken(course, "10_cells", lambda content: content.update(cells={}))
    broken(course, "11_type", lambda content: content["cells"][2].update(cell_type="prose"))
    broken(course, "12_source", lambda content: content["cells"][2].update(source=None))
    broken(course, "13_newer", lambda content: content.update(nbformat=9))
    course.write("14_pictures", PICTURE)
    course.write("20_number", NUMBER)
    course.write("15_records", RECORD)
    course.write("22_surrogate", r"print('\ud800')", r"raise ValueError('\ud800')")
    course.write("16_[b]race", "1")
    course.write("17_#hash?", "1")
    course.write("18_skips", ("1 / 0", "skip-execution"), "2")
    course.write("19_good", "1 + 1")
    course.write("21_default", "2", parameters="scale = {[]: 1} if False else 'smoke'; a = {[]: 1}")
    return course


UNREADABLE = {f"{number:02}" for number in range(1, 14)}


def test_a_crowd(crowd):
    code, said = crowd.course("run", "-j", 2)
    assert code == 1
    assert "Traceback" not in said
    lines = said.splitlines()
    names = {lesson.name[:2]: lesson.name for lesson in find_lessons(crowd.folder / "notebooks")}
    # One sentence names each that cannot be read, and nothing else is wrong.
    wrong = {line.split("_")[0] for line in lines if re.match(r"\d\d_\S+: unreadable .+", line)}
    assert wrong == UNREADABLE
    assert re.search(r"^21_default: error in cell 1 .*TypeError: unhashable", said, re.M), said
    assert re.search(r"^22_surrogate: error in cell 3", said, re.M), said
    assert re.search(r"^20_number: process died .*Error: 3 is not valid", said, re.M), said
    assert f"6 of {len(names)} notebooks ok" in said, said
    assert "14_pictures: figure 1 is no picture." in said
    assert "15_records: measurement 5 lacks its id, numbers or verdict." in said
    page = crowd.out("report.html").read_text(encoding="utf-8")
    for name in names.values():
        assert f'id="{name}"' in page
    assert 'href="17_%23hash%3F.html"' in page
    assert crowd.leftovers() == []
    for command in ("list", "report"):
        code, said = crowd.course(command)
        assert (code, "Traceback" in said) == (0, False), said
        assert "19_good" in said or command == "report"


def cut(path):
    path.write_bytes(path.read_bytes()[:200])


def mistype(path):
    path.write_text(
        path.read_text(encoding="utf-8").replace('"seconds": ', '"seconds": "x", "a": ')
    )


@pytest.mark.parametrize(
    ("file", "damage", "words"),
    [
        ("01_a.ipynb", cut, "01_a: its executed notebook is missing or damaged: run it again."),
        ("01_a.ipynb", lambda path: path.unlink(), "01_a: its executed notebook is missing"),
        ("01_a.json", cut, ""),
        ("01_a.json", mistype, ""),
    ],
)
def test_what_an_earlier_run_left_is_damaged(course, file, damage, words):
    course.write("01_a", course.mark("a"))
    course.write("02_b", course.mark("b"))
    assert course.course("run")[0] == 0
    damage(course.out(file))
    for command in ("list", "report"):
        code, said = course.course(command)
        assert (code, "Traceback" in said) == (0, False), said
    assert words in said
    if file.endswith("json"):
        assert "damaged" in course.out("report.html").read_text(encoding="utf-8")
    code, said = course.course("run")
    assert (code, course.marks("a"), course.marks("b")) == (0, 2, 1), said
    nbformat.read(course.out("01_a.ipynb"), as_version=4)


def test_places_that_are_taken(course):
    """A folder where a lesson's lock, status or page should be concerns that lesson."""
    for name in (".01_lock.lock", "02_status.json", "03_page.html", "04_executed.ipynb"):
        course.out(name).mkdir(parents=True)
    for name in ("01_lock", "02_status", "03_page", "04_executed", "05_good"):
        course.write(name, "1")
    code, said = course.course("run")
    assert code == 1
    assert "Traceback" not in said
    assert course.status("05_good")["status"] == "ok"
    for name in ("01_lock", "02_status", "03_page", "04_executed"):
        assert re.search(rf"^{name}: process died .*directory", said, re.M), said


def test_a_lesson_that_deletes_its_folder_harms_nobody(course):
    """It has a folder of its own, with a copy of the notebook in it."""
    course.write(
        "01_a",
        "import os\nassert os.listdir() == ['01_a.ipynb'], os.listdir()",
        "import shutil\nshutil.rmtree(os.getcwd())",
        "print(3)",
    )
    course.write("02_b", "import os\nopen('left', 'w').close()\nprint(sorted(os.listdir()))")
    assert course.course("run")[0] == 0
    assert sorted(path.name for path in (course.folder / "notebooks").iterdir()) == [
        "01_a.ipynb",
        "02_b.ipynb",
    ]
    assert not course.out("left").exists()
    notebook = nbformat.read(course.out("02_b.ipynb"), as_version=4)
    assert notebook.cells[-1].outputs[0].text == "['02_b.ipynb', 'left']\n"


@pytest.mark.parametrize("value", ["parameters", 3, None, {"a": 1}])
def test_tags_are_a_list_or_none(value):
    cell = nbformat.v4.new_code_cell("1")
    cell.metadata["tags"] = value
    assert tags(cell) == []
