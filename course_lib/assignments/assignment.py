"""What an assignment is: the answers it asks for, and what only the teacher has.

DIR/student/NAME.ipynb   for the students
DIR/assignment.json      for the grader: seed, checks, solutions. Keep it to yourself.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from course_lib.assignments import Refusal
from course_lib.files import whole

FILE = "assignment.json"


@dataclass(frozen=True)
class Check:
    """One thing that is checked: an exercise, the function that answers it, and its points."""

    id: str
    function: str
    points: float


@dataclass(frozen=True)
class Answer:
    """The cell of an answer: its id, its stub, its solution, what is checked of it."""

    cell: str
    stub: str
    solution: str
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Assignment:
    """All that grading needs.

    Args:
        name: of the assignment, and of its notebook.
        seed: of what the checks draw.
        steps: what runs in order: `("run", source)` before an answer, `("answer", cell)`.
        answers: list of `Answer`.
        hidden: sources that define the checks the library does not have.
    """

    name: str
    seed: int
    steps: tuple[tuple[str, str], ...]
    answers: tuple[Answer, ...]
    hidden: tuple[str, ...]

    @property
    def checks(self) -> list[Check]:
        return [check for answer in self.answers for check in answer.checks]

    @property
    def points(self) -> float:
        return sum(check.points for check in self.checks)

    @property
    def key(self) -> str:
        """Another one for another assignment."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()

    def save(self, folder: str | Path) -> None:
        """Write it to `assignment.json`."""
        with whole(Path(folder) / FILE) as part:
            part.write_text(json.dumps(asdict(self), indent=1) + "\n", "utf-8")


def load(folder: str | Path) -> Assignment:
    """Read what `course assign` wrote.

    Args:
        folder: the one that it was told.

    Raises:
        Refusal: there is none, or it is damaged.
    """
    path = Path(folder) / FILE
    try:
        held = json.loads(path.read_text("utf-8"))
        answers = [
            Answer(**a | {"checks": tuple(Check(**check) for check in a["checks"])})
            for a in held["answers"]
        ]
        steps, hidden = tuple(map(tuple, held["steps"])), tuple(held["hidden"])
        return Assignment(held["name"], held["seed"], steps, tuple(answers), hidden)
    except FileNotFoundError:
        raise Refusal(f"There is no assignment in {folder}: course assign makes one.") from None
    except (ValueError, TypeError, KeyError) as error:
        raise Refusal(f"{path} is damaged: {type(error).__name__}: {error}.") from None
