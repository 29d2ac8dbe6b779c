"""How long lessons are, counted on ones whose length is known."""

import dataclasses

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course_lib.pipeline.measures import Measures, breaches, measures, untold

GOOD = Measures(cells=90, code=45, lines=300, words=2_500, figures=6, training=8)


def picture(**metadata):
    return new_output("display_data", {"image/png": "AAAA"}, metadata={"image/png": metadata})


def test_what_is_counted():
    notebook = new_notebook(
        cells=[
            new_markdown_cell(
                "# A title\n\nThree words: [here](https://a.b/c), $x^2 + y$, $$a b$$"
            ),
            new_code_cell("x = 1\n\n# why\nplot(x)", outputs=[picture(), picture(alt="A line.")]),
            new_code_cell("model.fit(x)"),
        ]
    )
    found = measures(notebook)
    assert found == Measures(cells=3, code=2, lines=4, words=5, figures=2, training=3)
    assert found.minutes == 1
    assert Measures(1, 1, lines=200, words=1_500, figures=0, training=None).minutes == 20


@pytest.mark.parametrize(
    ("source", "trains"),
    [
        ("history = model.fit(x, epochs=3)", True),
        ("fit(model, x)", True),
        ("train(model, x, 100);", True),
        ("errors = [fit_one(k) for k in sizes]", True),
        ("for k in sizes:\n    train_all(k)", True),
        ("pca = PCA(3).fit(x)", False),
        ("def fit(model):\n    model.fit(x)", False),
        ("class A:\n    def train(self):\n        self.fit(x)", False),
        ("print(fitted(x), model.training)", False),
        ("this is no code", False),
    ],
)
def test_which_cells_train(source, trains):
    found = measures(new_notebook(cells=[new_code_cell(source)]))
    assert (found.training == 1) == trains


@pytest.mark.parametrize(
    ("change", "phrase"),
    [
        ({"cells": 91}, "it has 91 cells, and at most 90 are wanted"),
        ({"code": 46}, "it has 46 code cells, and at most 45 are wanted"),
        ({"words": 2_501}, "it has 2,501 words, and at most 2,500 are wanted"),
        ({"figures": 13}, "it has 13 figures, and at most 12 are wanted"),
        ({"figures": 5}, "it has 5 figures, and at least 6 are wanted"),
        (
            {"training": 9},
            "it trains first in cell 9 of all, and by cell 8 is wanted",
        ),
        ({"training": None}, "it trains no model"),
    ],
)
def test_limits(change, phrase):
    assert list(breaches(GOOD)) == []
    (found,) = breaches(dataclasses.replace(GOOD, **change))
    assert phrase in found


def test_an_instructors_own_lesson_may_be_small():
    small = Measures(cells=5, code=2, lines=9, words=50, figures=0, training=None)
    assert list(breaches(small, own=True)) == []
    assert len(list(breaches(small))) == 2


@pytest.mark.parametrize("metadata", [{}, {"alt": ""}, {"alt": " "}, {"alt": 3}])
def test_pictures_that_say_nothing(metadata):
    cells = [
        new_code_cell("a", outputs=[picture(alt="A line.")]),
        new_code_cell("b", outputs=[picture(**metadata), picture(**metadata)]),
        new_code_cell("c", outputs=[picture(**metadata)]),
    ]
    assert list(untold(new_notebook(cells=cells))) == [
        "pictures without alt text are in code cells 2–3"
    ]
