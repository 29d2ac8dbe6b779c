"""Marks, regrading, deaths, sandboxes that are not there, and the command line."""

import contextlib
import csv
import json
import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from click.testing import CliRunner
from filelock import FileLock

from course_lib.assignments import Refusal, handins, marks, session
from course_lib.assignments import sandbox as sandboxes
from course_lib.assignments.grading import one
from course_lib.assignments.sandbox import Sandbox, choose
from course_lib.pipeline.cli import main
from tests.assignments.conftest import teachers_notebook

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="hand-ins run on Linux and macOS")
WRONG = "def double(x):\n    return x"
RIGHT = {"Ada": 4, "Bob": 3, "Cy": 0}


@pytest.fixture
def handed_in(tiny, answered, tmp_path):
    """Three students: all right, half wrong, nothing done."""
    solutions = {answer.cell: answer.solution for answer in tiny.answers}
    quick = {name: solutions[name] for name in ("tiny-largest", "tiny-double")}
    given = {"Ada": quick, "Bob": quick | {"tiny-double": WRONG}, "Cy": {}}
    for name, answers in given.items():
        path = tmp_path / "in" / name / "tiny.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(answered(answers))
    return tmp_path / "in"


@pytest.fixture(scope="module")
def assigned(tmp_path_factory):
    """The folder of the assignment, as the command makes it."""
    tmp_path = tmp_path_factory.mktemp("assigned")
    nbformat.write(teachers_notebook(), tmp_path / "tiny.ipynb")
    given = ["assign", str(tmp_path / "tiny.ipynb"), "--out", str(tmp_path / "a"), "--seed", "20"]
    done = CliRunner().invoke(main, given, env={"KERAS_BACKEND": "numpy"})
    assert done.exit_code == 0, done.output
    assert "4 checks, 5 points, and every solution passes." in done.output
    return tmp_path / "a"


def points(results):
    return {name: result["points"] for name, result in results.items()}


def test_partial_credit(graded, handed_in):
    results = graded(handed_in)
    assert points(results) == {"Ada": 4, "Bob": 3, "Cy": 0}
    row = results["Bob"]["rows"][2]
    assert row["message"].startswith("twice x: your value ")
    assert row["input"]
    assert {row["state"] for row in results["Cy"]["rows"]} == {"not attempted"}


def test_what_is_graded_is_not_graded_again(graded, handed_in, answered, tmp_path):
    first = graded(handed_in)
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out/results").iterdir()}
    (handed_in / "Bob" / "tiny.ipynb").write_text(answered({}))
    again = graded(handed_in)
    assert [x["cached"] for x in again.values()] == [True, False, True]
    assert points(again) == points(first) | {"Bob": 0}
    changed = [p for p in times if p.stat().st_mtime_ns != times[p]]
    assert [path.name[:3] for path in changed] == ["Bob"]


@pytest.mark.parametrize("damage", ["", "{", '{"rows": []}', '{"key": 1, "rows": 2}'])
def test_a_damaged_result_is_made_again(damage, graded, handed_in, tmp_path):
    first = graded(handed_in)
    for path in (tmp_path / "out/results").iterdir():
        path.write_text(damage)
    assert points(graded(handed_in)) == points(first)


def test_points_that_somebody_edits_are_made_again(graded, handed_in, tmp_path):
    first = graded(handed_in)
    for path in (tmp_path / "out/results").iterdir():
        path.write_text(json.dumps(json.loads(path.read_text()) | {"points": 5}))
    assert points(graded(handed_in)) == points(first)


def test_one_grader_a_folder(graded, handed_in, tmp_path):
    (tmp_path / "out").mkdir()
    with FileLock(tmp_path / "out" / ".lock"), pytest.raises(Refusal, match="Somebody is grading"):
        graded(handed_in)


@pytest.mark.parametrize("lasting", [False, True])
def test_who_ran_out_of_time_is_graded_again_alone(lasting, graded, handed_in, monkeypatch):
    """What others do at the same time costs nobody points."""
    real, working, beside = session.Session.tell, [], []

    def crowded(self, message):
        working.append(self)
        beside.append(len(set(working)))
        try:
            if message.get("function") == "largest_so_far" and (lasting or len(beside) < 6):
                raise session.Disturbed("your answer took longer than 20 s")
            return real(self, message)
        finally:
            working.remove(self)

    monkeypatch.setattr(session.Session, "tell", crowded)
    results = graded(handed_in)
    assert points(results) == ({"Ada": 1, "Bob": 0, "Cy": 0} if lasting else RIGHT)
    assert set(beside[-6:]) == {1}
    told = results["Ada"]["rows"][0]["message"]
    assert told == ("your answer took longer than 20 s" if lasting else "")
    assert [x["cached"] for x in graded(handed_in).values()] == [True] * 3


