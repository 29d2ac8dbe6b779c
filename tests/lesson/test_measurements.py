"""What a lesson's `measure` and `results` show, keep and refuse."""

import ast
import json
import textwrap
import tomllib
from importlib import resources
from pathlib import Path

import nbformat
import numpy as np
import pytest

from course_lib.lesson import catalogue, claims, measurements
from course_lib.lesson.measure import Measurements

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
TOML = """
    [mine.holds]
    text = "It works: error"
    unit = "%"
    relation = "<"
    threshold = 5
    chance = 90

    [mine.beats]
    text = "It beats the rival: error"
    relation = "<"
    against = "the rival's"

    [mine.same]
    text = "Two are one: difference"
    kind = "identity"
    relation = "≤"
    threshold = 1e-5

    [other.elsewhere]
    text = "Something else"
    relation = ">"
    threshold = 0
"""


@pytest.fixture
def beside(tmp_path, monkeypatch):
    """A function that writes `claims.toml` beside the notebooks."""
    monkeypatch.setenv("COURSE_NOTEBOOKS", str(tmp_path))
    monkeypatch.delenv("COURSE_RUN", raising=False)

    def write(text):
        (tmp_path / "claims.toml").write_text(textwrap.dedent(text), encoding="utf-8")

    write(TOML)
    return write


@pytest.fixture
def shown(monkeypatch):
    found = []
    monkeypatch.setattr("course_lib.lesson.measure._display", found.append)
    return found


def test_one_line_measures(beside, shown):
    measure, results = measurements("mine", "lesson")
    measure("holds", [1, 2, 3])
    measure("beats", np.array([7.0, 7.1, 7.2], "float32"), against=np.float32(6), ceiling=0)
    measure("same", np.float64(3e-7))
    results()
    record = shown[0].bundle[claims.MIME]
    assert json.loads(json.dumps(record)) == record
    assert record == {
        "lesson": "mine",
        "id": "holds",
        "scale": "lesson",
        "text": "It works: error",
        "unit": "%",
        "values": [1.0, 2.0, 3.0],
        "relation": "<",
        "threshold": 5,
        "against": None,
        "chance": 90,
        "ceiling": None,
        "published": None,
        "erratum": None,
        "kind": "experiment",
        "clock": False,
        "needs": None,
        "stored": None,
        "verdict": "holds",
    }
    assert shown[1].bundle[claims.MIME]["verdict"] == "refuted"
    assert shown[1].bundle[claims.MIME]["threshold"] == 6.0
    assert shown[1].bundle[claims.MIME]["ceiling"] == 0.0
    assert claims.MIME not in shown[3].bundle
    assert str(shown[3]) == (
        "✓ holds  holds: 2 % [-0.4841 … 4.484], expected < 5 %\n"
        "✗ refuted  beats: 7.1 [6.852 … 7.348], expected < 6 (the rival's)\n"
        "✓ holds (identity)  same: 3e-07, expected ≤ 1e-05\n"
        "1 holds, 1 refuted, 0 undecided, 0 not judged; identities: 1 of 1 holds"
    )
    assert "white-space: nowrap" in shown[3].bundle["text/html"]


def test_what_the_record_says_is_what_its_numbers_say(beside, shown):
    measure, _ = measurements("mine", "lesson")
    for values in ([1, 2, 3], [4, 5, 6], [7, 8, 9], 4):
        measure("holds", values)
    records = [output.bundle[claims.MIME] for output in shown]
    verdicts = [record["verdict"] for record in records]
    assert verdicts == ["holds", "undecided", "refuted", "not judged"]
    assert verdicts == [claims.verdict(record) for record in records]


