"""What `course new` writes: a lesson that runs as it is, and says `FILL IN` where words are wanted.

`$name`, `$number` and `$next` are put in; of each notebook a cell is (kind, id, tags, source).
"""

LESSON = [
    (
        "markdown",
        "title",
        "",
        """\
# $number · FILL IN: a title

<!-- colab-badge --><!-- /colab-badge -->

![FILL IN: what the cover shows](images/$name.png)

FILL IN: three sentences: the idea, the use it has today, the question of the page.""",
    ),
    ("markdown", "setup", "", "## Set-up"),
    (
        "code",
        "parameters",
        "parameters",
        """\
scale = "lesson"  # or "smoke" (seconds, too little to judge), or "paper" (hours, published widths)
seed = 0
dataset = "auto"  # or "mnist", "fashion_mnist", "glyphs\"""",
    ),
    ("markdown", "text-start", "", "The library, and every size at the three scales."),
    (
        "code",
        "start",
        "setup",
        """\
from course_lib.lesson import check, measurements, sizes, start

start(seed)
measure, results = measurements("$name", scale)
size = sizes(scale, train=(200, 2_000, 20_000), seeds=(2, 3, 3))""",
    ),
    ("markdown", "text-data", "", "The images."),
    (
        "code",
        "data",
        "",
        """\
import numpy as np

from course_lib import plots
from course_lib.data import load_images

data = load_images(dataset, train=size.train, valid=100, test=100, seed=seed)
print(data)""",
    ),
    ("markdown", "idea", "", "## The idea\n\nFILL IN: the idea, and a drawing of it."),
    (
        "code",
        "cover",
        "cover",
        """\
plots.image_grid(data.x_test[:20], caption="FILL IN: what to see in the picture.")""",
    ),
    (
        "markdown",
        "experiment",
        "",
        """\
## An experiment that decides

> **Predict first.** FILL IN: a question whose answer is below.""",
    ),
    (
        "code",
        "claim",
        "",
        """\
parts = np.array_split(data.x_train, size.seeds)
brightness = [part.mean() for part in parts]  # FILL IN: one number for each seed
measure("$name-claim", brightness)""",
    ),
    (
        "markdown",
        "claims",
        "",
        """\
<details><summary>Answer</summary>

FILL IN: the answer to the question.

</details>

## What was claimed, and what came out""",
    ),
    ("code", "results", "nbval-check-output", "results()"),
    (
        "markdown",
        "your-turn",
        "",
        """\
## Your turn

Replace each `...`. A cell says *not attempted yet*, *not yet* (with both numbers), or *right*.

**1.** FILL IN: an exercise; as an example, twice $$x$$.""",
    ),
    ("code", "exercise-1", "", 'def double(x): ...\n\n\ncheck("$name.1", double)'),
    (
        "markdown",
        "summary",
        "",
        """\
## Summary

FILL IN: three sentences.
$next
### Where it comes from

* FILL IN: sources, each with a link (arXiv or DOI).""",
    ),
]

SOLUTION = [
    (
        "markdown",
        "title",
        "",
        """\
# Solutions of lesson $number

Each answer, and why it is right. Try the [lesson](../$file.ipynb) first.""",
    ),
    ("code", "parameters", "parameters", 'scale = "lesson"'),
    ("markdown", "text-imports", "", "The check:"),
    ("code", "imports", "setup", "from course_lib.lesson import check"),
    ("markdown", "text-1", "", "**1.** FILL IN: why this is right."),
    ("code", "exercise-1", "", 'def double(x):\n    return 2 * x\n\n\ncheck("$name.1", double)'),
]

CLAIMS = """
[$name.$name-claim]
text = "FILL IN: the statement and, after the colon, what is measured: mean brightness"
relation = ">"
threshold = 0
"""

EXERCISES = '''\
"""What right answers to the exercises of lesson `$name` are."""

from course_lib.lesson import exercise, expect


@exercise("$name.1")
def double():
    """FILL IN: what is asked for; as an example, twice x."""
    for x in (1.0, -2.5):
        yours = yield (x,)
        expect("twice x", yours, 2 * x)
'''

ANSWERS = '''\
"""Right and typical wrong answers to the exercises of lesson `$name`."""

RIGHT = {
    "$name.1": lambda x: 2 * x,  # FILL IN: the right answer to each exercise
}

WRONG = {
    "the square": ("$name.1", lambda x: x**2),  # FILL IN: typical wrong answers
}
'''

# In a folder of one's own this makes tests of the answers; the course has its own.
TESTS = '''\
"""Every right answer passes, and typical wrong ones do not: `pytest` here."""

import importlib.util
from pathlib import Path

import pytest

from course_lib.lesson import check

HERE = Path(__file__).parent
RIGHT, WRONG = [], []
for path in sorted((HERE / "answers").glob("*.py")):
    spec = importlib.util.spec_from_file_location(f"answers_{path.stem}", path)
    answers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(answers)
    RIGHT += answers.RIGHT.items()
    WRONG += answers.WRONG.values()


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.setenv("COURSE_NOTEBOOKS", str(HERE))


@pytest.mark.parametrize(("id", "answer"), RIGHT)
def test_a_right_answer_passes(id, answer):
    assert check(id, answer).state == "right"


@pytest.mark.parametrize(("id", "answer"), WRONG)
def test_a_wrong_answer_does_not(id, answer):
    assert check(id, answer).state == "not yet"
'''
