"""Grade many hand-ins: incrementally, several at a time, and safe to interrupt.

    key of a result = hash(assignment, answers, the lessons' exercises, sandbox)

so a hand-in is graded when, and only when, no finished result has its key. A result is written
whole or not at all; whoever dies while grading leaves the others' results as they are. Whoever
ran out of time or was killed is graded once more, alone: what others do costs nobody points.
"""

import hashlib
import importlib.util
import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, wait
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from course_lib.assignments import Refusal
from course_lib.assignments.assignment import Assignment
from course_lib.assignments.handins import HandIn
from course_lib.assignments.reading import answers_of
from course_lib.assignments.sandbox import Sandbox
from course_lib.assignments.session import Killed
from course_lib.assignments.verdict import Row, grade, judges
from course_lib.files import whole

_JUDGES: dict[str, dict[str, Callable]] = {}


def grade_all(
    found: list[HandIn],
    assignment: Assignment,
    out: str | Path,
    pool: Executor,
    sandbox: Sandbox,
    timeout: float,
    show: Callable = lambda result: None,
) -> list[dict]:
    """Grade all hand-ins whose results are not there yet.

    Args:
        found: list of `HandIn`.
        assignment: the one that they answer.
        out: folder of results.
        pool: where they are graded, such as a `ThreadPoolExecutor`.
        sandbox: where student code runs.
        timeout: seconds for each thing that student code is told.
        show: called with each result as it comes.

    Returns:
        one result a hand-in, in order.

    Raises:
        Refusal: somebody else grades in this folder.
    """
    out = Path(out)
    with _alone(out):
        judged(assignment)  # a broken check is told before anything is graded
        results: dict[int, dict] = {}
        running: dict[Any, tuple] = {}
        again: list[tuple] = []

        def finish(what, outcome):
            number, about, path, _ = what
            results[number] = about | outcome
            if results[number]["graded"]:
                with whole(path) as part:
                    part.write_text(json.dumps(results[number], indent=1), "utf-8")
            show(results[number])

        for number, hand_in in enumerate(found):
            answers, notes = answers_of(hand_in, assignment)
            about: dict[str, Any] = {"student": hand_in.student, "id": hand_in.id}
            about |= {"notes": notes, "answers": answers, "sandbox": str(sandbox)}
            about["key"] = _key(assignment, answers, sandbox)
            path = out / "results" / f"{slug(hand_in)}.json"
            if (kept := _kept(path, about["key"])) is not None:
                results[number] = kept | about | {"cached": True}
                show(results[number])
            else:
                future = pool.submit(one, assignment, answers, sandbox, timeout)
                running[future] = (number, about, path, answers)
        try:
            while running:
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    what, outcome = running.pop(future), _outcome(future, assignment)
                    if outcome["graded"]:
                        finish(what, outcome)
                    else:
                        again.append(what)
            for what in again:
                future = pool.submit(one, assignment, what[-1], sandbox, timeout, True)
                running[future] = what
                finish(what, _outcome(future, assignment))
                del running[future]
        finally:
            for future in running:
                future.cancel()
    return [results[number] for number in sorted(results)]


def one(
    assignment: Assignment,
    answers: dict[str, str],
    sandbox: Sandbox,
    timeout: float,
    alone: bool = False,
) -> dict[str, Any]:
    """The rows of one hand-in, its points and how long it took; plain values for a cluster."""
    started = time.monotonic()
    rows = grade(assignment, answers, judged(assignment), sandbox, timeout, alone)
    return _told(rows, assignment) | {"seconds": round(time.monotonic() - started, 2)}


def _told(rows, assignment):
    points = sum(row.points for row in rows)
    told = {"rows": [asdict(row) for row in rows], "points": points, "of": assignment.points}
    return told | {"graded": True, "cached": False}


def _outcome(future, assignment):
    try:
        return future.result()
    except (
        Exception,
        Killed,
    ) as error:  # one hand-in's trouble, whatever it is, is not the others'
        rows = [Row(check.id, 0.0, check.points, "not graded") for check in assignment.checks]
        said = f"it was not graded ({type(error).__name__}: {error}): course grade again"
        return _told(rows, assignment) | {"seconds": 0.0, "graded": False, "notes": [said]}


def judged(assignment: Assignment) -> dict[str, Callable]:
    """The judges of an assignment, made once in each process.

    Raises:
        Refusal: one of them cannot be made.
    """
    if assignment.key not in _JUDGES:
        try:
            _JUDGES[assignment.key] = judges(assignment)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            raise Refusal(f"The checks of {assignment.name} do not work: {said}.") from error
    return _JUDGES[assignment.key]


def slug(hand_in: HandIn) -> str:
    """A file's name for a student: readable, safe and its own."""
    who = f"{hand_in.student}\n{hand_in.id}"
    word = re.sub(r"[^\w-]+", "-", hand_in.student).strip("-")[:40]
    return f"{word or 'student'}-{hashlib.sha256(who.encode()).hexdigest()[:8]}"


def _key(assignment, answers, sandbox):
    parts = [assignment.key, json.dumps(answers, sort_keys=True), str(sandbox)]
    for lesson in sorted({check.id.split(".")[0] for check in assignment.checks}):
        spec = importlib.util.find_spec(f"course_lib.lesson.exercises.{lesson}")
        parts += [Path(spec.origin).read_text("utf-8")] if spec and spec.origin else []
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _kept(path, key):
    try:
        result = json.loads(path.read_text("utf-8"))
        rows = [Row(**row) for row in result["rows"]]
        points = sum(row.points for row in rows)
        return result if result["key"] == key and result["points"] == points else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    out.mkdir(parents=True, exist_ok=True)
    lock = FileLock(out / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise Refusal(f"Somebody is grading in {out}: wait until that is done.") from None
    try:
        yield
    finally:
        lock.release()
