"""Intervals, verdicts and tables, from records alone."""

import math
import re

import numpy as np
import pytest
from scipy import stats

from course_lib.lesson import claims

RECORD = {
    "lesson": "a",
    "id": "a-b",
    "text": "It works: error",
    "unit": "%",
    "scale": "lesson",
    "values": [1.0, 2.0, 3.0],
    "relation": "<",
    "threshold": 5.0,
    "against": None,
    "chance": 90,
    "ceiling": 0,
    "published": {"value": 3.0, "source": "Baldi & Hornik <1989>"},
    "kind": "experiment",
    "stored": None,
    "erratum": None,
    "verdict": "holds",
}
STORED = {"values": [1.0, 2.0, 3.0], "date": "2026-11", "command": "make", "versions": "Keras 3"}


@pytest.mark.parametrize("n", [2, 3, 6])
def test_the_interval_is_students(n):
    values = np.random.default_rng(n).normal(3, 2, size=n)
    low, high = claims.interval(list(values))
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (low, high) == pytest.approx(tuple(expected))


def test_the_interval_covers_as_often_as_it_says():
    draws = np.random.default_rng(0).normal(1, 1, size=(4_000, 3))
    covered = np.mean([low < 1 < high for low, high in map(claims.interval, draws.tolist())])
    assert covered == pytest.approx(0.95, abs=3 * math.sqrt(0.95 * 0.05 / 4_000))


def test_one_seed_has_no_interval():
    assert claims.interval([1.0]) is None


# The interval of 1, 2, 3 is [-0.484, 4.484].
VERDICTS = [
    ("<", 4.49, "holds"),
    ("<", 4.48, "undecided"),
    ("<", -0.48, "undecided"),
    ("<", -0.49, "refuted"),
    ("≤", 4.49, "holds"),
    ("≤", -0.49, "refuted"),
    (">", -0.49, "holds"),
    (">", -0.48, "undecided"),
    (">", 4.49, "refuted"),
    ("≥", -0.49, "holds"),
    ("≥", 4.49, "refuted"),
]


@pytest.mark.parametrize(("relation", "threshold", "expected"), VERDICTS)
def test_the_interval_decides(relation, threshold, expected):
    record = RECORD | {"relation": relation, "threshold": threshold}
    assert claims.verdict(record) == expected


@pytest.mark.parametrize(("relation", "holds"), [("<", False), ("≤", True), ("≥", True)])
def test_seeds_that_agree_are_a_point(relation, holds):
    record = RECORD | {"values": [2.0, 2.0, 2.0], "threshold": 2.0, "relation": relation}
    assert claims.verdict(record) == ("holds" if holds else "refuted")


def test_what_is_not_judged():
    assert claims.verdict(RECORD | {"values": [1.0]}) == "not judged"
    assert claims.verdict(RECORD | {"scale": "smoke"}) == "not judged"
    assert claims.verdict(RECORD | {"scale": "smoke", "stored": STORED}) == "not judged"
    assert claims.verdict(RECORD | {"scale": "paper"}) == "holds"


@pytest.mark.parametrize(
    ("value", "relation", "threshold", "expected"),
    [
        (0.9, "<", 1, "holds"),
        (1, "<", 1, "refuted"),
        (1, "≤", 1, "holds"),
        (1.1, "≤", 1, "refuted"),
        (1.1, ">", 1, "holds"),
        (1, ">", 1, "refuted"),
        (1, "≥", 1, "holds"),
        (0.9, "≥", 1, "refuted"),
        (3, "=", 3, "holds"),
        (2, "=", 3, "refuted"),
    ],
)
@pytest.mark.parametrize("scale", ["smoke", "lesson"])
def test_an_identity_is_a_comparison_at_every_scale(value, relation, threshold, expected, scale):
    changed = {"values": [value], "relation": relation, "threshold": threshold, "scale": scale}
    assert claims.verdict(RECORD | changed | {"kind": "identity"}) == expected


def test_stored_seeds_decide_where_the_run_has_one():
    one = RECORD | {"values": [2.5], "stored": STORED}
    assert claims.verdict(one) == "holds"
    assert claims.verdict(one | {"threshold": -1}) == "refuted"
    several = one | {"values": [9.0, 9.1, 9.2]}
    assert claims.verdict(several) == "refuted"
    assert "outside" not in claims.cells(one)["interval"]
    assert "stored 2026-11" in claims.cells(one)["interval"]
    # 1, 2, 3: a fourth draw lies in 2 ± 4.303 · √(1 + 1/3) with a probability of 95 %.
    assert "outside" not in claims.cells(one | {"values": [6.9]})["interval"]
    assert "ours is outside" in claims.cells(one | {"values": [7.0]})["interval"]


def test_the_cells_of_a_row():
    assert claims.cells(RECORD) == {
        "claim": "It works: error",
        "value": "2 %",
        "interval": "-0.4841 … 4.484",
        "expected": "< 5 %",
        "chance": "90 %",
        "ceiling": "0 %",
        "published": "3 % (Baldi & Hornik <1989>)",
        "verdict": "✓ holds",
    }
    bare = {"unit": "", "values": [2.0], "chance": None, "ceiling": None, "published": None}
    cells = claims.cells(RECORD | bare | {"against": "PCA's", "erratum": "it is not so"})
    assert cells["claim"] == "It works: error (erratum: it is not so)"
    assert cells["expected"] == "< 5 (PCA's)"
    assert [cells[name] for name in ("interval", "chance", "ceiling", "published")] == ["–"] * 4


def test_numbers_have_at_most_four_digits():
    text = claims.sentence(RECORD | {"values": [np.pi, np.e, 1 / 3], "unit": ""})
    for number in re.findall(r"[\d.]+", text.split(":")[1]):
        assert len(number.replace(".", "").lstrip("0")) <= 4, text


def test_the_table_is_escaped_and_its_numbers_do_not_wrap():
    html = claims.table([RECORD])
    assert "<1989>" not in html
    assert "&lt;1989&gt;" in html
    for name in ("value", "expected", "verdict"):
        text = claims.cells(RECORD)[name].replace("<", "&lt;")
        assert f"white-space: nowrap'>{text}</td>" in html
    assert "nowrap'>It works" not in html
    low, high = claims.cells(RECORD)["interval"].split(" … ")
    assert f">{low}\xa0…\xa0{high}</td>" in html
    assert "min-width: 18em'>It works" in html


def test_the_table_is_the_same_whatever_the_clock_said():
    timed = RECORD | {"clock": True, "values": [2.5], "stored": STORED}
    assert claims.table([timed]) == claims.table([timed | {"values": [7.0]}])
    assert "7" in claims.sentence(timed | {"values": [7.0]})
    assert claims.table([timed]) != claims.table([timed | {"clock": False}])
    assert claims.summary([timed]) == claims.summary([timed | {"values": [7.0]}])
    assert claims.summary([timed | {"clock": False}]) == claims.sentence(timed)
