"""Run lessons from several seeds and keep what they measure, so that their claims can be judged.

    python -m tests.benchmarks.seeds autoencoder sparse --seeds 3 -j 1

A lesson measures with one seed, because three trainings of each network would take too long on a
page. Its cells are run here, one process for each seed, without a notebook server; the values go
to `course_lib/lesson/stored.toml`, with the command, the date and the versions.
"""

import datetime
import json
import os
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

ROOT = Path(__file__).parents[2]
STORED = ROOT / "course_lib/lesson/stored.toml"
# As in a run of the course: no progress bars.
QUIET = {"COURSE_RUN": "1"}
HEAD = "# Written by `python -m tests.benchmarks.seeds`: what several seeds measured.\n"


@click.command(help=__doc__.splitlines()[0])
@click.argument("lessons", nargs=-1, required=True)
@click.option("--seeds", default=3, show_default=True, help="how many, 0 among them")
@click.option("--scale", default="lesson", show_default=True)
@click.option("-j", "jobs", default=1, show_default=True, help="processes at a time")
@click.option("--one", type=int, help="run this seed alone, here, and print its records")
def main(lessons, seeds, scale, jobs, one):
    if one is not None:
        print("\n" + json.dumps([run(lessons[0], one, scale), versions()]))
        return
    with ThreadPoolExecutor(jobs) as pool:
        pairs = [(lesson, seed) for lesson in lessons for seed in range(seeds)]
        found = list(pool.map(lambda pair: apart(*pair, scale), pairs))
    rows = tomllib.loads(STORED.read_text("utf-8"))
    for lesson in lessons:
        own = [out for (name, _), out in zip(pairs, found, strict=True) if name == lesson]
        command = f"python -m tests.benchmarks.seeds {lesson} --seeds {seeds}"
        rows[lesson] = stored(own, command + f" --scale {scale}" * (scale != "lesson"))
    STORED.write_text(HEAD + "".join(map(table, rows.items())), "utf-8")


def apart(lesson, seed, scale):
    """What one seed measures, run in a process of its own: (records, versions)."""
    command = [sys.executable, "-m", "tests.benchmarks.seeds", lesson, "--scale", scale]
    done = subprocess.run(
        [*command, "--one", str(seed)], cwd=ROOT, stdout=subprocess.PIPE, env=os.environ | QUIET
    )
    if done.returncode:
        sys.exit(f"Lesson {lesson} failed with seed {seed}.")
    print(f"{lesson}, seed {seed}", flush=True)
    return json.loads(done.stdout.decode().splitlines()[-1])


def run(lesson, seed, scale):
    """Run a lesson's code cells; `{id: value}` of what it measures once."""
    import matplotlib

    from course_lib.lesson import measure

    matplotlib.use("agg")
    records = []
    measure._display = lambda shown: records.append(shown.bundle.get(measure.MIME))
    (path,) = (ROOT / "notebooks").glob(f"[0-9][0-9]_{lesson}.ipynb")
    cells = json.loads(path.read_text("utf-8"))["cells"]
    names = {"__name__": "__main__"}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"{lesson}:{cell['id']}", "exec"), names)
            if "parameters" in cell["metadata"].get("tags", []):
                names |= {"seed": seed, "scale": scale}
    kept = [record for record in records if record and record["kind"] == "experiment"]
    return {r["id"]: r["values"][0] for r in kept if len(r["values"]) == 1 and not r["against"]}


def versions():
    import keras

    backend = keras.backend.backend()
    library = __import__(backend)
    return f"keras {keras.__version__}, {backend} {library.__version__}"


def stored(found, command):
    """Rows of one lesson: `{id: {values, date, command, versions}}`."""
    (versions,) = {version for _, version in found}
    about = {"date": str(datetime.date.today()), "command": command, "versions": versions}
    return {id: {"values": [values[id] for values, _ in found]} | about for id in found[0][0]}


def table(lesson_and_rows):
    lesson, rows = lesson_and_rows
    lines = []
    for id, row in rows.items():
        lines += [f"\n[{lesson}.{id}]", *(f"{k} = {json.dumps(v)}" for k, v in row.items()), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
