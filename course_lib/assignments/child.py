"""The process that student code runs in: it is told what to run and to ask, a line each.

    {"run": source, "name": where, "fresh": names}      →  {"raised": sentence, empty if nothing}
    {"ask": data, "function": name, "trial": name}      →  {"answer": data}, {"stub": true},
                                                           {"absent": true}, {"nothing": sentence}

It decides nothing: whatever is done to it, it can only send other data than it would have sent.
A function among the arguments stays outside; a call of it is one more question, the other way.
"""

import contextlib
import linecache
import os
import platform
from typing import Any

from course_lib.assignments.cells import parse
from course_lib.assignments.wire import pack, unpack
from course_lib.lesson import Unexpected, checks
from course_lib.lesson.blame import blamed
from course_lib.lesson.trials import Trial

PROCESSES, ADDRESSES, FILE = 1_000, 24 << 30, 1 << 30  # of one user; bytes of one process, one file


class Line:
    """The line to the grader, out of the way of what student code reads and prints."""

    def __init__(self):
        self.questions, self.answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(2, 1)

    def send(self, message):
        self.answers.write(pack(message).encode() + b"\n")
        self.answers.flush()

    def receive(self):
        line = self.questions.readline()
        if not line:
            os._exit(0)
        return unpack(line, self.outside)

    def outside(self, number):
        """A function of the grader's."""

        def function(*arguments: Any) -> Any:
            given = [one if isinstance(one, str) else checks.as_data(one) for one in arguments]
            self.send({"call": number, "arguments": tuple(given)})
            said = self.receive()
            if "error" in said:
                raise ValueError(said["error"])
            return said["value"]

        return function


def limit() -> None:
    """What this process and its children may take at most, for good."""
    import resource

    for what, most in (
        (resource.RLIMIT_NPROC, PROCESSES),
        (resource.RLIMIT_AS, ADDRESSES),
        (resource.RLIMIT_FSIZE, FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS knows no limit of addresses
            resource.setrlimit(what, (most, most))


def without_keys() -> None:
    """Let go of the keys that the kernel keeps for whoever grades, such as a ticket of Kerberos."""
    import ctypes

    keyctl = {"x86_64": 250, "aarch64": 219}.get(platform.machine())
    if platform.system() == "Linux" and keyctl:
        join_a_new_session = 1
        ctypes.CDLL(None).syscall(keyctl, join_a_new_session, None)


def run(message: dict, space: dict) -> dict:
    """Run a cell; what it is to define is gone before."""
    for fresh in message["fresh"]:
        space.pop(fresh, None)
    source, name = message["run"], f"cell {message['name']}"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    try:
        exec(compile(parse(source), name, "exec"), space)
    except SyntaxError as error:
        return {"raised": f"your code is no Python: {error.msg} in line {error.lineno}"}
    except BaseException as error:
        return {"raised": blamed(None, error)}
    return {"raised": ""}


def ask(message: dict, space: dict) -> dict:
    """Ask the function of a cell that has run."""
    attempt = space.get(message["function"])
    if attempt is None:
        return {"absent": True}
    if not callable(attempt):
        kind = type(attempt).__name__
        return {"nothing": f"your answer must be a function, but is of type {kind}"}
    given = message["ask"]
    asked = Trial(message["trial"], given) if message["trial"] else given
    try:
        return {"answer": checks.answered(attempt, asked)}
    except checks.NotAttempted:
        return {"stub": True}
    except Unexpected as difference:
        return {"nothing": str(difference)}
    except BaseException as error:
        return {"nothing": blamed(attempt, error)}


def main() -> None:
    """Do what the lines say until they end."""
    line = Line()
    without_keys()
    limit()
    # The exercises are not here, and are not asked here.
    import course_lib.lesson as lesson

    lesson.check = lambda id, attempt: checks.Result(id, "not attempted")
    space = {"__name__": "__main__"}
    while True:
        message = line.receive()
        line.send(run(message, space) if "run" in message else ask(message, space))


if __name__ == "__main__":
    main()
