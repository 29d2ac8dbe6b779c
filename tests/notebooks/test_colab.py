"""The first cell of a lesson, on a stub of Colab and off it."""

import importlib.util
import subprocess
import sys
import types
from pathlib import Path

import pytest

from course_lib.pipeline.lessons import find_lessons, tags

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
        lines = cell.source.splitlines()
        assert lines[0].startswith("REPOSITORY = ")
        lines[0] = f"REPOSITORY = {address!r}"
        exec("\n".join(lines), {})

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
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", installed]
    assert calls == [command]


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
