"""Every stub does not pass, every right answer does, and typical wrong answers fail."""

import itertools

import numpy as np
import pytest

from course_lib.lesson.checks import MIME, check


def stub(*arguments):
    """An exercise as the learner finds it."""
    ...


def whiten(codes):
    centred = codes - codes.mean(0)
    values, vectors = np.linalg.eigh(centred.T @ centred / len(codes))
    return centred @ vectors / np.sqrt(values)


RIGHT = {
    "01.1": lambda x, x_hat: ((x - x_hat) ** 2).sum(axis=1),
    "01.2": lambda x, m, s: (0.5 * ((x - m) / s) ** 2 + np.log(s) + 0.5 * np.log(2 * np.pi)).sum(1),
    "01.3": lambda w: sum(2 * a * b + a + b for a, b in itertools.pairwise(w)),
    "01.4": lambda x, u, m: m + (x - m) @ u @ u.T,
    "01.5": whiten,
}

WRONG = {
    "mean over pixels": ("01.1", lambda x, x_hat: ((x - x_hat) ** 2).mean(axis=1)),
    "sum over everything": ("01.1", lambda x, x_hat: ((x - x_hat) ** 2).sum()),
    "root of it": ("01.1", lambda x, x_hat: np.linalg.norm(x - x_hat, axis=1)),
    "no log sigma": ("01.2", lambda x, m, s: (0.5 * ((x - m) / s) ** 2).sum(1)),
    "sigma not squared": (
        "01.2",
        lambda x, m, s: (0.5 * (x - m) ** 2 / s + np.log(s) + 0.5 * np.log(2 * np.pi)).sum(1),
    ),
    "sign": ("01.2", lambda x, m, s: -RIGHT["01.2"](x, m, s)),
    "no biases": ("01.3", lambda w: sum(2 * a * b for a, b in itertools.pairwise(w))),
    "encoder alone": ("01.3", lambda w: sum(a * b + b for a, b in itertools.pairwise(w))),
    "no mean": ("01.4", lambda x, u, m: x @ u @ u.T),
    "mean not put back": ("01.4", lambda x, u, m: (x - m) @ u @ u.T),
    "transposed": ("01.4", lambda x, u, m: m + (x - m) @ u.T @ u),
    "standardised only": ("01.5", lambda codes: (codes - codes.mean(0)) / codes.std(0)),
    "not centred": ("01.5", lambda codes: whiten(codes) + 1),
    "noise": ("01.5", lambda codes: whiten(np.random.default_rng(0).normal(size=codes.shape))),
}


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
