"""Binder, the dev container and uv install what the project asks for, on a Python that it knows."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCK = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))
PYTHONS = {line.split(" :: ")[-1] for line in PROJECT["classifiers"] if "Python :: 3." in line}


def lines(path):
    text = (ROOT / path).read_text("utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_binder_installs_what_a_learner_installs():
    assert lines(".binder/requirements.txt") == lines("requirements.txt")
    (python,) = lines(".binder/runtime.txt")
    assert python.removeprefix("python-") in PYTHONS


def test_the_dev_container_calls_the_makefile_that_is_there():
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text("utf-8"))
    image, python = container["image"].split(":")
    assert image == "mcr.microsoft.com/devcontainers/python"
    assert python in PYTHONS
    make, target = container["postCreateCommand"].split()
    assert make == "make"
    assert re.search(rf"^{re.escape(target)}:", (ROOT / "Makefile").read_text("utf-8"), re.M)
    editor = container["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
    assert editor == "${containerWorkspaceFolder}/" + Path(target).parent.as_posix() + "/bin/python"


def in_project(extra=None):
    """The requirements of the core, or of an extra with those that it takes in."""
    extras = PROJECT["optional-dependencies"]
    for line in PROJECT["dependencies"] if extra is None else extras[extra]:
        name, inner, floor = re.fullmatch(r"([\w.-]+)(?:\[(.*)\])?(.*)", line).groups()
        if name == "course_lib":
            for other in inner.split(","):
                yield from in_project(other)
        else:
            yield name.lower(), inner, floor


def in_lock():
    """The same of each extra, as uv read it when it wrote the lock."""
    (course,) = (package for package in LOCK["package"] if package["name"] == "course-lib")
    found = {}
    for row in course["metadata"]["requires-dist"]:
        extra = re.fullmatch(r"extra == '(\w+)'", row.get("marker", ""))
        asked = row["name"], ",".join(row.get("extras", [])) or None, row["specifier"]
        found.setdefault(extra and extra[1], set()).add(asked)
    return found


def test_the_lock_is_of_these_dependencies():
    extras = [None, *PROJECT["optional-dependencies"]]
    assert in_lock() == {extra: set(in_project(extra)) for extra in extras}
    assert LOCK["requires-python"] == PROJECT["requires-python"]


def test_the_lock_names_public_addresses_alone():
    text = (ROOT / "uv.lock").read_text("utf-8")
    found = set(re.findall(r"\w+://[^/\"]+/\w+", text))
    assert found == {"https://pypi.org/simple", "https://files.pythonhosted.org/packages"}
    sources = {key for package in LOCK["package"] for key in package["source"]}
    assert sources == {"registry", "editable"}


@pytest.mark.skipif(shutil.which("uv") is None, reason="there is no uv")
def test_uv_says_that_the_lock_is_up_to_date():
    done = subprocess.run(["uv", "lock", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
