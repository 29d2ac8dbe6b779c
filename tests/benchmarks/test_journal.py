"""A row killed in mid-run and begun again comes to the bits of one that nobody interrupted."""

import json
import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.benchmarks import journal as journals
from tests.benchmarks.clock import Clock
from tests.benchmarks.journal import Journal

ROOT = Path(__file__).parents[2]
# Runs the row of the small table, and is killed at a pass of one of its trainings.
CHILD = """if True:
    import json, math, os, signal, sys
    from tests.benchmarks import small_table
    from tests.benchmarks.journal import Journal

    folder, at = sys.argv[1], json.loads(sys.argv[2])

    class Killed(Journal):
        def passes(self, training, clock, curve):
            for number in super().passes(training, clock, curve):
                print("pass", self.trainings, number, flush=True)
                yield number
                if [self.trainings, number] == at:
                    os.kill(os.getpid(), signal.SIGKILL)

    rows = []
    small_table.row("noise 0.3", math.inf, Killed(folder, rows.append, every=0))
    print(json.dumps(rows[-1]))
"""


# What the first process compiles, the others find.
COMPILED = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}


def child(folder, at=None):
    """The passes that were run, what was printed last, and how the process ended."""
    compiled = COMPILED | {"JAX_COMPILATION_CACHE_DIR": str(folder.parent / "compiled")}
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(folder), json.dumps(at)],
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": "jax"} | compiled,
        capture_output=True,
        text=True,
    )
    lines = done.stdout.splitlines()
    passes = [tuple(map(int, line.split()[1:])) for line in lines if line.startswith("pass ")]
    assert passes, done.stderr
    return passes, lines[-1], done.returncode


def timeless(row):
    """Without what a clock has said."""
    row = {key: value for key, value in row.items() if "seconds" not in key}
    return row | {"curve": [[point[0], *point[2:]] for point in row["curve"]]}


@pytest.mark.skipif(find_spec("jax") is None, reason="rows train on JAX")
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_a_row_killed_twice_ends_as_one_that_was_not(tmp_path):
    passes, last, code = child(tmp_path / "whole")
    assert code == 0
    assert passes == [(1, n) for n in range(1, 7)] + [(2, n) for n in range(1, 7)]
    never = json.loads(last)

    folder = tmp_path / "killed"
    passes, _, code = child(folder, (1, 4))
    assert (passes[-1], code) == ((1, 4), -signal.SIGKILL)
    # The pass that the process died in is run again, and no other.
    passes, _, code = child(folder, (2, 3))
    assert (passes[0], passes[-1], code) == ((1, 4), (2, 3), -signal.SIGKILL)
    passes, last, code = child(folder)
    assert (passes, code) == ([(2, n) for n in range(3, 7)], 0)
    assert timeless(json.loads(last)) == timeless(never)


class Counting:
    """A training whose state is a number."""

    def __init__(self):
        self.value = 0

    def saved(self):
        return self.value

    def load(self, saved):
        self.value = saved


def train(journal, passes, stop=None):
    training, clock, curve = Counting(), Clock(passes), []
    for number in journal.passes(training, clock, curve):
        training.value += number
        curve.append(number)
        if number == stop:
            raise KeyboardInterrupt
    return training.value, curve, clock.done


def test_what_is_left_is_run_and_what_is_over_is_not(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(Journal(tmp_path, None, every=0), 5, stop=3)
    assert train(Journal(tmp_path, None, every=0), 5) == (15, [1, 2, 3, 4, 5], 5)
    before = (tmp_path / "0.pickle").stat().st_mtime_ns
    assert train(Journal(tmp_path, None, every=0), 5) == (15, [1, 2, 3, 4, 5], 5)
    assert (tmp_path / "0.pickle").stat().st_mtime_ns == before


def test_time_before_the_interruption_counts(tmp_path, monkeypatch):
    now = SimpleNamespace(value=0.0)
    time = SimpleNamespace(perf_counter=lambda: now.value)
    monkeypatch.setattr(journals, "time", time)
    monkeypatch.setattr("tests.benchmarks.clock.time", time)

    def passes(stop):
        found, clock = [], Clock(100, seconds=10)
        for number in Journal(tmp_path, None, every=0).passes(Counting(), clock, []):
            now.value += 2
            found.append(number)
            if number == stop:
                break
        return found

    # The third pass is lost with its two seconds.
    assert passes(3) == [1, 2, 3]
    now.value = 1_000.0
    assert passes(None) == [3, 4, 5]


def test_states_are_as_far_apart_as_is_said(tmp_path, monkeypatch):
    now = SimpleNamespace(value=0.0)
    monkeypatch.setattr(journals, "time", SimpleNamespace(perf_counter=lambda: now.value))
    with pytest.raises(KeyboardInterrupt):
        train(Journal(tmp_path, None, every=60), 5, stop=4)
    assert not list(tmp_path.iterdir())
    for _ in Journal(tmp_path, None, every=60).passes(Counting(), Clock(3), []):
        now.value += 31
    assert [path.name for path in tmp_path.iterdir()] == ["0.pickle"]


def test_a_row_at_its_end_is_kept_without_its_states(tmp_path):
    journal = Journal(tmp_path, None, every=0)
    assert journal.ended is None
    train(journal, 2)
    train(journal, 2)
    assert len(list(tmp_path.glob("*.pickle"))) == 2
    journal.end({"x": 1.5}, {"device": "none"})
    assert Journal(tmp_path, None).ended == [{"x": 1.5}, {"device": "none"}]
    assert [path.name for path in tmp_path.iterdir()] == ["row.json"]


def test_a_part_is_measured_once_and_the_time_it_took_is_remembered(tmp_path, monkeypatch):
    now = SimpleNamespace(value=0.0)
    monkeypatch.setattr(journals, "time", SimpleNamespace(perf_counter=lambda: now.value))
    measured = []

    def measure(part, dies=False):
        now.value += 5
        measured.append(part)
        if dies:
            raise KeyboardInterrupt
        return {"x": np.float32(part) / 3, "y": [(1, part)]}

    first = Journal(tmp_path, None)
    found = first.once("split 0", lambda: measure(0))
    assert found == {"x": 0.0, "y": [[1, 0]]}
    with pytest.raises(KeyboardInterrupt):
        first.once("split 1", lambda: measure(1, dies=True))
    second = Journal(tmp_path, None)
    assert second.once("split 0", lambda: measure(0)) == found
    assert second.once("split 1", lambda: measure(1))["x"] == float(np.float32(1) / 3)
    assert (measured, second.seconds) == ([0, 1, 1], 10.0)
    second.forget()
    assert not list(tmp_path.iterdir())


def test_another_protocol_setting_or_time_is_another_row():
    def folder(protocol="p", setting=1, name="one", seconds=7.0):
        module = SimpleNamespace(PROTOCOL=protocol, ROWS={name: setting})
        return journals.folder("paper_stub", module, name, seconds)

    others = [folder("q"), folder(setting=2), folder(name="two"), folder(seconds=8.0)]
    assert len({folder(), *others}) == 5
    assert folder() == folder()
    assert folder().parent == ROOT / "runs/paper/paper_stub"
