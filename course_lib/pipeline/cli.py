"""The console command `course`: list, run, report, publish and check the lessons."""

import sys
from pathlib import Path

import click

from course_lib.pipeline import Refusal
from course_lib.pipeline.teaching import assign, grade, slides

SCALES = ("smoke", "lesson", "paper")


class Group(click.Group):
    """A refusal or a full disk is one sentence for a person, not a traceback."""

    def invoke(self, context):
        try:
            return super().invoke(context)
        except (Refusal, OSError) as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt:
            sys.exit(130)


@click.group(cls=Group)
@click.option(
    "--notebooks",
    type=click.Path(path_type=Path),
    default=Path("notebooks"),
    show_default=True,
    help="Folder of the lessons.",
)
@click.option(
    "--runs",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="Folder of what runs leave.",
)
@click.pass_context
def main(context, notebooks, runs):
    """Run, report, check and publish the lessons of the course."""
    context.obj = (notebooks, runs)


main.add_command(assign)
main.add_command(grade)
main.add_command(slides)


scale_option = click.option(
    "--scale", type=click.Choice(SCALES), default="lesson", show_default=True, help="Size of runs."
)


def _names(context, option, words):
    names = [word.strip() for word in words.split(",")] if words is not None else []
    if "" in names:
        raise click.BadParameter("--only needs the names of lessons, such as sparse,variational.")
    return names


only_option = click.option(
    "--only", metavar="NAME,NAME", help="These lessons alone.", callback=_names
)


@main.command("list")
@click.pass_obj
def list_lessons(folders):
    """The lessons, and how their last run ended at each scale."""
    from rich.console import Console

    from course_lib.pipeline.display import overview
    from course_lib.pipeline.lessons import find_lessons, select

    notebooks, runs = folders
    Console().print(overview(select(find_lessons(notebooks), ()), runs, SCALES))


jobs_option = click.option(
    "-j", "jobs", type=click.IntRange(1), default=1, help="Notebooks at a time."
)


@main.command()
@scale_option
@jobs_option
@only_option
@click.option("--dask", metavar="ADDRESS", help="Run on the dask cluster of this scheduler.")
@click.option(
    "-p", "pairs", multiple=True, metavar="NAME=VALUE", help="A parameter of the lessons."
)
@click.option(
    "--timeout",
    type=click.IntRange(1),
    metavar="SECONDS",
    help="Longest time for one cell. [default: 600; at paper scale none]",
)
@click.pass_obj
def run(folders, scale, jobs, only, dask, pairs, timeout):
    """Run the lessons and their solutions that have no finished run yet."""
    from course_lib.pipeline.foreground import run_here, tell
    from course_lib.pipeline.lessons import find_lessons, select
    from course_lib.pipeline.parameters import parse_parameters
    from course_lib.pipeline.report import write_report
    from course_lib.pipeline.schedule import plan

    notebooks, runs = folders
    lessons = select(find_lessons(notebooks), only)
    tasks = plan(lessons, runs, scale, parse_parameters(pairs), jobs, timeout)
    results, interrupted = run_here(tasks, jobs, dask)
    bad = {x["label"]: x.get("error", "") for x in results.values() if x["status"] != "ok"}
    tell(results, bad, "ok")
    _say_report(*write_report(find_lessons(notebooks), runs, scale))
    sys.exit(130 if interrupted else bool(bad))


@main.command()
@jobs_option
@only_option
@click.option("--part", type=click.IntRange(0), help="One part of it: every lesson on all data.")
@click.pass_obj
def matrix(folders, jobs, only, part):
    """Run the lessons on other data, seeds and backends, and without a network, at smoke scale."""
    from course_lib.pipeline.foreground import run_here, tell
    from course_lib.pipeline.lessons import find_lessons, select
    from course_lib.pipeline.matrix import matrix as cells
    from course_lib.pipeline.matrix import surprise

    notebooks, runs = folders
    pairs = cells(select(find_lessons(notebooks), only), runs, part, jobs)
    results, interrupted = run_here([task for task, _ in pairs], jobs)
    found = {task.label: surprise(results[task.label], wanted) for task, wanted in pairs}
    tell(results, {label: words for label, words in found.items() if words}, "as they should be")
    sys.exit(130 if interrupted else any(found.values()))


