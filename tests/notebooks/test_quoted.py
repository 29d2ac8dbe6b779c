"""What lessons quote of the stored results stands in the file that they name."""

import json
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"([a-z_]+\.json)")
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")
LESSONS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))


def quoting():
    for path in LESSONS:
        for cell in nbformat.read(path, 4).cells:
            if cell.cell_type == "markdown" and "With more time" in cell.source:
                for name in sorted(set(NAMED.findall(cell.source))):
                    yield pytest.param(cell.source, name, id=f"{path.stem}: {name}")


def numbers(value):
    """All numbers of a JSON document, those in its words among them."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [x for part in value for x in numbers(part)]
    return [float(x.replace(",", "")) for x in NUMBER.findall(str(value))]


@pytest.mark.parametrize(("text", "name"), quoting())
def test_figures_of_the_file_are_quoted_as_they_stand(text, name):
    stored = numbers(json.loads((ROOT / "tests/benchmarks/results" / name).read_text("utf-8")))
    said = text.partition("## Your turn")[0]
    rounded = [
        number
        for number in NUMBER.findall(said)
        if len(number) > 1 and f"{number} epochs" not in said
        if any(f"{x:.{len(number.partition('.')[2])}f}" == number for x in stored)
    ]
    assert rounded, f"no figure of {name} stands in the lesson"
