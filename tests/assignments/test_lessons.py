"""Every exercise of every lesson, assigned and graded: 0 for stubs, all for solutions.

Answers of `tests/lesson/answers` are graded on inputs that they were not written for.
"""

import json
from pathlib import Path

import pytest

from course_lib.assignments import sandbox as sandboxes
from course_lib.assignments.assign import made_of, parts_of
from course_lib.assignments.verdict import check_one, grade, judges
from course_lib.assignments.work import Work
from tests.assignments.test_making import LESSONS, find
from tests.lesson.answers import WRONG

# These train: a wrong answer takes as long as a right one, and tests/lesson tries them all.
TRAINED = {
    "adversarial.3",
    "autoencoder.3",
    "contractive.3",
    "convolutional.3",
    "denoising.3",
    "latents.3",
    "pixels.5",
    "predictive_sparse_decomposition.3",
    "sequences.4",
    "sparse.3",
    "stacked.3",
    "variational.3",
    "zoo.3",
    "zoo.6",
}
SECONDS = 120.0


@pytest.fixture(scope="module")
def with_tests(sandbox):
    """The sandbox, which shows the answers of the tests as well."""
    seen = sandboxes._seen
    tests = Path(__file__).parents[1]
    with pytest.MonkeyPatch.context() as patch:
        more = ((str(tests), f"{sandboxes.LIBRARY}/tests"),)
        patch.setattr(sandboxes, "_seen", lambda: (*seen(), *more))
        yield sandbox


@pytest.mark.parametrize("name", LESSONS)
def test_stubs_get_nothing_and_solutions_everything(name, sandbox, tmp_path):
    assignment = made_of(parts_of([name], find), tmp_path, seed=7)
    found = judges(assignment)
    stubs = {answer.cell: answer.stub for answer in assignment.answers}
    rows = grade(assignment, stubs, found, sandbox, SECONDS)
    assert [row.points for row in rows] == [0] * len(assignment.checks)
    solutions = {answer.cell: answer.solution for answer in assignment.answers}
    rows = grade(assignment, solutions, found, sandbox, SECONDS)
    assert [row.id for row in rows if row.state != "right"] == [], rows


@pytest.mark.parametrize("name", LESSONS)
def test_a_wrong_answer_costs_its_own_points_alone(name, with_tests, tmp_path):
    assignment = made_of(parts_of([name], find), tmp_path, seed=7)
    found = judges(assignment)
    by_id = {check.id: check for check in assignment.checks}
    wrong = {key: id for key, (id, _) in WRONG.items() if id in by_id and id not in TRAINED}
    assert wrong
    with Work(with_tests, SECONDS) as work:
        work.prepare("from tests.lesson.answers import RIGHT, WRONG")
        for key, id in wrong.items():
            for source, points in ((f"RIGHT[{id!r}]", 1), (f"WRONG[{json.dumps(key)}][1]", 0)):
                check = by_id[id]
                work.answer(f"{check.function} = {source}", id, [check.function])
                row = check_one(work, check, found[id], assignment.seed)
                assert row.points == points, (key, row)
                assert row.state == ("right" if points else "not yet"), (key, row)
