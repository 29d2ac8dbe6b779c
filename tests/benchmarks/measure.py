"""One benchmark: run it, print its table, keep the result with its machine and date."""

import datetime
import importlib
import json
import math
import os
import platform
import sys
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from course_lib.pipeline.surroundings import cores, processor
from tests.benchmarks.journal import Journal, folder
from tests.benchmarks.rows import measured

FOLDER = Path(__file__).parent


def machine():
    """What the figures depend on, without naming the machine."""
    return (
        f"{processor()}, {cores()} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB, Python {platform.python_version()}"
    )


def measure(name, seconds=math.inf, together=1):
    """Run one benchmark, print it and keep it.

    Args:
        name: of the benchmark.
        seconds: for each row of a table of rows.
        together: rows of it at a time.
    """
    file = name if name.startswith("paper_") else f"bench_{name}"
    module = importlib.import_module(f"tests.benchmarks.{file}")
    path = FOLDER / "results" / f"{name}.json"
    if hasattr(module, "ROWS"):

        def keep(found, used):
            limit = "" if math.isinf(seconds) else f" --seconds {seconds:g}"
            command = f"python -m tests.benchmarks {name}{limit} --together {together}"
            command = f"KERAS_BACKEND={_backend()} {command}"
            _keep(path, module, found, used | {"command": command})

        rows = measured(file, list(module.ROWS), seconds, together, keep)
    else:
        rows, more = whole_table(name, module)
        _keep(path, module, rows, more)
    columns = list(dict.fromkeys(column for row in rows for column in row if column != "curve"))
    table = Table(title=module.TITLE, caption=module.PROTOCOL)
    for column in columns:
        words = isinstance(rows[0].get(column), str)
        table.add_column(column, justify="left" if words else "right")
    for row in rows:
        values = [row.get(column, "") for column in columns]
        table.add_row(*(v if isinstance(v, str) else f"{v:.4g}" for v in values))
    Console(width=110).print(table)
    for name_of, picture in getattr(module, "pictures", lambda rows: ())(rows):
        picture.savefig(path.with_name(f"{name}_{name_of}.png"))


def whole_table(name, module):
    """The rows of a benchmark without `ROWS`, and what to keep besides.

    One of a published table goes on where it was interrupted, and says how long it took.
    """
    if not name.startswith("paper_"):
        return module.run(), {}
    journal = Journal(folder(name, module), None)
    rows = module.run(journal)
    journal.forget()
    return rows, {"seconds": journal.seconds}


def _backend():
    return os.environ.get("KERAS_BACKEND", "tensorflow")


def _keep(path, module, rows, more=None):
    result = {
        "title": module.TITLE,
        "protocol": module.PROTOCOL,
        **({"figure": module.FIGURE} if hasattr(module, "FIGURE") else {}),
        "machine": machine(),
        "backend": _backend(),
        "date": datetime.date.today().isoformat(),
        **(more or {}),
        "rows": rows,
    }
    # In one go: a table that grows may be read, or the run ended, at any moment.
    new = path.with_suffix(".new")
    new.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    new.replace(path)


if __name__ == "__main__":
    measure(sys.argv[1], *map(float, sys.argv[2:3]), *map(int, sys.argv[3:4]))
