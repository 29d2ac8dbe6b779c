"""The commands of whoever teaches: `course slides`, `course assign` and `course grade`."""

import sys
from pathlib import Path

import click

from course_lib.pipeline import Refusal

timeout_option = click.option(
    "--timeout",
    type=click.IntRange(1),
    default=120,
    show_default=True,
    metavar="SECONDS",
    help="Longest time for one cell, and for one question to an answer.",
)
out_option = click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder of what is written."
)


@click.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("slides"),
    show_default=True,
    help="Folder.",
)
@click.option("--code", is_flag=True, help="Show the code of a figure before it.")
@click.pass_obj
def slides(folders, names, out, code):
    """Write lessons as slides: questions, drawings, equations and figures, one file a lesson."""
    from course_lib.pipeline.lessons import find_lessons, select
    from course_lib.pipeline.slides import write_slides

    for lesson in select(find_lessons(folders[0]), names):
        if not lesson.solution:
            path, count = write_slides(lesson, out, code)
            click.echo(f"{path}: {count} slides.")


@click.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@out_option
@click.option("--seed", type=click.IntRange(0), help="What the checks draw from. [default: secret]")
@click.option("--nbgrader", is_flag=True, help="Write it in nbgrader's format, too.")
@timeout_option
@click.pass_obj
def assign(folders, names, out, seed, nbgrader, timeout):
    """Write a student version of lessons' exercises, or of notebooks (paths, .ipynb).

    Every solution is tried first: what its own check does not pass is not assigned.
    """
    from course_lib.assignments import assign as making
    from course_lib.assignments.nbgrader import export
    from course_lib.assignments.sandbox import choose

    parts = making.parts_of(names, lambda name: _lesson(folders[0], name))
    assignment = making.made_of(parts, out, seed)
    if wrong := making.faults(assignment, choose(trust=True), timeout):
        raise Refusal(" ".join([*wrong, "Nothing was written."]))
    path = making.write(assignment, parts, out)
    count, points = len(assignment.checks), f"{assignment.points:g}"
    words = f"{count} check{'s' * (count != 1)}, {points} point{'s' * (points != '1')}"
    click.echo(f"{path}: {words}, and every solution passes.")
    if nbgrader:
        shown = [cell for part in parts.values() for cell in part.shown]
        click.echo(export(shown, assignment, out / "nbgrader"))
    click.echo(f"Keep {out / 'assignment.json'} to yourself: it holds the solutions.")


def _lesson(notebooks, name):
    """Paths of a lesson and of its solutions."""
    from course_lib.pipeline.lessons import find_lessons, select

    found = select(find_lessons(notebooks), [name])
    paths = {lesson.solution: lesson.path for lesson in found}
    if len(paths) != 2:
        raise Refusal(f"The lesson {name} has no notebook of solutions.")
    return paths[False], paths[True]


@click.command()
@click.argument("hand_ins", metavar="HAND-INS", type=click.Path(exists=True, path_type=Path))
@click.option("--assignment", type=click.Path(path_type=Path), required=True, help="Its folder.")
@out_option
@click.option("-j", "jobs", type=click.IntRange(1), default=1, help="Hand-ins at a time.")
@click.option("--dask", metavar="ADDRESS", help="Grade on the dask cluster of this scheduler.")
@click.option("--trust", is_flag=True, help="Run student code unprotected if there is no sandbox.")
@timeout_option
def grade(hand_ins, assignment, out, jobs, dask, trust, timeout):
    """Grade a folder or a zip of hand-ins; what is graded already is not graded again."""
    from course_lib.assignments import grading, handins, marks
    from course_lib.assignments.assignment import load
    from course_lib.assignments.cells import readable
    from course_lib.assignments.sandbox import choose
    from course_lib.pipeline.schedule import pool_of

    asked, found, sandbox = load(assignment), handins.hand_ins(hand_ins), choose(trust)
    click.echo(f"Sandbox: {sandbox}.")

    def show(x):
        notes = "".join(f"  {note}." for note in x["notes"])
        click.echo(readable(f"{x['student']}: {x['points']:g} of {x['of']:g}{notes}"))

    try:
        with pool_of(jobs, dask) as pool:
            results = grading.grade_all(found, asked, out, pool, sandbox, timeout, show)
    except KeyboardInterrupt:
        click.echo("Stopped: what is graded is kept, and the rest is graded next time.")
        sys.exit(130)
    summary = marks.write_marks(results, found, asked, out)
    cached = sum(x["cached"] for x in results)
    count = f"{len(results)} hand-in{'s' * (len(results) != 1)}"
    click.echo(f"{count} graded, {cached} of them before. Summary: {summary}")
    sys.exit(not all(x["graded"] for x in results))
