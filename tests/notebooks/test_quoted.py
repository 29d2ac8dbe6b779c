"""What lessons quote "with more time" stands in the stored results that they name."""

import json
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"([a-z_]+\.json)")
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")
YEAR = re.compile(r"(19|20)\d\d")
LESSONS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
# What is not ours: figures, sizes and times of others' papers, numbers of sections and exercises.
OTHERS = {
    "03_stacked": ["3.11"],
    "08_latents": ["99.23", "61.58"],
    "10_predictive_sparse_decomposition": ["100", "10.4"],
    "11_sequences": ["5,000", "3"],
    "12_pixels": ["79.20"],
    "13_seeing_codes": ["60,000", "9.90"],
    "15_anomalies": ["400,000"],
}
# What lessons divide or subtract: see the last test.
DERIVED = {"10_predictive_sparse_decomposition": ["400", "870"], "12_pixels": ["4.5"]}


def said(path):
    """The paragraph of a lesson that says what more time has brought."""
    cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "markdown"]
    (cell,) = [cell.source for cell in cells if "**With more time.**" in cell.source]
    return cell.partition("**With more time.**")[2].partition("\n\n")[0]


def results(text):
    """Of each file that a text names, its document."""
    names = sorted(set(NAMED.findall(text)))
    return [
        json.loads((ROOT / "tests/benchmarks/results" / name).read_text("utf-8")) for name in names
    ]


def numbers(value):
    """All numbers of a JSON document but curves and versions, those in its words among them."""
    if isinstance(value, dict):
        value = [v for key, v in value.items() if key not in ("curve", "machine", "versions")]
    if isinstance(value, list):
        return [x for part in value for x in numbers(part)]
    return [float(x.replace(",", "")) for x in NUMBER.findall(str(value))]


def strangers(text, stored):
    """Numbers of a text that are, rounded as they stand there, none of those stored."""
    found = []
    for match in NUMBER.finditer(text):
        number = match[0].rstrip(",")
        digits = len(number.partition(".")[2])
        share = 100 if text[match.end() :].lstrip(" ").startswith("%") else 1
        value = float(number.replace(",", ""))
        off = [abs(x * unit - value) for x in stored for unit in {1, share}]
        if min(off, default=1) > 0.5001 * 10**-digits and not YEAR.fullmatch(number):
            found.append(number)
    return found


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_what_is_quoted_stands_in_the_files_that_are_named(path):
    text = said(path)
    stored = [x for result in results(text) for x in numbers(result)]
    allowed = OTHERS.get(path.stem, []) + DERIVED.get(path.stem, [])
    assert sorted(strangers(text, stored)) == sorted(allowed)


QUOTING = [path for path in LESSONS if NAMED.search(said(path))]


# Retrieval's are too many to quote: its sentence compares them.
@pytest.mark.parametrize(
    "path", [p for p in QUOTING if "retrieval" not in p.stem], ids=lambda path: path.stem
)
def test_something_is_quoted_of_each_file_that_is_named(path):
    text = said(path)
    files = [numbers(result["rows"]) for result in results(text)]
    for i in range(len(files)):
        others = [x for part in files[:i] + files[i + 1 :] for x in part]
        assert len(strangers(text, others + files[i])) < len(strangers(text, others))


def test_a_number_that_is_another_is_found():
    stored = numbers({"rows": [{"a": "1.40 ± 0.02", "b": 26.5, "c": 0.167, "curve": [[7.5]]}]})
    assert strangers("1.40, 1.4, 0.02, 26.5, 27 and 26; 17 %, by 2006", stored) == []
    wrong = ["1.41", "1.5", "28", "7.5", "18"]
    assert strangers("1.41 of 1.5, 28, 7.5, 18 %", stored) == wrong


def test_quotients_and_differences_are_those_of_the_files():
    coding, pixels = results("coding.json, paper_pixels.json")

    def times(patches, atoms, rival):
        rate = {
            row["method"]: row["codes a second"]
            for row in coding["rows"]
            if (row["patches"], row["atoms"]) == (patches, atoms)
        }
        return rate["PSD encoder"] / rate[f"sparse_encode, {rival}, 1 core"]

    assert times("contrast", 256, "lasso_lars") == pytest.approx(400, rel=0.02)
    assert times("whiten", 1_024, "lasso_lars") == pytest.approx(870, rel=0.01)
    nats = {row["model"]: row["nats"] for row in pixels["rows"]}
    row_lstm = nats["Row LSTM, 32 units"]
    assert nats["MADE, 8,000 units"] - row_lstm == pytest.approx(4.5, abs=0.05)
