"""The answers of one hand-in at work: a new child takes over where student code ended the last."""

from typing import Any

from course_lib.assignments.sandbox import Sandbox
from course_lib.assignments.session import Disturbed, Ended, Killed, Session
from course_lib.lesson import Unexpected, checks
from course_lib.lesson.compare import as_data
from course_lib.lesson.trials import Trial


class Work:
    """The cells of a hand-in, run when they are needed.

    Args:
        sandbox: where they run.
        timeout: seconds for each cell and each question.
        alone: whether nothing else is at work, which could take their time or memory.
    """

    def __init__(self, sandbox: Sandbox, timeout: float, alone: bool = True):
        self.sandbox, self.timeout, self.alone = sandbox, timeout, alone
        self.session: Session | None = None
        # Cells to run, those that have run, and what the last answer's cell said.
        self.waiting: list[dict] = []
        self.done: list[dict] = []
        self.fault = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._end()

    def prepare(self, source: str) -> None:
        """A cell that is to run before the next answer."""
        self.waiting.append({"run": source, "name": "setup", "fresh": []})

    def answer(self, source: str, cell: str, functions: list[str]) -> None:
        """Run the cell of an answer, which defines these functions."""
        self.waiting.append({"run": source, "name": cell, "fresh": functions})
        try:
            self.fault = self._catch_up()
        except Ended as end:
            self.fault = str(end)

    def ask(self, function: str, asked: Any) -> Any:
        """What an answer makes of arguments, or a `Trial` of it, as data.

        Raises:
            Unexpected: nothing, and why.
            NotAttempted: it is a stub.
        """
        trial, given = "", asked
        if isinstance(asked, Trial):
            trial, given = asked.name, asked.arguments
        try:
            self._catch_up()
            said = self._tell({"ask": given, "function": function, "trial": trial})
        except Ended as end:
            self._end()
            raise Unexpected(self.fault or str(end)) from None
        if "answer" in said:
            return as_data(said["answer"])
        if "stub" in said:
            raise checks.NotAttempted
        if "absent" in said:
            missing = f"there is no function {function} in the answer's cell"
            raise Unexpected(self.fault or missing)
        raise Unexpected(str(said.get("nothing", "your code sent no answer"))[:1_000])

    def _catch_up(self):
        """Start a child where there is none, and run in it what has not run.

        Returns what the last cell raised, in a sentence.
        """
        fault = ""
        if self.session is None:
            self.session = Session(self.sandbox, self.timeout)
            self.waiting, self.done = self.done + self.waiting, []
        while self.waiting:
            cell = self.waiting.pop(0)  # one that ends its child is not run again
            try:
                said = self._tell(cell)
            except Ended:
                self._end()
                raise
            self.done.append(cell)
            fault = str(said.get("raised", ""))[:1_000]
        return fault

    def _tell(self, message):
        assert self.session
        try:
            return self.session.tell(message)
        except Disturbed as end:
            if self.alone:
                raise
            raise Killed(str(end)) from None

    def _end(self):
        if self.session is not None:
            self.session.__exit__()
            self.session = None
