"""Files are whole, and locks end with their holders."""

import contextlib
import json
import os
import resource
import subprocess
import sys

import pytest

from course_lib.pipeline.attempts import sweep
from course_lib.pipeline.keys import fingerprint
from course_lib.pipeline.locks import is_locked, try_lock
from course_lib.pipeline.status import DAMAGED, FULL_DISK, is_done, read_status, write_whole


@contextlib.contextmanager
def no_room():
    """No file may grow beyond 1 kB: pytest's own neither, hence for one statement alone."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_that_does_not_fit_leaves_the_old_one(tmp_path):
    path = tmp_path / "a.json"
    write_whole(path, "old")
    with pytest.raises(OSError) as caught, no_room():  # noqa: PT011
        write_whole(path, "new" * 1000)
    assert caught.value.errno in FULL_DISK
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "text",
    [
        *("", '{"status": "o', "[]", '"ok"', "{}", "[" * 100_000),
        *('{"status": 3}', '{"status": "ok", "seconds": "long"}'),
        *('{"status": "ok", "parameters": []}', '{"status": "error", "error": null}'),
    ],
)
def test_a_broken_status_is_told(tmp_path, text):
    assert read_status(tmp_path, "01_a") is None
    (tmp_path / "01_a.json").write_text(text)
    assert read_status(tmp_path, "01_a") == DAMAGED


@pytest.mark.parametrize(
    ("status", "done"),
    [
        ({"status": "ok", "key": "k"}, True),
        ({"status": "ok", "key": "other"}, False),
        ({"status": "error", "key": "k"}, False),
        ({"status": "ok"}, False),
    ],
)
def test_done(tmp_path, status, done):
    path = tmp_path / "01_a.ipynb"
    assert not is_done(status, tmp_path, "01_a", "k")
    path.write_text("as the run left it")
    assert not is_done(status, tmp_path, "01_a", "k")
    status |= {"executed": fingerprint(path.read_text())}
    assert is_done(status, tmp_path, "01_a", "k") == done
    path.write_text("as the run left i")
    assert not is_done(status, tmp_path, "01_a", "k")
    assert not is_done(None, tmp_path, "01_a", "k")


def test_one_holder_at_a_time(tmp_path):
    path = tmp_path / "lock"
    assert not is_locked(path)
    with try_lock(path) as first:
        assert first
        assert is_locked(path)
        with try_lock(path) as second:
            assert not second
        assert is_locked(path)
    assert not is_locked(path)


def test_a_killed_holder_frees_its_lock(tmp_path):
    path = tmp_path / "lock"
    code = (
        "import sys, time; from course_lib.pipeline.locks import try_lock\n"
        "with try_lock(sys.argv[1]): print('held', flush=True); time.sleep(3600)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"held\n"
    assert is_locked(path)
    holder.kill()
    holder.communicate()
    assert not is_locked(path)


def test_only_what_the_dead_left_is_swept(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    home, others = tmp_path / "course-x", tmp_path / "precious"
    for folder in (home, others):
        folder.mkdir()
    for name, named in (("01_dead", home), ("02_alive", home), ("03_[dead]", others)):
        (tmp_path / f".{name}.attempt-x").mkdir()
        (tmp_path / f".{name}.lock").touch()
        (tmp_path / f".{name}.attempt-x" / "task.json").write_text(json.dumps({"home": str(named)}))
    (tmp_path / ".run-dead").touch()
    (tmp_path / ".run-alive").touch()
    (tmp_path / f".a.html.{dead.pid}.part").touch()
    (tmp_path / f".b.html.{os.getpid()}.part").touch()
    (tmp_path / ".download.part").touch()
    with try_lock(tmp_path / ".02_alive.lock"), try_lock(tmp_path / ".run-alive"):
        sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "precious",  # a damaged task.json must not have another folder removed
        ".01_dead.lock",
        ".03_[dead].lock",
        ".02_alive.lock",
        ".02_alive.attempt-x",
        ".run-alive",
        f".b.html.{os.getpid()}.part",
        ".download.part",
    }
