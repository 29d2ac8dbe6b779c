"""Run every benchmark in a process of its own, print its table, keep the result with its machine.

    python -m tests.benchmarks [NAME ...]

A benchmark is a module `bench_NAME` with a `TITLE`, a `PROTOCOL` and a function
`run()` that returns rows: dictionaries of what was measured. Modules `paper_NAME`
are the same for published protocols at full size; they take from minutes to
hours and run only when they are named; `overview` lists what is there of them. Those
with independent `ROWS` (see `rows`) keep them as they grow, can be given less time, and
go on where they were interrupted.
"""

import math
import subprocess
import sys
from pathlib import Path

import click


@click.command(help=__doc__.splitlines()[0])
@click.argument("names", nargs=-1)
@click.option("--seconds", default=math.inf, help="for each row of a table of rows")
@click.option("--together", default=1, help="rows of such a table at a time")
def main(names, seconds, together):
    here = Path(__file__).parent
    known = sorted(path.stem.removeprefix("bench_") for path in here.glob("bench_*.py"))
    published = sorted(path.stem for path in here.glob("paper_*.py"))
    for name in names:
        if name not in known + published:
            there_are = ", ".join(known + published)
            raise click.UsageError(f"{name} is none of the benchmarks: {there_are}.")
    # Threads and caches of one backend would slow another down.
    command = [sys.executable, "-m", "tests.benchmarks.measure"]
    sys.exit(
        max(
            subprocess.run([*command, name, str(seconds), str(together)]).returncode
            for name in names or known
        )
    )


if __name__ == "__main__":
    main()