BAD = {
    "unknown": (("nonsense", 1), {}, r"id must be a claim of mine \(holds, beats, same\), but is"),
    "elsewhere": (("elsewhere", 1), {}, "but is 'elsewhere', which is one of other"),
    "nan": (("holds", [1, float("nan")]), {}, "values of holds must be a finite number"),
    "infinite": (("holds", float("inf")), {}, "values of holds must be a finite number"),
    "none": (("holds", []), {}, "values of holds must be a finite number"),
    "words": (("holds", "many"), {}, "values of holds must be a finite number"),
    "None": (("holds", None), {}, "values of holds must be a finite number"),
    "ragged": (("holds", [[1], [1, 2]]), {}, "values of holds must be a finite number"),
    "matrix": (("holds", np.ones((2, 2))), {}, "values of holds must be a finite number"),
    "identity": (("same", [0, 0]), {}, "same is an identity: it takes one number, not 2"),
    "no against": (("beats", 1), {}, "beats needs against, a number: the rival's"),
    "against": (("holds", 1), {"against": 3}, "against of holds is 5 in claims.toml, and given"),
    "chance": (("holds", 1), {"chance": 3}, "chance of holds is 90 in claims.toml, and given"),
    "seeds": (("beats", [1, 2]), {"against": [3, 4]}, "pass differences as values"),
    "nan against": (("beats", 1), {"against": float("nan")}, "against of beats must be a finite"),
}


@pytest.mark.parametrize(("arguments", "options", "sentence"), BAD.values(), ids=BAD)
def test_bad_input(beside, shown, arguments, options, sentence):
    measure, _ = measurements("mine", "lesson")
    with pytest.raises(ValueError, match=sentence):
        measure(*arguments, **options)
    assert shown == []


def test_what_was_not_measured_is_said(beside, shown):
    measure, results = measurements("mine", "lesson")
    measure("holds", 1)
    with pytest.raises(ValueError, match="Lesson mine has not measured beats, same"):
        results()


def test_what_needs_data_that_are_not_there_is_left_out_and_said(beside, shown):
    beside(
        "[mine.here]\ntext = 'A'\nrelation = '<'\nthreshold = 3\n\n"
        "[mine.there]\ntext = 'B'\nrelation = '<'\nthreshold = 3\nneeds = 'Faces'\n"
    )
    measure, results = measurements("mine", "lesson")
    measure("here", [1, 2])
    results()
    assert str(shown[-1]).endswith("0 of 0 holds\nnot measured, without Faces: there")
    assert "<p>not measured, without Faces: there</p>" in shown[-1].bundle["text/html"]
    measure("there", [1, 2])
    results()
    assert "not measured" not in str(shown[-1])


def test_a_cell_may_be_run_again_but_not_in_a_run_of_the_course(beside, shown, monkeypatch):
    measure, _ = measurements("mine", "lesson")
    measure("holds", 1)
    measure("holds", 2)
    monkeypatch.setenv("COURSE_RUN", "lesson")
    with pytest.raises(ValueError, match="holds is measured twice"):
        measure("holds", 3)


def test_bad_lesson_and_scale(beside):
    with pytest.raises(
        ValueError, match=r"lesson must be one of claims.toml \(autoencoder, .*mine"
    ):
        measurements("nobody", "lesson")
    with pytest.raises(ValueError, match="scale must be one of smoke, lesson, paper"):
        measurements("mine", "huge")


