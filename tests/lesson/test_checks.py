"""Every stub does not pass, every solution does, and typical wrong answers fail."""

import pytest

from course_lib.lesson.checks import MIME, check
from tests.lesson.answers import RIGHT, WRONG


def stub(*arguments):
    """An exercise as the learner finds it."""
    ...


@pytest.mark.parametrize("id", RIGHT)
def test_a_stub_is_not_attempted(id):
    assert check(id, stub).state == "not attempted"
    assert check(id, ...).state == "not attempted"


@pytest.mark.parametrize("id", RIGHT)
def test_a_right_answer_passes(id):
    result = check(id, RIGHT[id])
    assert result.state == "right", result


@pytest.mark.parametrize(("id", "attempt"), WRONG.values(), ids=WRONG)
def test_a_wrong_answer_does_not_pass(id, attempt):
    result = check(id, attempt)
    assert result.state == "not yet"
    assert result.message


def test_the_message_shows_both_values():
    result = check("01.3", lambda widths: 7)
    assert str(result) == "✗ not yet: the parameters of [784, 30]: your value 7, expected 4.785e+04"


def test_an_error_in_the_attempt_is_told():
    result = check("01.1", lambda x, x_hat: x.nonsense())
    assert "your code raised AttributeError" in str(result)


def test_the_result_travels_as_json():
    assert check("01.1", stub)._repr_mimebundle_()[MIME] == {
        "id": "01.1",
        "state": "not attempted",
        "message": "",
    }


@pytest.mark.parametrize("id", ["01.99", "77.1", "nonsense", ""])
def test_unknown_exercise(id):
    with pytest.raises(ValueError, match="id must be an exercise"):
        check(id, stub)
