"""Exercises: a stub, an answer, and a check that can tell one from the other.

A stub's body is `...`, so a lesson with open exercises runs from top to bottom.
`check("autoencoder.1", attempt)` says *not attempted yet*, *not yet* or *right*.

An exercise is a generator. It yields the arguments of one call and is sent what the learner's
function made of a copy of them, as NumPy data; then it works out what was wanted and compares:

    @exercise("mine.1")
    def double():
        for x in (1.0, np.arange(3.0)):
            yours = yield (x,)
            expect("twice x", yours, 2 * x)

So while the learner's function runs, nothing of the exercise is on the stack, the wanted value
does not exist yet, and whatever the function does to its arguments changes nothing here.
Where an answer is no plain function of data, an exercise yields a `trial` instead.
"""

import copy
import dis
import importlib.util
import inspect
from collections.abc import Callable
from dataclasses import asdict, dataclass
from html import escape
from importlib import import_module
from typing import Any

from course_lib.lesson.blame import blamed, line_of
from course_lib.lesson.compare import Unexpected, as_data
from course_lib.lesson.folder import beside
from course_lib.lesson.trials import Trial

MIME = "application/vnd.course-lib.check+json"
MARKS = {"not attempted": "○ not attempted yet", "not yet": "✗ not yet", "right": "✓ right"}
EXERCISES: dict[str, Callable] = {}


class NotAttempted(Exception):
    """The stub is still a stub."""


@dataclass(frozen=True)
class Result:
    """What a check found; in a notebook it shows as one line."""

    id: str
    state: str
    message: str = ""

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {
            MIME: asdict(self),
            "text/html": f"<p>{escape(str(self))}</p>",
            "text/plain": str(self),
        }

    def __str__(self):
        return f"{MARKS[self.state]}" + (f": {self.message}" if self.message else "")


def exercise(id: str) -> Callable:
    """Register a generator that judges the answers to one exercise.

    Args:
        id: lesson and number, such as `"autoencoder.1"`.

    Returns:
        a decorator.

    Raises:
        TypeError: the decorated function does not yield.
    """

    def register(function):
        if not inspect.isgeneratorfunction(function):
            raise TypeError(
                f"exercise {id!r} must yield the arguments to call an answer with, and "
                f"{function.__name__} yields nothing."
            )
        EXERCISES[id] = function
        return function

    return register


def check(id: str, attempt: Any) -> Result:
    """Check an attempt at an exercise.

    Args:
        id: lesson and number, such as `"autoencoder.1"`.
        attempt: the function that the exercise asks for.

    Returns:
        a `Result` whose state is `"not attempted"`, `"not yet"` or `"right"`.

    Raises:
        ValueError: unknown exercise.
        KeyboardInterrupt: the attempt was interrupted; the message says where.
    """
    judge = _find(id)
    if attempt is ... or attempt is None:
        return Result(id, "not attempted")
    if not callable(attempt):
        kind = type(attempt).__name__
        return Result(id, "not yet", f"your answer must be a function, but is of type {kind}")
    try:
        return judged(id, judge, lambda asked: answered(attempt, asked))
    except KeyboardInterrupt as stop:
        where = line_of(attempt, stop)
        sentence = f"your answer was stopped{where and f' in {where}'}"
        raise _sentence_alone(KeyboardInterrupt(sentence)) from None


def judged(id: str, judge: Callable, answer: Callable) -> Result:
    """What an exercise says of answers, wherever they are made.

    Args:
        id: of the exercise.
        judge: its generator function.
        answer: makes of what is asked, arguments or a `Trial`, an answer as data.

    Returns:
        a `Result`.

    Raises:
        RuntimeError: the exercise itself is broken.
    """
    asking = judge()
    try:
        asked = next(asking)
        while True:
            asked = asking.send(answer(asked))
    except StopIteration:
        return Result(id, "right")
    except NotAttempted:
        return Result(id, "not attempted")
    except Unexpected as difference:
        return Result(id, "not yet", str(difference))
    except Exception as error:
        # The exercise's own mistake. Its traceback would show the answer.
        sentence = f"The check of {id} broke: {type(error).__name__}: {error}."
        raise _sentence_alone(RuntimeError(sentence)) from None
    finally:
        asking.close()


def _find(id):
    name = str(id).split(".")[0]
    if name.isidentifier():
        mine, module = beside(f"exercises/{name}.py"), f"course_lib.lesson.exercises.{name}"
        if mine:
            spec = importlib.util.spec_from_file_location(f"exercises_of_{name}", mine)
            spec.loader.exec_module(importlib.util.module_from_spec(spec))
        elif importlib.util.find_spec(module):
            import_module(module)
    if id not in EXERCISES:
        known = ", ".join(sorted(x for x in EXERCISES if x.split(".")[0] == name)) or "none"
        sentence = f"id must be an exercise of this lesson ({known}), but is {id!r}."
        raise _sentence_alone(ValueError(sentence))
    return EXERCISES[id]


def _sentence_alone(error):
    """An exception that a page shows without its traceback, which would be the checker's."""
    error._render_traceback_ = lambda: [f"{type(error).__name__}: {error}"]
    return error


def answered(attempt: Callable, asked: Any) -> Any:
    """What the attempt makes of copies of these arguments, or a trial of the attempt, as data."""
    try:
        value = asked(attempt) if isinstance(asked, Trial) else attempt(*copy.deepcopy(asked))
    except (Unexpected, NotAttempted):
        raise
    except (Exception, SystemExit) as error:
        raise Unexpected(blamed(attempt, error)) from None
    if value is ... or value is None:
        if value is ... or _is_stub(attempt):
            raise NotAttempted
        raise Unexpected("your function returned nothing: it must end with return")
    return as_data(value)


def _is_stub(function):
    """Whether a function does nothing but return a constant."""
    if not hasattr(function, "__code__"):
        return False
    does = {instruction.opname for instruction in dis.get_instructions(function)}
    return does <= {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"}
