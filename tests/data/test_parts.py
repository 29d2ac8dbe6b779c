"""Parts are drawn as they always were: who is in which part must not change with the course."""

import numpy as np
import pytest

from course_lib.data import load_images
from course_lib.data.parts import draw_parts

FIRST = {"train": [1, 3, 5, 6, 7], "valid": [8, 14, 54, 59, 79], "test": [2, 20, 22, 24, 30]}


def test_the_draw_is_the_one_that_published_lessons_used():
    """First rows of each part, as they were before images, series and texts shared a function."""
    rows = draw_parts(1000, 100, 300, 50, 20, 3, "dots")
    draw = np.random.default_rng(3)
    order, order_test = draw.permutation(1000), draw.permutation(100)
    assert rows["train"].tolist() == sorted(order[:950][:300])
    assert rows["valid"].tolist() == sorted(order[950:])
    assert rows["test"].tolist() == sorted(order_test[:20])
    assert rows["train"][:5].tolist() == FIRST["train"]
    assert rows["valid"][:5].tolist() == FIRST["valid"]
    assert rows["test"][:5].tolist() == FIRST["test"]


def test_images_are_those_rows():
    whole, part = load_images("digits"), load_images("digits", 100, 30, 20, seed=3)
    rows = draw_parts(1437, 360, 100, 30, 20, 3, "images of digits")
    np.testing.assert_array_equal(part.x_train, whole.x_train[rows["train"]])
    np.testing.assert_array_equal(part.y_valid, whole.y_train[rows["valid"]])
    np.testing.assert_array_equal(part.x_test, whole.x_test[rows["test"]])


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ((8, 2, None), r"train \+ valid must be at most 9, the training dots, but is 8 \+ 2\."),
        ((1, 0, 5), r"test must be at most 4, the test dots, but is 5\."),
    ],
)
def test_too_many(counts, sentence):
    with pytest.raises(ValueError, match=sentence):
        draw_parts(9, 4, *counts, 0, "dots")
