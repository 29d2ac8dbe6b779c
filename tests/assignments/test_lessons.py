"""Every exercise of every lesson, assigned and graded: 0 for stubs, all for solutions.

Answers of `tests/lesson/answers` are graded on inputs that they were not written for.
"""

import importlib
from pathlib import Path

import pytest

from course_lib.assignments import sandbox as sandboxes
from course_lib.assignments.assign import made_of, parts_of
from course_lib.assignments.verdict import check_one, grade, judges
from course_lib.assignments.work import Work
from tests.assignments.test_making import LESSONS, find
from tests.lesson.answers import SLOW

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
def test_stubs_get_nothing_solutions_everything_and_wrong_answers_less(name, with_tests, tmp_path):
    assignment = made_of(parts_of([name], find), tmp_path, seed=7)
    found, seed = judges(assignment), assignment.seed
    stubs = {answer.cell: answer.stub for answer in assignment.answers}
    rows = grade(assignment, stubs, found, with_tests, SECONDS)
    assert [row.points for row in rows] == [0] * len(assignment.checks)
    wrong = importlib.import_module(f"tests.lesson.answers.{name}").WRONG
    with Work(with_tests, SECONDS) as work:
        for kind, source in assignment.steps:
            if kind == "run":
                work.prepare(source)
        for answer in assignment.answers:
            (check,) = answer.checks
            work.answer(answer.solution, answer.cell, [check.function])
            row = check_one(work, check, found[check.id], seed)
            assert row.points == 1, row
        file = f"{sandboxes.LIBRARY}/tests/lesson/answers/{name}.py"
        work.prepare(f"import runpy\nWRONG = runpy.run_path({file!r})['WRONG']")
        by_id = {check.id: check for check in assignment.checks}
        for key, (id, _) in wrong.items():
            if id not in SLOW:  # tests/lesson tries all wrong answers
                check = by_id[id]
                source = f"{check.function} = WRONG[{key!r}][1]"
                work.answer(source, id, [check.function])
                row = check_one(work, check, found[id], seed)
                assert (row.points, row.state) == (0, "not yet"), (key, row)
                assert row.message
