"""Who cheats gains no point, reaches nothing of the host, and stops nobody else."""

import contextlib
import json
import os
import re
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from course_lib.assignments import handins, marks, session
from course_lib.assignments import sandbox as sandboxes
from course_lib.assignments.grading import grade_all
from tests.assignments.cheats import CHEATS, FILES

# What they cannot find out, and still have an answer in the end.
SECRET = "xyzzy-4711"
HONEST = "honest"
# The others have time enough to do what they try.
ENDLESS = {"an endless loop", "an endless loop in its cell", "stops itself"}
ENDLESS |= {"catches everything for ever"}


@pytest.fixture(scope="module")
def results(tiny, sandbox, student_notebook, tmp_path_factory):
    """All of them graded together, two at a time, with honest students between them."""
    folder = tmp_path_factory.mktemp("cheats")
    canary = folder / "secret"
    canary.write_text(SECRET)
    solutions = {answer.cell: answer.solution for answer in tiny.answers}
    quick = {cell: solutions[cell] for cell in ("tiny-largest", "tiny-double")}
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        pytest.MonkeyPatch.context() as patch,
        contextlib.ExitStack() as context,
    ):
        server.settimeout(0)
        port = server.getsockname()[1]
        if sys.platform == "linux":
            nameless = socket.socket(socket.AF_UNIX)
            context.callback(nameless.close)
            nameless.bind(f"\0course-{port}")
            nameless.listen()
        here = {"port": port, "canary": canary, "pid": os.getpid(), "digits": "f" * 5_000}
        given = {}
        for name, source in CHEATS.items():
            for key, value in here.items():
                source = source.replace(
                    f"%({key}){'d' if isinstance(value, int) else 's'}", str(value)
                )
            given[name] = quick | {"tiny-largest": source}
        given |= {name: {"tiny-saved": source} for name, source in FILES.items()}
        given |= {f"{HONEST} {number}": quick for number in range(4)}
        for number, (name, answers) in enumerate(sorted(given.items())):
            part = "endless" if name in ENDLESS else "in"
            notebook = json.loads(json.dumps(student_notebook))
            for cell in notebook["cells"]:
                cell["source"] = answers.get(cell["id"], cell["source"])
            path = folder / part / f"{number:03d} {name.replace('/', '∕')}" / "tiny.ipynb"
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps(notebook))
        patch.setenv("GRADERS_WORD", SECRET)
        patch.setenv("KERAS_BACKEND", "numpy")
        patch.setattr(session, "MEMORY", 1 << 30)
        patch.setattr(session, "PROCESSES", 100)
        patch.setattr(sandboxes, "ROOM", 1 << 26)
        done = []
        for part, seconds in (("endless", 2.0), ("in", 40.0)):
            found = handins.hand_ins(folder / part)
            with ThreadPoolExecutor(2) as pool:
                done += grade_all(found, tiny, folder / "out" / part, pool, sandbox, seconds)
        marks.write_marks(done[-len(found) :], found, tiny, folder / "out")
        with pytest.raises(BlockingIOError):
            server.accept()
    assert canary.read_text() == SECRET
    return {x["student"][4:].replace("∕", "/"): x for x in done} | {"folder": folder}


def row(results, name, id):
    return next(x for x in results[name]["rows"] if x["id"] == id)


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_gains_nothing(results, name):
    for id in ("tiny.1", "tiny.2"):
        assert row(results, name, id)["points"] == 0
    said = row(results, name, "tiny.1")
    assert said["state"] == "not yet", said
    assert said["message"]
    assert "found" not in said["message"] or said["message"].endswith("found []")
    assert SECRET not in json.dumps(results[name]["rows"])


FAULTS = {
    "a .keras file with a Lambda": "could not be deserialized",
    "a pickle for a .keras file": "file",
    "a file that is not there": "file",
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_with_code_gains_nothing(results, name):
    said = row(results, name, "tiny.4")
    assert said["points"] == 0
    assert FAULTS[name] in said["message"]


# Whoever breaks Python in their own process has broken their other answers, too.
BROKEN = {"rewrites open", "rewrites sys.modules", "rewrites the child", "closes the line"}
BROKEN |= {
    "rewrites json",
    "forges the line of results",
    "a thread that answers before it is asked",
}


@pytest.mark.parametrize("name", sorted(CHEATS.keys() - BROKEN))
def test_an_honest_answer_beside_a_cheat_counts(results, name):
    assert row(results, name, "tiny.3")["points"] == 1, row(results, name, "tiny.3")


def test_honest_students_get_their_marks(results):
    for number in range(4):
        assert results[f"{HONEST} {number}"]["points"] == 4


def test_what_a_student_writes_is_shown_as_text(results):
    folder = results["folder"] / "out"
    (page,) = [p for p in (folder / "students").glob("*.html") if "markup" in p.stem]
    assert "<script>" not in page.read_text("utf-8")
    assert "&lt;script&gt;" in page.read_text("utf-8")
    assert "<script>" not in (folder / "summary.html").read_text("utf-8")


def test_no_process_of_theirs_is_left(results):
    assert [p for p in psutil.Process().children(recursive=True) if "bwrap" in p.name()] == []


def test_each_is_listed_with_what_happened():
    page = Path(__file__).parents[2] / "docs" / "teaching" / "sandbox.md"
    rows = re.findall(r"^\| (.*?) \| \S.*\|$", page.read_text("utf-8"), re.M)
    assert rows[1:] == [*CHEATS, *FILES]