def test_a_machine_without_memory(graded, handed_in, monkeypatch):
    """Memory that is no process's, such as a file in memory, is nobody's fault, and no mark."""
    with monkeypatch.context() as patch:
        patch.setattr(session, "SPARE", 1 << 60)
        results = graded(handed_in)
    assert [result["graded"] for result in results.values()] == [False, False, True]
    assert "the machine has no memory left" in results["Ada"]["notes"][0]
    assert points(graded(handed_in)) == RIGHT


def test_keys_of_the_kernel_are_let_go():
    code = (
        "import ctypes; from course_lib.assignments import child\n"
        "libc = ctypes.CDLL(None); session = lambda: libc.syscall({number}, 0, -3, 0)\n"
        "before = session(); child.without_keys(); print(before, session())"
    )
    number = {"x86_64": 250, "aarch64": 219}.get(platform.machine())
    if sys.platform != "linux" or number is None:
        pytest.skip("the kernel keeps no keys, or under another number")
    given = [sys.executable, "-c", code.format(number=number)]
    said = subprocess.run(given, capture_output=True, text=True, check=True).stdout
    before, after = said.split()
    if before == "-1":
        pytest.skip("this kernel keeps no keys")
    assert before != after


@pytest.mark.parametrize("where", ["prefix", "base_prefix"])
def test_of_a_folder_of_python_only_python_is_seen(where, tmp_path, monkeypatch):
    (tmp_path / "lib").mkdir()
    (tmp_path / "assignment.json").write_text("{}")
    monkeypatch.setattr(sys, where, str(tmp_path))
    seen = [outside for outside, _ in sandboxes._seen()]
    assert f"{tmp_path}/lib" in seen
    assert not any((tmp_path / "assignment.json").is_relative_to(place) for place in seen)


def command(*words, **more):
    """Starts `course`."""
    environment = os.environ | {"KERAS_BACKEND": "numpy"}
    given = [sys.executable, "-m", "course_lib.pipeline", *map(str, words)]
    return subprocess.Popen(given, env=environment, stdout=subprocess.PIPE, text=True, **more)


def at_work(grader):
    """The sandboxes in which a child of this grader is at work."""
    found = []
    with contextlib.suppress(psutil.Error):
        for process in psutil.Process(grader.pid).children():
            inside = [" ".join(p.cmdline()) for p in process.children(recursive=True)]
            if any("-m course_lib.assignments.child" in line for line in inside[1:]):
                found.append(process)
    return found


@pytest.mark.parametrize("victim", ["grader", "sandbox", "child"])
def test_kill_9(victim, sandbox, assigned, handed_in, answered, tmp_path):
    """Whoever dies, the rest and a rerun give the same marks, and no process is left."""
    slow = "import time\ndef double(x):\n    time.sleep(1)\n    return 2 * x"
    (handed_in / "Aaron").mkdir()  # the first
    (handed_in / "Aaron" / "tiny.ipynb").write_text(answered({"tiny-double": slow}))
    words = ("grade", handed_in, "--assignment", assigned, "--out", tmp_path / "out")
    grader = command(*words)
    slept, inside = time.monotonic(), []
    while not inside and time.monotonic() < slept + 60:
        inside = at_work(grader)
        time.sleep(0.01)
    assert inside
    if victim == "grader":
        os.kill(grader.pid, signal.SIGKILL)
    elif victim == "sandbox":
        inside[0].kill()
    else:  # as the kernel does that has no memory left
        inside[0].children(recursive=True)[-1].kill()
    said = grader.communicate()[0]
    psutil.wait_procs(inside, timeout=10)
    assert not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in inside), said
    parts = [p for p in (tmp_path / "out").rglob("*") if p.suffix == ".json"]
    assert all(json.loads(part.read_text()) for part in parts)
    if victim != "grader":
        assert "Aaron: 1 of 5" in said
    done = CliRunner().invoke(main, list(map(str, words)))
    assert done.exit_code == 0, done.output
    assert "Aaron: 1 of 5" in done.output
    assert "Ada: 4 of 5" in done.output
    marks_of_one = (tmp_path / "out" / "grades.csv").read_bytes()
    words = (*words[:-1], tmp_path / "other")
    assert CliRunner().invoke(main, list(map(str, words))).exit_code == 0
    assert (tmp_path / "other" / "grades.csv").read_bytes() == marks_of_one


