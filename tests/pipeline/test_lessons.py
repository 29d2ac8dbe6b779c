"""Which lessons are asked for, and with which parameters."""

import pytest

from course_lib.pipeline import Refusal
from course_lib.pipeline.lessons import find_lessons, select, strangers, title


@pytest.fixture
def lessons(course):
    for name in ("02_b", "01_a", "solutions/01_a"):
        course.write(name)
    (course.folder / "notebooks" / "scratch.ipynb").write_text("{}")
    return find_lessons(course.folder / "notebooks")


def test_teaching_order(lessons):
    assert [lesson.label for lesson in lessons] == ["01_a", "solutions/01_a", "02_b"]


@pytest.mark.parametrize(
    ("only", "labels"),
    [
        ([], ["01_a", "solutions/01_a", "02_b"]),
        (["01"], ["01_a", "solutions/01_a"]),
        (["02_b"], ["02_b"]),
        (["b"], ["02_b"]),
        (["02", "01"], ["01_a", "solutions/01_a", "02_b"]),
    ],
)
def test_selection(lessons, only, labels):
    assert [lesson.label for lesson in select(lessons, only)] == labels


def test_unknown_lesson(lessons):
    with pytest.raises(Refusal, match=r"^There is no lesson '7'; the lessons are a, b\.$"):
        select(lessons, ["7"])


def test_broken_notebook(lessons):
    lessons[0].path.write_text('{"cells": ')
    with pytest.raises(Refusal, match="01_a is not a readable notebook"):
        lessons[0].read()


def test_title(course):
    path = course.write("03_c")
    (lesson,) = find_lessons(path.parent)
    assert title(lesson.read()) == "Lesson 03_c"
    assert lesson.topic == "c"


NO_LESSONS = ["01_a-Copy1", "01_a (1)", "01_a copy", "01_a.sync-conflict", "scratch", "a_01", "01_"]


@pytest.mark.parametrize("name", NO_LESSONS)
def test_a_copy_is_no_lesson(course, name):
    course.write("01_a", "1")
    for folder in ("", "solutions/"):
        course.write(folder + name, course.mark("ran"))
    found = find_lessons(course.folder / "notebooks")
    assert [lesson.label for lesson in found] == ["01_a"]
    assert [
        sentence.split(" is no lesson: ")[0] for sentence in strangers(found[0].path.parent)
    ] == [
        f"{name}.ipynb",
        f"solutions/{name}.ipynb",
    ]
    code, said = course.course("check")
    assert code == 1
    assert f"{name}.ipynb is no lesson: a lesson is called NN_name.ipynb, without" in said


@pytest.mark.parametrize("name", [".01_a", ".ipynb_checkpoints/01_a-checkpoint", ".~01_a"])
def test_hidden_files_are_nothing_at_all(course, name):
    course.write("01_a", "1")
    course.write(name, "1")
    found = find_lessons(course.folder / "notebooks")
    assert [lesson.label for lesson in found] == ["01_a"]
    assert list(strangers(found[0].path.parent)) == []


@pytest.mark.parametrize("only", [",", " , ", "", "01,,", "01,"])
def test_only_nothing_is_refused(course, only):
    course.write("01_a", course.mark("ran"))
    code, said = course.course("run", "--only", only)
    assert code == 2
    assert "--only needs the names of lessons, such as sparse,variational." in said
    assert course.marks("ran") == 0
