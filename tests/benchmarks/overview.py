"""What is there of the published tables, and what is missing: `make paper`.

A table is a program `paper_NAME` whose `FIGURE` names the column that stands beside the published
one. A row without it was begun and has not come to its end.
"""

import importlib
import json
import re
from pathlib import Path

from rich.console import Console
from rich.table import Table

FOLDER = Path(__file__).parent
UNITS = {"seconds": 3_600, "minutes": 60}


def tables(folder=FOLDER):
    """Names of the tables that have a program or, from elsewhere, a result."""
    paths = [*folder.glob("paper_*.py"), *folder.glob("results/paper_*.json")]
    return sorted({path.stem for path in paths})


def overview(name, folder=FOLDER):
    """Of one table: rows `(name, published, ours, hours)`, and a line about all of them."""
    path = folder / f"results/{name}.json"
    stored = json.loads(path.read_text("utf-8")) if path.exists() else {"rows": []}
    module = program(name, folder)
    names = label(stored["rows"])
    rows = [_there(*pair, stored.get("figure")) for pair in zip(names, stored["rows"], strict=True)]
    for key, settings in getattr(module, "ROWS", {}).items():
        if key not in [row[0] for row in rows]:
            rows.append((key, settings[-1], "missing", ""))
    done = sum(ours not in ("missing", "begun") for _, _, ours, _ in rows)
    # What a program without `ROWS` measures shows once it has run.
    about = [f"{done} of {len(rows)} rows" if rows else "no rows yet"]
    if path.exists():
        took = _hours(stored, *stored["rows"])
        about += [f"{took:.2f} hours"] * (took > 0) + [stored["date"]]
        device, machine = stored.get("device", "cpu"), stored["machine"].partition(", Python")[0]
        about += [machine if device == "cpu" else device]
    if module is None:
        about += ["by a lesson"]
    elif path.exists() and stored["protocol"] != module.PROTOCOL:
        about += ["the program has another protocol by now"]
    return rows, "; ".join(about)


def program(name, folder=FOLDER):
    """The module that measures a table; none where a lesson has."""
    there = (folder / f"{name}.py").exists()
    return importlib.import_module(f"tests.benchmarks.{name}") if there else None


def shown(value, row):
    """A figure of a row with the decimals of the published one, at least two."""
    published = re.match(r"\D*\d+\.?(\d*)", str(row.get("published", "-")))
    return f"{value:.{max(2, len(published[1]) if published else 0)}f}"


def label(rows):
    """What each row is called: its first value, and its second where others are called the same."""
    names = [str(next(iter(row.values()))) for row in rows]
    return [
        name if names.count(name) == 1 else ", ".join(map(str, list(row.values())[:2]))
        for name, row in zip(names, rows, strict=True)
    ]


def _there(name, row, figure):
    ours = row.get(figure, "begun" if figure else "there")
    ours = ours if isinstance(ours, str) else shown(ours, row)
    took = _hours(row)
    published = str(row.get("published", "-"))
    return name, published, ours, f"{took:.2f}" if took else ""


def _hours(*rows):
    """That a table or its rows say they took."""
    return sum(
        value / UNITS[key.split()[-1]]
        for row in rows
        for key, value in row.items()
        if key.split()[-1] in UNITS
    )


def main():
    console = Console(width=110)
    for name in tables():
        rows, about = overview(name)
        console.print(f"[bold]{name}[/]: {about}")
        # Where nothing is published, the rows are in the result alone.
        shown = Table("row", box=None, padding=(0, 2))
        for column in ("published", "ours", "hours"):
            shown.add_column(column, justify="right")
        if any(published != "-" or ours in ("missing", "begun") for _, published, ours, _ in rows):
            for row in rows:
                shown.add_row(*row)
            console.print(shown)
        console.print()
    console.print("make paper TABLE=NAME runs one, or goes on where it was interrupted.")


if __name__ == "__main__":
    main()
