"""A run before somebody's eyes: what it needs, how it looks, and what is said of it in the end."""

import importlib.util
import signal

import click
from rich.console import Console

from course_lib.pipeline.display import Display, describe
from course_lib.pipeline.processes import missing_guards
from course_lib.pipeline.schedule import execute

NEEDED = ("ipykernel", "nbclient", "papermill")  # by the children alone


def run_here(tasks, jobs, dask=None):
    """Run tasks and show how far each is; `schedule.execute` says what comes back."""
    for package in NEEDED:
        if importlib.util.find_spec(package) is None:
            raise ModuleNotFoundError(name=package)
    for guard in missing_guards():
        click.echo(f"Without this system's help {guard}.")
    # SIGINT too: who starts this in a script's background hands it on ignored.
    for interruption in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interruption, signal.default_int_handler)
    with Display(tasks, Console()) as display:
        results, interrupted = execute(tasks, jobs, dask, display.update)
        display.update(results)
    return results, interrupted


def tell(results, bad, good):
    """Say which notebooks are not as wanted, and how many are.

    Args:
        results: dict of label to outcome.
        bad: dict of label to what is wrong.
        good: what the others are, in a word or two.
    """
    for label, why in bad.items():
        state, cell, *_ = describe(results[label])
        click.echo(f"{label}: {state} {cell} {why}")
    count = len(results) - len(bad)
    cached = sum(result.get("cached", False) for result in results.values())
    click.echo(f"{count} of {len(results)} notebooks {good}, {cached} of them unchanged.")