FAULTS = {
    'relation = "<"\nthreshold = 1': "has no text",
    'text = " "\nrelation = "<"\nthreshold = 1': "has no text",
    'text = "A"\nthreshold = 1': "has no relation",
    'text = "A"\nrelation = "<<"\nthreshold = 1': "must have one of the relations",
    'text = "A"\nrelation = "="\nthreshold = 1': "is an experiment, which is never equal",
    'text = "A"\nrelation = "<"': "must have either a threshold, a number, or against",
    'text = "A"\nrelation = "<"\nthreshold = 1\nagainst = "B"': "must have either a threshold",
    'text = "A"\nrelation = "<"\nthreshold = "1"': "has the threshold '1', which is no finite",
    'text = "A"\nrelation = "<"\nthreshold = nan': "has the threshold nan, which is no finite",
    'text = "A"\nrelation = "<"\nthreshold = true': "has the threshold True",
    'text = "A"\nrelation = "<"\nthreshold = 1\nchance = inf': "has the chance inf",
    'text = "A"\nrelation = "<"\nthreshold = 1\nunit = 3': "must have words for unit",
    'text = "A"\nrelation = "<"\nthreshold = 1\nneeds = 3': "must have words for needs",
    'text = "A"\nrelation = "<"\nthreshold = 1\nkind = "test"': "must be of kind experiment or",
    'text = "A"\nrelation = "<"\nthreshold = 1\nclock = 1': "must have true or false for clock",
    'text = "A: seconds"\nrelation = "<"\nthreshold = 1': "is measured in seconds",
    'text = "A"\nrelation = "<"\nthreshold = 1\npublised = 1': "has the unknown key 'publised'",
    'text = "A"\nrelation = "<"\nthreshold = 1\npublished = 3': "must have published = ",
    'text = "A"\nrelation = "<"\nthreshold = 1\npublished = {value = 1}': "must have published",
    'text = "A"\nrelation = "<"\nthreshold = 1\nstored = [1, 2]': "must have stored = ",
    'text = "A"\nrelation = "<"\nthreshold = 1\nstored = '
    '{values = [1], date = "d", command = "c", versions = "v"}': "must have at least two",
    'text = "A"\nrelation = "<"\nagainst = "B"\nstored = '
    '{values = [1, 2], date = "d", command = "c", versions = "v"}': "has stored values, which only",
}


@pytest.mark.parametrize(("row", "sentence"), FAULTS.items(), ids=FAULTS.values())
def test_a_wrong_row_is_a_sentence_and_only_its_lessons_trouble(beside, row, sentence):
    beside(f"[mine.bad]\n{row}\n\n[other.good]\ntext = 'A'\nrelation = '<'\nthreshold = 1\n")
    with pytest.raises(ValueError, match=f"The claim bad of lesson mine {sentence}"):
        measurements("mine", "lesson")
    measurements("other", "lesson")


def test_a_file_that_is_no_toml(beside):
    beside("[mine\n")
    with pytest.raises(ValueError, match=r"claims\.toml beside the notebooks is no TOML"):
        measurements("mine", "lesson")


def test_own_claims_come_before_the_packages(beside):
    assert "ae-linear-pca" in catalogue.claims_of("autoencoder")
    beside("[autoencoder.mine]\ntext = 'A'\nrelation = '<'\nthreshold = 1\n")
    assert list(catalogue.claims_of("autoencoder")) == ["mine"]


def measured(path):
    """The claims that a lesson's code measures, by `measure` or a function that calls it."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    code = [ast.parse(cell.source) for cell in cells]
    for call in (node for tree in code for node in ast.walk(tree) if isinstance(node, ast.Call)):
        named = getattr(call.func, "id", "") in ("measure", "follows")
        if named and isinstance(call.args[0], ast.Constant):
            yield call.args[0].value


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("[0-9]*.ipynb")), ids=lambda path: path.stem)
def test_each_lesson_measures_each_of_its_claims_once(path):
    assert sorted(measured(path)) == sorted(catalogue.claims_of(path.stem.partition("_")[2]))


def test_every_claim_is_worded_once():
    rows = catalogue.catalogue()
    ids = [id for lesson in rows.values() for id in lesson]
    texts = [row["text"] for lesson in rows.values() for row in lesson.values()]
    assert len(set(ids)) == len(ids)
    assert len(set(texts)) == len(texts)
    assert all(": " in text for text in texts), "a text says the statement, and what is measured"


def test_the_two_functions_are_of_one_run(beside):
    first, second = Measurements("mine", "lesson"), Measurements("mine", "lesson")
    assert first.records is not second.records


def test_what_is_stored_is_of_a_claim_and_complete():
    text = resources.files("course_lib.lesson").joinpath("stored.toml").read_text("utf-8")
    for lesson, rows in tomllib.loads(text).items():
        known = catalogue.claims_of(lesson)
        assert set(rows) <= set(known), lesson
        assert all(known[id]["stored"] == row for id, row in rows.items())