@main.command()
@scale_option
@click.pass_obj
def report(folders, scale):
    """Write the page that shows the last run of every lesson."""
    from course_lib.pipeline.lessons import find_lessons, select
    from course_lib.pipeline.report import write_report

    notebooks, runs = folders
    _say_report(*write_report(select(find_lessons(notebooks), ()), runs, scale))


def _say_report(path, notes):
    for note in notes:
        click.echo(note)
    click.echo(f"Report: {path}")


@main.command()
@scale_option
@only_option
@click.option(
    "--repository",
    metavar="URL",
    help="Write this address, of the repository or of a wheel, instead of outputs.",
)
@click.option(
    "--unusual",
    default="",
    metavar="WORDS",
    help="Publish a run with other parameters, scale or packages; these words say why and stay.",
)
@click.pass_obj
def publish(folders, scale, only, repository, unusual):
    """Write the outputs of the last run into the notebooks, with covers and pages."""
    from course_lib.pipeline.address import read_address, write_address
    from course_lib.pipeline.lessons import find_lessons, select
    from course_lib.pipeline.publish import publish as write_outputs

    notebooks, runs = folders
    pyproject = notebooks.resolve().parent / "pyproject.toml"
    if repository is not None:
        write_address(repository, select(find_lessons(notebooks), ()), pyproject)
        click.echo(f"The address is now {repository or 'empty'}.")
        return
    lessons = select(find_lessons(notebooks), only)
    write_outputs(lessons, notebooks, runs, scale, read_address(pyproject), unusual.strip())
    count = f"{len(lessons)} notebook{'s' * (len(lessons) != 1)}"
    click.echo(f"{count} published; the index is {notebooks / 'README.md'}.")


@main.command()
@click.argument("to", metavar="DIR", type=click.Path(path_type=Path))
@only_option
@click.pass_obj
def standalone(folders, to, only):
    """Write copies that carry the library: whoever is sent one opens it on Colab, and it runs."""
    from course_lib.pipeline.address import read_address
    from course_lib.pipeline.lessons import find_lessons, select
    from course_lib.pipeline.standalone import write_standalone

    notebooks, _ = folders
    address = read_address(notebooks.resolve().parent / "pyproject.toml")
    for path in write_standalone(select(find_lessons(notebooks), only), to, address):
        click.echo(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


@main.command()
@click.argument("name")
@click.option("--after", metavar="OTHER", help="The lesson it follows. [default: the last]")
@click.pass_obj
def new(folders, name, after):
    """Write a new lesson with all that belongs to it; it runs as it is."""
    from course_lib.pipeline.new import new_lesson

    notebooks, _ = folders
    for path in new_lesson(name, after, notebooks):
        click.echo(path)
    here = "" if notebooks == Path("notebooks") else f" --notebooks {notebooks}"
    click.echo(f"course{here} run --only {name} runs it.")
    click.echo(f"course{here} check says what is still to fill in.")


@main.command()
@click.pass_obj
def check(folders):
    """Check the notebooks for what every lesson keeps to, without running them.

    Prints how long each lesson is, and what is not as it should be.
    """
    from course_lib.pipeline.check import findings
    from course_lib.pipeline.lessons import find_lessons, select
    from course_lib.pipeline.measures import measured

    notebooks, _ = folders
    lessons = select(find_lessons(notebooks), ())
    found = findings(lessons, notebooks)
    for line in measured(lessons):
        click.echo(line, err=True)
    for finding in found:
        click.echo(finding)
    sys.exit(bool(found))
