import numpy as np
import pytest

from course_lib.lesson import Claims, Published
from course_lib.lesson.claims import MIME, catalogue, verdict


def test_catalogue_holds_every_statement_once():
    claims = catalogue()
    assert len(claims) == 69
    assert all(set(c) == {"lesson", "statement", "erratum"} for c in claims.values())
    assert sum(c["erratum"] for c in claims.values()) == 4
    statements = [c["statement"] for c in claims.values()]
    assert len(set(statements)) == len(statements)


@pytest.mark.parametrize(
    ("value", "relation", "threshold", "expected"),
    [
        (0.9, "<", 1, "holds"),
        (1, "<", 1, "fails"),
        (1, "≤", 1, "holds"),
        (1.1, "≤", 1, "fails"),
        (1.1, ">", 1, "holds"),
        (1, ">", 1, "fails"),
        (1, "≥", 1, "holds"),
        (0.9, "≥", 1, "fails"),
        (3, "=", 3, "holds"),
        (2, "=", 3, "fails"),
    ],
)
def test_the_verdict_is_the_comparison(value, relation, threshold, expected):
    claim = Claims("lesson").record("ae-linear-pca", "angle", value, relation, threshold)
    assert claim.verdict == expected


def test_what_needs_training_is_not_judged_at_smoke_scale():
    claims = Claims("smoke")
    assert claims.record("ae-beats-pca", "error", 1, "<", 2).verdict == "not judged"
    assert claims.record("ae-beats-pca", "error", 3, "<", 2).verdict == "not judged"
    assert claims.record("ae-nll-gaussian", "x", 1, "<", 2, trained=False).verdict == "holds"


def test_a_false_claim_stays_visible():
    claims = Claims("lesson")
    claims.record("ae-features", "codes against pixels", 0.2, "<", 0.1)
    claims.record("ae-features", "codes against PCA", 0.05, "<", 0.1)
    assert claims.verdicts() == {"ae-features": "fails"}
    assert "✗ fails" in str(claims)
    assert "✗ fails" in claims._repr_html_()


def test_verdict_of_several_measurements():
    assert verdict([]) == "not judged"
    assert verdict(["not judged"]) == "not judged"
    assert verdict(["not judged", "holds"]) == "holds"
    assert verdict(["holds", "fails", "not judged"]) == "fails"


def test_the_record_travels_as_plain_json():
    import json

    published = Published(13.87, "Hinton & Salakhutdinov 2006", "read")
    claim = Claims("lesson").record(
        "ae-beats-pca", "error", np.float32(9.5), "<", np.float64(13.9), "a.u.", published=published
    )
    record = json.loads(json.dumps(claim._repr_mimebundle_()[MIME]))
    assert record["value"] == 9.5
    assert record["threshold"] == 13.9
    assert record["verdict"] == "holds"
    assert record["published"] == {
        "value": 13.87,
        "source": "Hinton & Salakhutdinov 2006",
        "status": "read",
    }


def test_html_is_escaped():
    claim = Claims("lesson").record("ae-nll-gaussian", "<script>", 1, "<", 2)
    assert "<script>" not in claim._repr_mimebundle_()["text/html"]


BAD = {
    "id": (("ae-nonsense", "x", 1, "<", 2), "id must be one of the course's claims"),
    "relation": (("ae-overfit", "x", 1, "<<", 2), "relation must be one of"),
    "nan": (("ae-overfit", "x", float("nan"), "<", 2), "must be finite"),
    "threshold": (("ae-overfit", "x", 1, "<", float("inf")), "must be finite"),
}


@pytest.mark.parametrize(("arguments", "sentence"), BAD.values(), ids=BAD)
def test_bad_input(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        Claims("lesson").record(*arguments)


def test_bad_scale_and_status():
    with pytest.raises(ValueError, match="scale must be one of smoke, lesson, paper"):
        Claims("huge")
    with pytest.raises(ValueError, match="status must be read, repro, measured or recalled"):
        Published(1.0, "somebody", "rumour")


def test_a_note_says_why_not():
    record = Claims("lesson").record
    assert record("ae-linear-pca", "angle", 2, "<", 1, note="too short").note == "too short"
    assert record("ae-linear-pca", "angle", 0, "<", 1, note="too short").note == ""
    assert record("ae-linear-pca", "angle", 0, "<", 1, judged=False, note="rough").note == "rough"
