"""The first cell of a lesson, on a stub of Colab and off it."""

import importlib.util
import subprocess
import sys
import types
from pathlib import Path

import pytest

from course_lib.pipeline.address import FIRST_CELL
from course_lib.pipeline.keys import ADDRESS
from course_lib.pipeline.lessons import find_lessons, tags
from tests.test_dependencies import imported

ROOT = Path(__file__).parents[2]
LESSONS = [lesson for lesson in find_lessons(ROOT / "notebooks") if not lesson.solution]


@pytest.fixture
def calls(monkeypatch):
    made = []
    monkeypatch.setattr(subprocess, "check_call", made.append)
    return made


@pytest.fixture
def colab(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))


@pytest.fixture
def missing(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


@pytest.fixture(params=LESSONS, ids=lambda lesson: lesson.label)
def first_cell(request):
    cell = next(cell for cell in request.param.read().cells if cell.cell_type == "code")
    assert list(tags(cell)) == ["colab"]

    def run(address):
        text, count = ADDRESS.subn(lambda _: f"REPOSITORY = {address!r}", cell.source)
        assert count == 1
        assert text == ADDRESS.sub(lambda _: f"REPOSITORY = {address!r}", FIRST_CELL)
        exec(text, {})

    return run


def test_elsewhere_it_does_nothing(first_cell, missing, calls):
    first_cell("https://example.org/course")
    assert calls == []


def test_on_colab_with_the_library_it_does_nothing(first_cell, colab, calls):
    first_cell("https://example.org/course")
    assert calls == []


@pytest.mark.parametrize(
    ("address", "installed"),
    [
        (
            "https://example.org/course",
            "https://example.org/course/archive/refs/heads/main.zip",
        ),
        (
            "https://example.org/course_lib-0.1.0-py3-none-any.whl",
            "https://example.org/course_lib-0.1.0-py3-none-any.whl",
        ),
        ("course_lib-0.1.0-py3-none-any.whl", "course_lib-0.1.0-py3-none-any.whl"),
    ],
)
def test_on_colab_it_installs_the_library_alone(
    first_cell, colab, missing, calls, address, installed
):
    first_cell(address)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps"]
    assert calls == [[*pip, installed, "openTSNE"]]


def test_what_colab_has_already_is_not_installed(first_cell, colab, monkeypatch, calls):
    found = {"course_lib": None, "openTSNE": "there"}
    monkeypatch.setattr(importlib.util, "find_spec", found.get)
    first_cell("course_lib-0.1.0-py3-none-any.whl")
    ((*_, last),) = calls
    assert last == "course_lib-0.1.0-py3-none-any.whl"


def test_without_an_address_it_says_what_to_do(first_cell, colab, missing, calls):
    with pytest.raises(ModuleNotFoundError, match=r"^[^.]* write the course's address above"):
        first_cell("")
    assert calls == []


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.label)
def test_a_lesson_imports_what_colab_has_or_the_first_cell_brings(lesson):
    """In Colab's own list of packages of 19 August 2026."""
    has = {"keras", "matplotlib", "numpy", "scikit-learn", "scipy", "threadpoolctl"}
    cells = [cell.source for cell in lesson.read().cells if cell.cell_type == "code"]
    assert set().union(*map(imported, cells)) <= has | {"opentsne"}


def test_a_wheel_installs_and_carries_the_images(tmp_path):
    """What Colab would install: the library without dependencies, and the glyphs in it."""
    pip = [sys.executable, "-m", "pip"]
    subprocess.run(
        [*pip, "wheel", "-q", "--no-deps", "-w", tmp_path, ROOT], check=True, capture_output=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    subprocess.run(
        [*pip, "install", "-q", "--no-deps", "--target", tmp_path / "site", wheel],
        check=True,
        capture_output=True,
    )
    program = (
        "import course_lib, sys\n"
        "from course_lib.data import load_images\n"
        "print(course_lib.__file__, load_images('glyphs', train=7, test=3))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "site"), "PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(tmp_path / "site") in result.stdout
    assert "7 train, 0 valid, 3 test" in result.stdout
