"""What README, CONTRIBUTING, CHANGELOG and CITATION say is there."""

import re
from pathlib import Path

import pytest
import yaml

import course_lib
from course_lib.pipeline.cli import main

ROOT = Path(__file__).parents[1]
PAPERS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAPERS += sorted((ROOT / "docs" / "teaching").glob("*.md"))
each_paper = pytest.mark.parametrize("path", PAPERS, ids=lambda path: path.stem)


@each_paper
def test_every_link_leads_to_a_file(path):
    links = re.findall(r"\]\(([^)#]+)", path.read_text("utf-8"))
    missing = [link for link in links if ":" not in link and not (path.parent / link).exists()]
    assert missing == []


@each_paper
def test_every_command_is_one(path):
    text = path.read_text("utf-8")
    in_code = re.findall(r"`([^`\n]+)`", text) + re.findall(r"^(\S.*?)(?:\s+#.*)?$", text, re.M)
    commands = [line.split() for line in in_code]
    targets = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    for words in commands:
        if words[0] == "make" and len(words) > 1:
            assert words[1] in targets, words
        if words[0] == "course":
            named = [word for word in words[1:] if word.islower() and word.isalpha()]
            assert not named or set(named) & set(main.commands), words


def test_paths_in_contributing_are_there():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    paths = re.findall(r"`((?:course_lib|tests|notebooks)/[\w./]+)`", text)
    assert len(paths) > 4
    assert [path for path in paths if "NAME" not in path and not (ROOT / path).exists()] == []


def test_the_stored_results_that_a_lesson_names_are_there():
    text = "".join(path.read_text("utf-8") for path in (ROOT / "notebooks").glob("*.ipynb"))
    named = set(re.findall(r"tests/benchmarks/results/[\w./]+", text))
    assert named
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_the_version_is_one():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == course_lib.__version__
    assert f"\n## {course_lib.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
