"""The overview of published tables says what is there and what is missing."""

import json
import sys
from types import SimpleNamespace

import pytest

from tests.benchmarks import overview, published


@pytest.fixture
def table(monkeypatch, tmp_path):
    """A table of three rows; `table(rows)` puts some of them on file."""
    module = SimpleNamespace(
        PROTOCOL="p", ABOUT="Nats", ROWS={n: (1, "2.5") for n in ("one", "two", "three")}
    )
    monkeypatch.setitem(sys.modules, "tests.benchmarks.paper_stub", module)
    (tmp_path / "paper_stub.py").touch()
    (tmp_path / "results").mkdir()

    def put(rows, protocol="p"):
        stored = {"protocol": protocol, "figure": "x", "machine": "M, 2 cores, Python 3"}
        stored |= {"date": "2026-01-02", "rows": rows}
        (tmp_path / "results/paper_stub.json").write_text(json.dumps(stored), "utf-8")

    put.folder = tmp_path
    return put


def test_a_table_that_never_ran_misses_all_its_rows(table):
    rows, about = overview.overview("paper_stub", table.folder)
    assert rows == [(name, "2.5", "missing", "") for name in ("one", "two", "three")]
    assert about == "0 of 3 rows"


def test_rows_are_there_begun_or_missing_with_their_hours(table):
    one = {"name": "one", "published": "2.5", "x": 2.61803, "seconds": 1800, "tuning minutes": 60}
    table([one, {"name": "two", "published": "2.5", "seconds": 900.0}])
    rows, about = overview.overview("paper_stub", table.folder)
    assert rows == [
        ("one", "2.5", "2.62", "1.50"),
        ("two", "2.5", "begun", "0.25"),
        ("three", "2.5", "missing", ""),
    ]
    assert about == "1 of 3 rows; 1.75 hours; 2026-01-02; M, 2 cores"


def test_a_result_of_another_protocol_is_named(table):
    table([], protocol="q")
    assert "another protocol" in overview.overview("paper_stub", table.folder)[1]


def test_a_result_without_a_program_is_a_lessons(table):
    table([{"name": "one", "published": 3.0, "x": 2.9}])
    (table.folder / "paper_stub.py").unlink()
    rows, about = overview.overview("paper_stub", table.folder)
    assert rows == [("one", "3.0", "2.90", "")]
    assert about.endswith("by a lesson")
    assert overview.tables(table.folder) == ["paper_stub"]


def test_rows_of_one_name_are_told_apart():
    rows = [{"input": "clean", "epochs": 20}, {"input": "clean", "epochs": 50}, {"input": "noisy"}]
    assert overview.label(rows) == ["clean, 20", "clean, 50", "noisy"]


@pytest.mark.parametrize(
    ("value", "published", "ours"),
    [
        (105.6567, "105.59", "105.66"),
        (105.6567, "NADE 88.33", "105.66"),
        (105.6567, "3.0", "105.66"),
        (105.6567, "-", "105.66"),
        (0.06349, "0.0637 at 20 epochs", "0.0635"),
    ],
)
def test_ours_has_the_decimals_of_the_published_figure(value, published, ours):
    assert overview.shown(value, {"published": published}) == ours


def test_the_overview_shows_every_table_and_row(capsys):
    pytest.importorskip("jax")
    overview.main()
    shown = capsys.readouterr().out
    assert "IWAE k = 50" in shown
    for name in overview.tables():
        assert name in shown
        rows, about = overview.overview(name)
        assert about.partition(";")[0] in shown
        missing = [row[0] for row in rows if row[2] in ("missing", "begun")]
        assert [row for row in missing if row not in shown] == []


def test_the_page_of_published_figures_is_what_the_results_say():
    pytest.importorskip("jax")
    said = published.PAGE.read_text("utf-8")
    assert said == published.page(), "run python -m tests.benchmarks.published"


def test_a_table_on_the_page_has_its_note_its_range_and_what_is_missing(table):
    one = {"name": "a|b", "published": "2.5", "x": 2.61803, "lowest": 2.5, "highest": 2.75}
    table([one])
    path = table.folder / "results/paper_stub.json"
    stored = json.loads(path.read_text("utf-8")) | {"title": "T", "note": "why"}
    path.write_text(json.dumps(stored), "utf-8")
    text = published.page(table.folder)
    assert "## T\n" in text
    assert "Nats. `paper_stub`: 1 of 4 rows" in text
    assert "*why.*" in text
    assert "| a\\|b | 2.5 | 2.62 (2.50 … 2.75) |  |\n" in text
    assert "| two | 2.5 | missing |  |\n" in text
    assert "in the results alone" not in text


def test_tables_without_a_figure_are_named_on_the_page():
    pytest.importorskip("jax")
    assert "alone: `paper_recordings`, `paper_retrieval`.\n" in published.page()
