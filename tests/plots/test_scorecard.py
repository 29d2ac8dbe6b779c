"""The table as a picture, and the drawing of where kinds differ."""

import pytest

from course_lib.plots import family_diagram, scorecard

SCORES = {
    "reference": {"error": 0.5},
    "a": {"error": 2.0, "two\nlines": 30.0},
    "b": {"error": 1.0, "two\nlines": 40.0},
}


def texts(figure):
    return {text.get_text(): text for text in figure.axes[0].texts}


def test_the_best_is_bold_and_dark():
    figure = scorecard(SCORES, digits={"error": 2}, hollow=["reference"])
    shown = texts(figure)
    assert {name for name, text in shown.items() if text.get_weight() == "bold"} == {"1.00", "30.0"}
    shades = figure.axes[0].images[0].get_array()
    assert shades[2, 0] > shades[1, 0]
    assert shades[0, 0] == 0
    assert figure.alt.endswith("Best: error b, two lines a.")


def test_what_is_missing_is_a_dash():
    shown = [text.get_text() for text in scorecard(SCORES).axes[0].texts]
    assert shown == ["0.5", "–", "2.0", "30.0", "1.0", "40.0"]


@pytest.mark.parametrize("scores", [{}, {"a": {}}, {"a": {"error": float("nan")}}])
def test_bad_scores(scores):
    with pytest.raises(ValueError, match="scores"):
        scorecard(scores)


def test_notes_stand_below_their_part():
    figure = family_diagram({"encoder": ["PCA: one matrix"], "code": ["top-k", "VAE"]})
    shown = texts(figure)
    assert shown["PCA: one matrix"].get_position()[0] == shown["encoder $f$"].get_position()[0]
    assert shown["VAE"].get_position()[1] < shown["top-k"].get_position()[1]


@pytest.mark.parametrize("notes", [{}, {"nose": ["a"]}])
def test_bad_notes(notes):
    with pytest.raises(ValueError, match="notes"):
        family_diagram(notes)
