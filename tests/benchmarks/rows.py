"""A table whose rows are independent: each row in a process of its own, kept as it grows.

    python -m tests.benchmarks.rows paper_pixels "Row LSTM, 32 units" --seconds 300

A table of rows is a module with a dictionary `ROWS` and a function `row(name, seconds, journal)`,
which measures one of them in about so many seconds, or in full where these are infinite, calls
`journal.report(row)` whenever there is more to tell, and trains in `journal.passes`.
"""

import importlib
import json
import math
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import click

from tests.benchmarks.journal import Journal, folder


@click.command(help=__doc__.splitlines()[0])
@click.argument("table")
@click.argument("name")
@click.option("--seconds", default=math.inf)
def main(table, name, seconds):
    module = importlib.import_module(f"tests.benchmarks.{table}")

    reported = []

    def report(row):
        reported[:] = [row, device()]
        print(json.dumps(reported), flush=True)

    journal = Journal(folder(table, module, name, seconds), report)
    module.row(name, seconds, journal)
    journal.end(*reported)


def measured(table, names, seconds, together, keep):
    """Rows of a table, one process each, but for those that have come to their end before.

    Args:
        table: name of a module of this package.
        names: of its rows.
        seconds: for each row.
        together: rows at a time.
        keep: function `(rows, device)`, called whenever one of them has grown.

    Returns:
        The rows that there are at the end.
    """
    module = importlib.import_module(f"tests.benchmarks.{table}")
    found, lock = {}, threading.Lock()

    def so_far():
        return [found[name] for name in names if name in found]

    def grown(name, row, used):
        with lock:
            found[name] = row
            keep(so_far(), used)

    def one(name):
        if ended := Journal(folder(table, module, name, seconds), None).ended:
            return grown(name, *ended)
        options = {"stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(command(table, name, seconds), **options) as process:
            for line in process.stdout:
                if line.startswith("["):
                    grown(name, *json.loads(line))
        if process.returncode:
            print(f"{table}, {name}: ended with {process.returncode}.", file=sys.stderr)

    with ThreadPoolExecutor(together) as pool:
        list(pool.map(one, names))
    return so_far()


def command(table, name, seconds):
    own = [sys.executable, "-m", "tests.benchmarks.rows"]
    return [*own, table, name, f"--seconds={seconds}"]


def device():
    """What computes, and by which versions."""
    import keras

    backend = keras.backend.backend()
    library = importlib.import_module(backend)
    kind = library.devices()[0].device_kind if backend == "jax" else "cpu"
    return {
        "device": kind,
        "versions": f"keras {keras.__version__}, {backend} {library.__version__}",
    }


if __name__ == "__main__":
    main()
