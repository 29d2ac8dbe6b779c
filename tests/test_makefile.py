"""The Makefile installs into whatever made the .venv, and in a folder of any name."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")


@pytest.fixture
def clone(tmp_path):
    """A copy with a .venv whose programs only write down how they are called."""
    folder = tmp_path / "a clone of the course"
    for name in ("Makefile", "pyproject.toml", "requirements.txt"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def program(path, body):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def make(clone, target, path):
    log = clone / "log"
    done = subprocess.run(
        ["make", target],
        cwd=clone,
        capture_output=True,
        text=True,
        env={"PATH": f"{path}:/usr/bin:/bin", "LOG": str(log), "HOME": str(clone)},
    )
    return done, log.read_text().splitlines() if log.exists() else []


NO_PIP = 'case "$*" in *"import pip"*) exit 1;; esac; echo python "$@" >> "$LOG"'
PIP = 'case "$*" in *"import pip"*) exit 0;; esac; echo python "$@" >> "$LOG"'
UV = 'echo uv "$@" >> "$LOG"'


def test_a_venv_with_pip_is_filled_by_pip(clone):
    program(clone / ".venv/bin/python", PIP)
    program(clone / "tools/uv", UV)
    done, log = make(clone, ".venv/ready-to-test", clone / "tools")
    assert done.returncode == 0, done.stderr
    assert log == [
        "python -m pip install -q -r requirements.txt",
        "python -m pip install -q -e .[notebooks,tests,cluster,site]",
    ]


def test_a_venv_of_uv_is_filled_by_uv(clone):
    program(clone / ".venv/bin/python", NO_PIP)
    program(clone / "tools/uv", UV)
    done, log = make(clone, ".venv/ready-to-test", clone / "tools")
    assert done.returncode == 0, done.stderr
    assert log == [
        "uv pip install -q --python .venv/bin/python -r requirements.txt",
        "uv pip install -q --python .venv/bin/python -e .[notebooks,tests,cluster,site]",
    ]


def test_the_site_needs_no_lesson_to_run(clone):
    program(clone / ".venv/bin/python", PIP)
    done, log = make(clone, ".venv/ready-for-site", clone / "tools")
    assert done.returncode == 0, done.stderr
    assert log == ["python -m pip install -q -e .[site]"]


def test_an_install_that_fails_is_not_taken_for_done(clone):
    program(clone / ".venv/bin/python", NO_PIP)
    program(clone / "tools/uv", "exit 3")
    done, _ = make(clone, ".venv/ready", clone / "tools")
    assert done.returncode != 0
    assert not (clone / ".venv/ready").exists()


def test_a_python_that_is_too_old_gets_a_sentence(clone):
    program(clone / "tools/python3", 'echo "This course needs Python" >&2; exit 1')
    done, _ = make(clone, ".venv/ready", clone / "tools")
    assert done.returncode != 0
    assert "This course needs Python" in done.stderr
