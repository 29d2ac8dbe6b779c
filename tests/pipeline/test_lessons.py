"""Which lessons are asked for, and with which parameters."""

import numpy as np
import pytest

from course_lib.pipeline import Refusal
from course_lib.pipeline.lessons import (
    check_parameters,
    find_lessons,
    parameter_names,
    select,
    title,
)


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
        (["02", "01"], ["01_a", "solutions/01_a", "02_b"]),
    ],
)
def test_selection(lessons, only, labels):
    assert [lesson.label for lesson in select(lessons, only)] == labels


def test_unknown_lesson(lessons):
    with pytest.raises(Refusal, match=r"^There is no lesson '7'; the lessons are 01, 02\.$"):
        select(lessons, ["7"])


def test_broken_notebook(lessons):
    lessons[0].path.write_text('{"cells": ')
    with pytest.raises(Refusal, match="01_a is not a readable notebook"):
        lessons[0].read()


def test_names_and_title(course):
    parameters = "scale = 1\nseed: int = 3\nrate, rest = 1, 2\nx.y = 4"
    path = course.write("03_c", parameters=parameters)
    (lesson,) = find_lessons(path.parent)
    notebook = lesson.read()
    assert parameter_names(notebook) == {"scale", "seed"}
    assert title(notebook) == "Lesson 03_c"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (np.float64(0.1), "float64"),
        (np.int64(1), "int64"),
        ((1, 2), "tuple"),
        ([1, np.float32(2)], "list"),
        ({"a": {1, 2}}, "dict"),
        ({1: 2}, "dict"),
    ],
)
def test_only_json_is_a_parameter(lessons, value, kind):
    sentence = f"^Parameter 'scale' must be a JSON value, but is of type {kind}.$"
    with pytest.raises(Refusal, match=sentence):
        check_parameters({"scale": value}, [lesson.read() for lesson in lessons])


@pytest.mark.parametrize("value", [None, True, 3, 0.5, "a", [1, [2]], {"a": [None]}])
def test_json_is_a_parameter(lessons, value):
    check_parameters({"scale": value}, [lesson.read() for lesson in lessons])
