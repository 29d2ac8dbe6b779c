"""The workflows are sound, call the targets that a person calls, and cover what is promised."""

import re
import shutil
import subprocess
import sysconfig
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def jobs(path):
    return yaml.safe_load(path.read_text("utf-8"))["jobs"].values()


def steps(path):
    return [step for job in jobs(path) for step in job["steps"]]


@pytest.mark.parametrize(
    "command",
    [
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows"],
        ["zizmor", "--offline", "--no-progress", "--persona=pedantic"],
    ],
    ids=["schema", "linter"],
)
def test_they_are_sound(command):
    program = shutil.which(command[0], path=sysconfig.get_path("scripts"))
    assert program, f"{command[0]} comes with the extra tests, but is not installed"
    done = subprocess.run([program, *command[1:], *map(str, FILES)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_expressions_name_what_there_is():
    for path in FILES:
        for job in jobs(path):
            matrix = job.get("strategy", {}).get("matrix", {})
            asked = set(re.findall(r"matrix\.(\w+)", str(job)))
            assert asked == set(matrix), f"{path.name} uses {asked} of {set(matrix)}"


@each_file
def test_actions_are_pinned_to_a_commit(path):
    for line in path.read_text("utf-8").splitlines():
        if "uses:" in line:
            assert re.search(r"uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


@each_file
def test_they_call_targets_of_the_makefile(path):
    targets = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    called = {
        target
        for step in steps(path)
        for target in re.findall(r"\bmake ([a-z][\w-]*)", step.get("run", ""))
    }
    assert called
    assert called <= targets


@each_file
def test_no_job_runs_for_ever_and_every_python_is_one_of_ours(path):
    ours = {line.split(" :: ")[-1] for line in PROJECT["classifiers"] if "Python :: 3." in line}
    for job in jobs(path):
        assert 0 < job["timeout-minutes"] <= 120
        matrix = job.get("strategy", {}).get("matrix", {})
        assert set(matrix.get("python", [])) <= ours
    if path.stem == "quick":
        assert set(matrix["python"]) == ours
        assert {name.split("-")[0] for name in matrix["os"]} == {"ubuntu", "windows", "macos"}


def test_windows_runs_what_make_quick_runs():
    """There is no make, so the commands stand there a second time."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    recipe = re.search(r"^quick:.*\n\t\$\(BIN\)/(.+)$", makefile, re.M).group(1)
    needs = re.search(r"^TO_TEST := (.+)$", makefile, re.M).group(1)
    quick = steps(ROOT / ".github/workflows/quick.yml")
    windows = [step["run"] for step in quick if step.get("if") == "runner.os == 'Windows'"]
    assert recipe in windows[0]
    assert needs in windows[0]
