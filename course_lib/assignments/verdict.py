"""The verdict on one hand-in: made here, on what came out of the sandbox."""

import importlib
import io
import threading
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.assignments.assignment import Assignment, Check
from course_lib.assignments.cells import parse, same, without_checks
from course_lib.assignments.sandbox import Sandbox
from course_lib.assignments.work import Work
from course_lib.lesson import checks
from course_lib.lesson.draws import seeded
from course_lib.lesson.environment import without_startup_noise
from course_lib.lesson.trials import Trial

_ONE = threading.Lock()  # exercises may use Keras, which is one for all threads
SHOWN = 120  # characters of an argument


@dataclass
class Row:
    """What came of one check, in words that a page can show."""

    id: str
    points: float
    of: float
    state: str
    message: str = ""
    input: str = ""


def judges(assignment: Assignment) -> dict[str, Callable]:
    """The exercises of an assignment: its own, and those of the lessons.

    Raises:
        ValueError: it checks an exercise that nobody has written.
    """
    space: dict[str, Any] = {"__name__": "hidden", "check": lambda id, attempt: None}
    before = dict(checks.EXERCISES)
    with without_startup_noise(), redirect_stdout(io.StringIO()):
        for source in assignment.hidden:
            exec(compile(parse(without_checks(source)), "a hidden check", "exec"), space)
    own = {id: judge for id, judge in checks.EXERCISES.items() if before.get(id) is not judge}
    checks.EXERCISES.update(before)
    return own | {x.id: _packaged(x.id) for x in assignment.checks if x.id not in own}


def _packaged(id):
    name = f"course_lib.lesson.exercises.{id.split('.')[0]}"
    if importlib.util.find_spec(name):
        importlib.import_module(name)
    if id not in checks.EXERCISES:
        raise ValueError(f"there is no exercise {id}")
    return checks.EXERCISES[id]


def grade(
    assignment: Assignment,
    answers: dict[str, str],
    judges: dict[str, Callable],
    sandbox: Sandbox,
    timeout: float,
    alone: bool = True,
) -> list[Row]:
    """The rows of one hand-in.

    Args:
        assignment: `Assignment`.
        answers: dict of a cell's id to the source that was handed in; some may be missing.
        judges: what `judges` found.
        sandbox: where the answers run.
        timeout: seconds for each cell and each question.
        alone: whether no other hand-in is being graded.

    Returns:
        one `Row` a check, in order.

    Raises:
        Killed: nothing came of it, and that may be others' doing.
    """
    by_cell = {answer.cell: answer for answer in assignment.answers}
    rows: dict[str, Row] = {}
    with Work(sandbox, timeout, alone) as work:
        for kind, what in assignment.steps:
            if kind == "run":
                work.prepare(what)
                continue
            answer, source = by_cell[what], answers.get(what)
            attempted = source is not None and not same(source, answer.stub)
            if attempted:
                work.answer(source, answer.cell, [check.function for check in answer.checks])
            for check in answer.checks:
                if attempted:
                    row = check_one(work, check, judges[check.id], assignment.seed)
                elif source is None:
                    row = _row(check, "missing", "the answer's cell is not there")
                else:
                    row = _row(check, "not attempted")
                rows[check.id] = row
    return [rows[check.id] for check in assignment.checks]


def check_one(work: Work, check: Check, judge: Callable, seed: int) -> Row:
    """What comes of one check of an answer that is at work."""
    asked_last: list = []

    def answer(asked):
        asked_last[:] = [asked]
        _ONE.release()
        try:
            return work.ask(check.function, asked)
        finally:
            _ONE.acquire()

    try:
        with _ONE, seeded(seed):
            result = checks.judged(check.id, judge, answer)
    except RuntimeError as broken:  # the exercise's own mistake, on what nobody expected
        return _row(check, "check broke", str(broken), asked_last)
    return _row(check, result.state, result.message, asked_last)


def _row(check, state, message="", asked=()):
    points = check.points if state == "right" else 0.0
    shown = _shown(asked[0]) if asked and state not in ("right", "not attempted") else ""
    return Row(check.id, points, check.points, state, message, shown)


def _shown(asked):
    """The arguments, a line each, arrays with their shapes."""
    given = asked.arguments if isinstance(asked, Trial) else asked
    with np.printoptions(precision=4, threshold=6, edgeitems=2):
        lines = [_line(one) for one in given]
    return "\n".join(lines) or "no input"


def _line(argument):
    words = "a function" if callable(argument) else " ".join(str(argument).split())
    shape = f" of shape {argument.shape}" if getattr(argument, "shape", ()) else ""
    return (words if len(words) <= SHOWN else words[: SHOWN - 1] + "…") + shape