def test_the_command(sandbox, assigned, handed_in, tmp_path):
    out = tmp_path / "out"
    words = ["grade", str(handed_in), "--assignment", str(assigned), "--out", str(out), "-j", "2"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert "Sandbox: bubblewrap." in done.output
    assert "3 hand-ins graded, 0 of them before." in done.output
    pages = sorted((out / "students").iterdir())
    assert [page.name[:3] for page in pages] == ["Ada", "Bob", "Cy-"]
    before = {path: path.read_bytes() for path in [*pages, out / "summary.html"]}
    assert "3 of them before" in CliRunner().invoke(main, words).output
    assert {path: path.read_bytes() for path in before} == before


def test_columns_of_the_platforms(tiny, graded, handed_in, tmp_path):
    os.rename(handed_in / "Ada", handed_in / "Ada L_12_assignsubmission_file_")
    os.rename(handed_in / "Bob", handed_in / "=1+1")
    os.rename(handed_in / "Cy", handed_in / "Žofie Nováková, Jr._7_assignsubmission_file_")
    results = list(graded(handed_in).values())
    marks.write_marks(results, handins.hand_ins(handed_in), tiny, tmp_path / "out")
    with open(tmp_path / "out" / "grades.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    # Moodle's importer looks for these three, and takes no worksheet without one of them.
    assert {"Identifier", "Grade", "Last modified (grade)"} <= set(rows[0])
    assert [list(row.values())[:4] for row in rows] == [
        ["", "'=1+1", "3", "5"],
        ["Participant 12", "Ada L", "4", "5"],
        ["Participant 7", "Žofie Nováková, Jr.", "0", "5"],
    ]
    with open(tmp_path / "out" / "grades_canvas.csv", encoding="utf-8", newline="") as file:
        head, most, *rows = list(csv.reader(file))
    assert head[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert (head[5], most[5]) == ("tiny", "5")
    assert [row[5] for row in rows] == ["3", "4", "0"]


def test_the_pages_say_what_was_not_read(tiny, graded, handed_in, tmp_path):
    (handed_in / "Cy" / "tiny.ipynb").write_text('{"cells"')
    results = list(graded(handed_in).values())
    results[1]["rows"][1]["input"] = "3 of shape (1,)\na function"
    summary = marks.write_marks(results, handins.hand_ins(handed_in), tiny, tmp_path / "out")
    unread = summary.read_text("utf-8").split("could be read</h2>")[1].split("<h2>")[0]
    assert "its JSON is broken" in unread
    assert "Ada" not in unread
    pages = {x.name[:3]: x.read_text("utf-8") for x in (tmp_path / "out/students").iterdir()}
    assert "so nothing was checked" in pages["Cy-"]
    assert "tiny.1" not in pages["Cy-"]
    assert "<code>double</code>" in pages["Bob"]
    assert "<code>3 of shape (1,)</code><code>a function</code>" in pages["Bob"]
    assert marks.feedback(results[2]).startswith("tiny.ipynb: its JSON is broken")
    assert marks.hardest(results, tiny)[1]["often"].startswith("twice x")


NAMES = ("Eve\n\x1b[2JAda: 5 of 5", "\u202eEve", "<img src=x onerror=alert(1)>", "＝1+1")


def test_names_that_would_be_more_than_names(assigned, sandbox, tmp_path):
    for name in NAMES:
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / f"{name}.ipynb").write_text("no notebook")
    words = ["grade", tmp_path / "in", "--assignment", assigned, "--out", tmp_path / "out"]
    done = CliRunner().invoke(main, list(map(str, words)))
    assert done.exit_code == 0, done.output
    assert len(done.output.splitlines()) == 2 + len(NAMES)
    written = [done.output, *(p.read_text("utf-8") for p in (tmp_path / "out").rglob("*.[ch]*"))]
    assert len(written) == 4 + len(NAMES)
    for text in written:
        assert not set("\x1b\u202e") & set(text)
    pages = list((tmp_path / "out").rglob("*.html"))
    assert not any("<img" in page.read_text("utf-8") for page in pages)
    with open(tmp_path / "out" / "grades.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert not any("<" in row["Feedback comments"] for row in rows)
    assert {row["Full name"][0] for row in rows} == {"E", " ", "<", "'"}


def test_equal_answers_and_the_hardest_check(tiny, graded, handed_in):
    results = list(graded(handed_in).values())
    assert marks.alike(results, tiny) == [("tiny-largest", ["Ada", "Bob"])]
    assert [row["id"] for row in marks.hardest(results, tiny)][:2] == ["tiny.4", "tiny.3"]


def test_without_a_sandbox_nothing_is_run(assigned, handed_in, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    words = ["grade", str(handed_in), "--assignment", str(assigned), "--out", str(tmp_path / "o")]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 1
    assert "There is no sandbox here" in done.output
    assert not (tmp_path / "o").exists()


def test_trust_is_typed_and_told(assigned, handed_in, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    words = ["grade", str(handed_in), "--assignment", str(assigned), "--out", str(tmp_path / "o")]
    done = CliRunner().invoke(main, [*words, "--trust"])
    assert done.exit_code == 0, done.output
    assert "Sandbox: none: student code was trusted." in done.output
    assert "student code was trusted" in (tmp_path / "o" / "summary.html").read_text("utf-8")
    assert "Ada: 4 of 5" in done.output


STUB = """#!{python}
import os, sys
with open({log!r}, "a") as log:
    print(*sys.argv[1:], file=log)
words = sys.argv[1:]
if words[0] == "kill":
    sys.exit(0)
if words[0] == "info":
    print({info!r})
    sys.exit(0)
print({warning!r}, file=sys.stderr)
for at, word in enumerate(words):
    if word == "--env":
        name, _, value = words[at + 1].partition("=")
        os.environ[name] = value.replace({inside!r}, {outside!r})
command = words[words.index({image!r}) + 1:]
if command[0] == "timeout":
    command = command[4:]
os.execvp(command[0], command)
"""


@pytest.fixture
def podman(tmp_path, monkeypatch):
    """A stand-in for podman, which writes down what it is told and does it without a container."""
    log, outside = tmp_path / "log", str(Path(sandboxes.course_lib.__file__).parents[1])

    def install(info="    rootless: true", warning=""):
        text = STUB.format(
            python=sys.executable,
            log=str(log),
            inside=sandboxes.LIBRARY,
            outside=outside,
            image=sandboxes.IMAGE,
            info=info,
            warning=warning,
        )
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "podman").write_text(text)
        (tmp_path / "bin" / "podman").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
        which = lambda name: name if name == "podman" else None  # noqa: E731
        monkeypatch.setattr(sandboxes.shutil, "which", which)
        return log

    return install


def test_podman(tiny, podman):
    log = podman()
    assert choose() == Sandbox("podman")
    solutions = {x.cell: x.solution for x in tiny.answers if x.cell != "tiny-saved"}
    assert one(tiny, solutions, Sandbox("podman"), 20.0)["points"] == 4
    told = log.read_text()
    for words in ("--network none", "--read-only", "--cap-drop ALL", "--pids-limit", "--memory"):
        assert words in told
    assert ":ro" in told
    # Without the last word podman copies the exercises to where they are to be hidden.
    assert "exercises:ro,size=4096,notmpcopyup" in told
    assert "--read-only-tmpfs=false" in told
    assert "\nkill course-" in told


@pytest.mark.parametrize(
    "wrong",
    [
        {"info": "    rootless: false"},
        {"warning": "Resource limits are not supported and ignored on cgroups V1 rootless systems"},
    ],
)
def test_podman_that_does_not_keep_what_it_is_for(wrong, podman):
    podman(**wrong)
    with pytest.raises(Refusal, match="cgroups v2"):
        choose()


def test_a_solution_that_fails_is_not_assigned(tmp_path):
    notebook = teachers_notebook()
    notebook.cells[3].source = notebook.cells[3].source.replace("2 * x", "3 * x")
    nbformat.write(notebook, tmp_path / "tiny.ipynb")
    words = ["assign", str(tmp_path / "tiny.ipynb"), "--out", str(tmp_path / "a")]
    done = CliRunner().invoke(main, words, env={"KERAS_BACKEND": "numpy"})
    assert done.exit_code == 1
    assert "The solution of tiny.3 is not yet: twice x: your value" in done.output
    assert not (tmp_path / "a").exists()
