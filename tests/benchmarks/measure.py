"""One benchmark: run it, print its table, keep the result with its machine and date."""

import datetime
import importlib
import json
import os
import platform
import sys
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

FOLDER = Path(__file__).parent


def machine():
    """What the figures depend on, without naming the machine."""
    processor = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        processor = next((x.split(":")[1].strip() for x in lines if "model name" in x), processor)
    return (
        f"{processor}, {len(os.sched_getaffinity(0))} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB, Python {platform.python_version()}"
    )


def measure(name):
    """Run one benchmark, print it and keep it."""
    file = name if name.startswith("paper_") else f"bench_{name}"
    module = importlib.import_module(f"tests.benchmarks.{file}")
    rows = module.run()
    table = Table(title=module.TITLE, caption=module.PROTOCOL)
    for column in rows[0]:
        table.add_column(column, justify="left" if isinstance(rows[0][column], str) else "right")
    for row in rows:
        table.add_row(*(v if isinstance(v, str) else f"{v:.4g}" for v in row.values()))
    Console(width=110).print(table)
    result = {
        "title": module.TITLE,
        "protocol": module.PROTOCOL,
        "machine": machine(),
        "backend": os.environ.get("KERAS_BACKEND", "tensorflow"),
        "date": datetime.date.today().isoformat(),
        "rows": rows,
    }
    path = FOLDER / "results" / f"{name}.json"
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    for name_of, picture in getattr(module, "pictures", lambda rows: ())(rows):
        picture.savefig(path.with_name(f"{name}_{name_of}.png"))


if __name__ == "__main__":
    measure(sys.argv[1])
