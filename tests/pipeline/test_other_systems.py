"""Without what only POSIX has, and without packages: the course works, or says what it lacks.

Modules and functions are taken from the course alone: psutil and others have ways of their own
on Windows, which are not there to be taken on this system.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

WITHOUT = """
import builtins, os

real = builtins.__import__

def without(name, globals=None, locals=None, fromlist=(), level=0):
    importer = (globals or {}).get("__name__", "")
    if name.split(".")[0] in MODULES and importer.startswith(IMPORTERS):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return real(name, globals, locals, fromlist, level)

builtins.__import__ = without
for name in FUNCTIONS:
    if hasattr(os, name):
        delattr(os, name)
"""
ROOT = Path(__file__).parents[2]
POSIX = ("fcntl", "grp", "posix", "pty", "pwd", "resource", "termios")
FUNCTIONS = ("fork", "getpgid", "getpgrp", "killpg", "sched_getaffinity", "setpgid", "setsid")


@pytest.fixture
def lacking(course):
    """A course whose every process lacks these modules of the importers, and functions of os."""

    def lack(modules, importers=("course_lib",), functions=()):
        taken = {"MODULES": modules, "IMPORTERS": importers, "FUNCTIONS": functions}
        text = "".join(f"{name} = {value!r}\n" for name, value in taken.items()) + WITHOUT
        (course.folder / "site").mkdir()
        (course.folder / "site" / "sitecustomize.py").write_text(text, encoding="utf-8")
        path = [str(course.folder / "site"), course.environment["PYTHONPATH"]]
        course.environment["PYTHONPATH"] = os.pathsep.join(path)
        return course

    return lack


def test_without_posix(lacking):
    # filelock then makes a lock of a file's existence, as it does on no known system.
    course = lacking(POSIX, ("course_lib", "filelock"), FUNCTIONS)
    course.environment["PYTHONWARNINGS"] = "ignore"
    course.write("01_a", course.mark("a"), "import os\nassert not hasattr(os, 'fork')")
    course.write("02_b", "1 / 0")
    code, said = course.course("run", "-j", 2)
    assert code == 1
    assert said.count("a lesson's peak of memory is not measured.") == 1
    assert course.status("01_a")["status"] == "ok"
    assert course.status("01_a")["memory_mb"] is None
    assert course.status("02_b")["status"] == "error"
    for command, end in (("list", 0), ("report", 0), ("check", 1), ("run", 1)):
        code, said = course.course(command)
        assert (code, "Traceback" in said) == (end, False), said
    assert course.marks("a") == 1
    assert course.leftovers() == []


@pytest.mark.parametrize("package", ["click", "nbformat", "rich", "psutil", "filelock", "jinja2"])
@pytest.mark.parametrize("command", ["run", "list", "report", "check"])
def test_a_missing_package_is_one_sentence(lacking, package, command):
    course = lacking((package,))
    course.write("01_a", "1")
    code, said = course.course(command)
    if f"Error: {package}" in said:
        assert code == 1
        assert said == f"Error: {package} is not installed: pip install 'course_lib[notebooks]'.\n"
    assert "Traceback" not in said


@pytest.mark.parametrize("package", ["papermill", "nbclient", "ipykernel"])
def test_what_only_children_need_is_missed_before_they_run(course, monkeypatch, package):
    from course_lib.pipeline import foreground

    real = foreground.importlib.util.find_spec
    monkeypatch.setattr(
        foreground.importlib.util, "find_spec", lambda name: None if name == package else real(name)
    )
    with pytest.raises(ModuleNotFoundError) as caught:
        foreground.run_here([], 1)
    assert caught.value.name == package


def test_every_file_is_opened_as_utf_8():
    rule = ["--preview", "--select", "PLW1514", "--no-cache"]
    command = [sys.executable, "-m", "ruff", "check", *rule, ROOT / "course_lib"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
