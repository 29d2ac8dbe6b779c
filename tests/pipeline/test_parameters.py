"""Which parameters a lesson has, and what may be given to it."""

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course_lib.pipeline import Refusal
from course_lib.pipeline.parameters import (
    UNKNOWN,
    check_parameters,
    defaults,
    parse_parameters,
    unusual,
)

CELL = """
%matplotlib inline
# What you may change.
scale = "lesson"
seed = 0
rate = 0.5
tied = True
dataset = 'auto'
widths = [1, 2]
shift = -1
free = None
half = seed / 2
!echo hello
"""


def notebook(source=CELL, *tags):
    cell = new_code_cell(source, metadata={"tags": list(tags or ("parameters",))})
    return new_notebook(cells=[new_code_cell("seed = 'text'"), cell])


@pytest.mark.parametrize(
    ("pair", "value"),
    [
        ("a=3", 3),
        ("a=-3", -3),
        ("a=1e-4", 1e-4),
        ("a=3.0", 3.0),
        ("a=True", True),
        ("a=False", False),
        ("a=None", None),
        ("a=true", "true"),
        ("a=null", "null"),
        ("a=[1]", "[1]"),
        ("a=b=c", "b=c"),
        ("a=", ""),
        ("a=σ", "σ"),
    ],
)
def test_read_as_papermill_reads_them(pair, value):
    from papermill.cli import _resolve_type

    found = parse_parameters([pair])["a"]
    assert (type(found), found) == (type(value), value)
    theirs = _resolve_type(pair.partition("=")[2])
    assert (type(found), found) == (type(theirs), theirs)


@pytest.mark.parametrize("pair", ["seed", "=3", "1a=3", "a b=3", "a.b=3", "\udcff=3", ""])
def test_no_name_no_parameter(pair):
    with pytest.raises(Refusal, match=r"^A parameter must be name=value, but"):
        parse_parameters([pair])


def test_no_name_twice():
    with pytest.raises(Refusal, match=r"^Parameter 'seed' was given twice\.$"):
        parse_parameters(["seed=1", "rate=2", "seed=1"])


def test_what_the_cell_sets():
    assert defaults(notebook()) == {
        "scale": "lesson",
        "seed": 0,
        "rate": 0.5,
        "tied": True,
        "dataset": "auto",
        "widths": [1, 2],
        "shift": -1,
        "free": None,
        "half": UNKNOWN,
    }
    assert defaults(notebook("seed: int = 3\nrate, rest = 1, 2\nx.y = 4\nz: int\nn += 1")) == {
        "seed": 3,
        "n": UNKNOWN,
    }
    assert defaults(notebook("a = 1", "setup")) == {}
    with pytest.raises(Refusal, match="has a parameters cell that is no code"):
        defaults(notebook("a = "))


@pytest.mark.parametrize(
    ("tag", "sentence"),
    [
        ("parameters", "has several cells tagged parameters, and papermill takes one"),
        ("injected-parameters", "has a cell tagged injected-parameters, as papermill tags its own"),
    ],
)
def test_a_cell_that_papermill_would_take_for_another(tag, sentence):
    two = notebook()
    two.cells.append(new_code_cell("seed = 3", metadata={"tags": [tag]}))
    with pytest.raises(Refusal, match=sentence):
        defaults(two)


FITS = {"seed": [3], "rate": [0.1, 3], "tied": [False], "dataset": ["glyphs"], "shift": [2]}
FITS |= {"widths": [[3]], "free": [None, 1, "a"], "half": [3, "a"]}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, each in FITS.items() for v in each])
def test_what_fits(name, value):
    check_parameters({name: value}, {"01_a": notebook()})


@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        ("seed=1.5", "'seed' must be a whole number, as in 01_a, but 1.5 is a number."),
        ("seed=True", "'seed' must be a whole number, as in 01_a, but True is True or False."),
        ("seed=None", "'seed' must be a whole number, as in 01_a, but None is None."),
        ("seed=many", "'seed' must be a whole number, as in 01_a, but 'many' is text."),
        ("rate=True", "'rate' must be a number, as in 01_a, but True is True or False."),
        ("rate=NaN", "'rate' must be a JSON value, but nan is not finite."),
        ("rate=-inf", "'rate' must be a JSON value, but -inf is not finite."),
        ("rate=1e999", "'rate' must be a JSON value, but inf is not finite."),
        ("free=NaN", "'free' must be a JSON value, but nan is not finite."),
        ("tied=false", "'tied' must be True or False, as in 01_a, but 'false' is text."),
        ("tied=1", "'tied' must be True or False, as in 01_a, but 1 is a whole number."),
        ("dataset=5", "'dataset' must be text, as in 01_a, but 5 is a whole number."),
        ("dataset=\udcff", r"'dataset' must be a JSON value, but '\udcff' is no text."),
        ("widths=[3]", "'widths' must be a list, as in 01_a, but '[3]' is text."),
        ("sede=1", "No lesson asked for has a parameter 'sede'; there are: dataset, free, "),
        ("scale=smoke", "The scale is chosen by --scale, not as a parameter."),
    ],
)
def test_what_does_not_fit(pair, sentence):
    with pytest.raises(Refusal) as caught:
        check_parameters(parse_parameters([pair]), {"01_a": notebook()})
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.float64(0.1), "is of type float64"),
        (np.int64(1), "is of type int64"),
        ((1, 2), "is of type tuple"),
        (b"a", "is of type bytes"),
        ([1, np.float32(2)], "is of type float32"),
        ({"a": {1, 2}}, "is of type set"),
        ({1: 2}, "1 is a key"),
        ([{"a": [float("nan")]}], "nan is not finite"),
    ],
)
def test_only_json_is_a_parameter(value, words):
    with pytest.raises(Refusal, match=r"^Parameter 'free' must be a JSON value, but .*") as caught:
        check_parameters({"free": value}, {"01_a": notebook()})
    assert words in str(caught.value)


def test_one_name_in_two_lessons_must_fit_both():
    both = {"01_a": notebook(), "02_b": notebook("seed = 'a'")}
    check_parameters({"rate": 1.5}, both)
    with pytest.raises(Refusal, match="must be text, as in 02_b"):
        check_parameters({"seed": 3}, both)


def test_which_of_a_runs_parameters_are_unusual():
    given = {"scale": "smoke", "seed": 5, "rate": 0.5, "tied": True, "half": 0.0}
    assert unusual(given, notebook()) == {"seed": 5, "half": 0.0}
    assert unusual({"seed": False}, notebook()) == {"seed": False}
