"""Tables whose rows are processes, and the clock that ends a training."""

import importlib
import inspect
import itertools
import json
import math
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from tests.benchmarks import clock, journal, measure, rows

FOLDER = Path(__file__).parent
TABLES = [path.stem for path in FOLDER.glob("paper_*.py") if "\nROWS = " in path.read_text("utf-8")]

PUBLISHED = sorted(path.stem for path in FOLDER.glob("paper_*.py"))
EVERY = sorted(path.stem for path in FOLDER.glob("*_*.py") if path.stem[:5] in ("bench", "paper"))


@pytest.mark.parametrize("name", EVERY)
def test_a_benchmark_runs_as_a_whole_or_row_by_row(name):
    module = importlib.import_module(f"tests.benchmarks.{name}")
    rows = getattr(module, "ROWS", None)
    if rows is None:
        takes = ["journal"] if name.startswith("paper_") else []
        assert list(inspect.signature(module.run).parameters) == takes
    else:
        assert isinstance(rows, dict)
    assert module.TITLE
    assert module.PROTOCOL


@pytest.fixture
def now(monkeypatch):
    now = SimpleNamespace(value=0.0)
    monkeypatch.setattr(clock.time, "perf_counter", lambda: now.value)
    return now


def test_passes_are_counted_and_the_rate_falls_along_a_cosine(now):
    training = clock.Clock(4)
    rates = [training.cosine() for _ in training]
    assert training.done == 4
    assert rates == pytest.approx([1, 0.5 + math.sqrt(0.125), 0.5, 0.5 - math.sqrt(0.125)])


def test_time_that_is_over_sooner_ends_the_passes_and_the_rate_falls_with_it(now):
    training, rates = clock.Clock(1_000, seconds=10), []
    for _ in training:
        rates.append(training.cosine())
        now.value += 2.5
    assert training.done == 4
    assert rates == pytest.approx([1, 0.5 + math.sqrt(0.125), 0.5, 0.5 - math.sqrt(0.125)])


def test_whether_a_pass_is_the_last_is_decided_once(now):
    training, asked = clock.Clock(10, seconds=1), []
    for _ in training:
        asked.append(training.over)
        now.value += 0.7
    # The second pass began within the time, and knows when asked that it is the last but one.
    assert asked == [False, False, True]


@pytest.fixture
def stub(monkeypatch, tmp_path):
    """A table without a file, whose rows are kept where no other test finds them."""
    module = SimpleNamespace(TITLE="a", PROTOCOL="b", ROWS={"one": 1, "two": 2})
    monkeypatch.setitem(sys.modules, "tests.benchmarks.paper_stub", module)
    monkeypatch.setattr(journal, "ROOT", tmp_path / "runs")
    return module


def test_a_row_reports_as_json_a_line(monkeypatch, stub):
    def row(name, seconds, journal):
        journal.report({"name": name})
        journal.report({"name": name, "seconds": seconds})

    stub.row = row
    monkeypatch.setattr(rows, "device", lambda: {"device": "none"})
    done = CliRunner().invoke(rows.main, ["paper_stub", "one", "--seconds", "3"])
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        [{"name": "one"}, {"device": "none"}],
        [{"name": "one", "seconds": 3.0}, {"device": "none"}],
    ]


def test_a_row_that_has_ended_is_not_run_again(monkeypatch, stub):
    stub.row = lambda name, seconds, journal: journal.report({"name": name, "seconds": seconds})
    monkeypatch.setattr(rows, "device", lambda: {"device": "none"})
    CliRunner().invoke(rows.main, ["paper_stub", "one", "--seconds", "3"])
    begun = []
    code = "print('[{}, {}]')"
    monkeypatch.setattr(
        rows, "command", lambda *row: begun.append(row) or [sys.executable, "-c", code]
    )
    kept = []
    found = rows.measured("paper_stub", ["one", "two"], 3, 1, lambda *now: kept.append(now))
    assert found == [{"name": "one", "seconds": 3.0}, {}]
    assert kept[0] == ([{"name": "one", "seconds": 3.0}], {"device": "none"})
    # In other than the same time it is another row.
    rows.measured("paper_stub", ["one"], 4, 1, lambda *now: None)
    assert begun == [("paper_stub", "two", 3), ("paper_stub", "one", 4)]


def test_a_row_that_fails_is_named_and_the_others_are_kept(monkeypatch, capsys, stub):
    code = """if True:
        import sys
        name = sys.argv[1]
        print("what a library prints")
        print('[{"name": "%s"}, {"device": "none"}]' % name)
        sys.exit(name == "bad")
    """
    monkeypatch.setattr(
        rows, "command", lambda table, name, seconds: [sys.executable, "-c", code, name]
    )
    kept = []
    stub.ROWS = {"bad": 1, "good": 2}
    found = rows.measured("paper_stub", ["bad", "good"], 1, 2, lambda *now: kept.append(now))
    assert found == [{"name": "bad"}, {"name": "good"}]
    assert kept[-1] == (found, {"device": "none"})
    assert "paper_stub, bad: ended with 1" in capsys.readouterr().err


def test_a_table_is_on_file_as_soon_as_it_has_a_row(monkeypatch, tmp_path, stub):
    (tmp_path / "results").mkdir()
    monkeypatch.setattr(measure, "FOLDER", tmp_path)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    path = tmp_path / "results/paper_stub.json"

    def measured(table, names, seconds, together, keep):
        assert (table, names, seconds, together) == ("paper_stub", ["one", "two"], 7, 2)
        keep([{"x": 1.0}], {"device": "none"})
        assert json.loads(path.read_text())["rows"] == [{"x": 1.0}]
        found = [{"x": 1.0}, {"x": 2.0, "y": 3.0, "curve": [[1, 2]]}]
        keep(found, {"device": "none"})
        return found

    monkeypatch.setattr(measure, "measured", measured)
    measure.measure("paper_stub", 7, 2)
    stored = json.loads(path.read_text())
    command = "python -m tests.benchmarks paper_stub --seconds 7 --together 2"
    assert stored["command"] == f"KERAS_BACKEND=jax {command}"
    assert stored["device"] == "none"
    assert len(stored["rows"]) == 2
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("table", PUBLISHED)
def test_what_is_on_file_was_measured_by_the_program_as_it_is(table):
    pytest.importorskip("jax")
    module = importlib.import_module(f"tests.benchmarks.{table}")
    stored = json.loads((FOLDER / f"results/{table}.json").read_text("utf-8"))
    assert (stored["title"], stored["protocol"]) == (module.TITLE, module.PROTOCOL)
    assert stored.get("figure") == getattr(module, "FIGURE", None)
    if "figure" in stored:
        assert module.ABOUT
        assert any(stored["figure"] in row for row in stored["rows"])
        assert all("published" in row for row in stored["rows"])


@pytest.mark.parametrize("table", sorted(TABLES))
def test_rows_on_file_are_those_of_the_program(table):
    pytest.importorskip("jax")
    module = importlib.import_module(f"tests.benchmarks.{table}")
    stored = json.loads((FOLDER / f"results/{table}.json").read_text("utf-8"))
    first = [next(iter(row.values())) for row in stored["rows"]]
    assert first == list(module.ROWS)
    # A tuple ends with what was published.
    for row in stored["rows"]:
        assert row["published"] == module.ROWS[next(iter(row.values()))][-1]
        # What trains by `fit` has none.
        curve = row.get("curve", [])
        assert len({len(point) for point in curve}) < 2
        assert all(a < b for a, b in itertools.pairwise(curve))
