"""How the time and memory of code inference grow with atoms and with examples."""

import resource
import statistics
import subprocess
import sys
import time

import numpy as np

TITLE = "FISTA: time and memory against atoms and examples"
PROTOCOL = (
    "30 steps on random data of 144 features, λ = 0.2, unit atoms, chunks of 4,096; median "
    "of 3 runs after one of warm-up; memory = peak of the process above what it held with data, "
    "dictionary and result; each size in a process of its own"
)
SIZES = [(atoms, 4_096) for atoms in (64, 128, 256, 512, 1024, 2048, 4096)]
SIZES += [(256, examples) for examples in (1, 16, 256, 4_096, 16_384, 65_536)]


def measure(atoms, examples):
    from course_lib.coding import fista

    rng = np.random.default_rng(0)
    D, x = (rng.normal(size=(n, 144)).astype("float32") for n in (atoms, examples))
    D, x = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (D, x))
    kept = np.ones((examples, atoms), "float32")
    fista(x[:1], D, 0.2, 30)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = []
    for _ in range(4):
        start = time.perf_counter()
        kept[:] = fista(x, D, 0.2, 30)
        seconds.append(time.perf_counter() - start)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return statistics.median(seconds[1:]), grown / 1024


def run():
    rows = []
    for atoms, examples in SIZES:
        command = [sys.executable, "-m", "tests.benchmarks.bench_coding_growth"]
        command += [str(atoms), str(examples)]
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds, grown = map(float, answer.stdout.split()[-2:])
        rows.append(
            {
                "atoms": atoms,
                "examples": examples,
                "ms": 1e3 * seconds,
                "µs an example": 1e6 * seconds / examples,
                "MiB more at the peak": grown,
            }
        )
        print(rows[-1], flush=True)
    return rows


def pictures(rows):
    """Two figures: against atoms, against examples."""
    from course_lib.plots import lines

    for x, fixed, count in (("atoms", "examples", 4_096), ("examples", "atoms", 256)):
        # One size stands in both lists: once in a picture.
        each = {row[x]: row for row in rows if row[fixed] == count}
        some = [each[size] for size in sorted(each)]
        at = np.array([row[x] for row in some], float)
        series = {key: [row[key] for row in some] for key in ("ms", "MiB more at the peak")}
        caption = f"30 steps of FISTA, {count:,} {fixed}, 144 features."
        yield x, lines(at, series, x, "milliseconds, MiB", log="xy", caption=caption)


if __name__ == "__main__":
    print(*measure(*map(int, sys.argv[1:])))
