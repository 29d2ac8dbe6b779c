"""Run many notebooks: here, `-j` at a time, or on a cluster.

Lessons do not need each other's files, so any subset runs in any order, and
one that fails leaves the others alone. The same work function goes to a pool
of threads, each of which waits for its child process, or to `dask.distributed`.
"""

import concurrent.futures
import contextlib
import dataclasses
import os
import uuid
from pathlib import Path

from course_lib.backend import backend
from course_lib.pipeline import Refusal
from course_lib.pipeline.attempts import sweep
from course_lib.pipeline.locks import try_lock
from course_lib.pipeline.parameters import check_parameters, parameter_names
from course_lib.pipeline.run import Task, outcome, run_notebook
from course_lib.pipeline.surroundings import cores

CELL_TIMEOUT = {"smoke": 600, "lesson": 600, "paper": None}  # seconds


def plan(lessons, runs, scale, parameters=None, jobs=1, timeout=None):
    """One `Task` for each lesson; the runner's lock is still to be set.

    Args:
        lessons: list of `Lesson`.
        runs: folder of all results.
        scale: `"smoke"`, `"lesson"` or `"paper"`.
        parameters: dict of further parameters; a notebook gets those it has.
        jobs: how many run at a time, sharing the cores.
        timeout: seconds that a cell may take; by default 600, at paper scale any.

    Raises:
        Refusal: a parameter that no lesson has, or one that is no JSON value.
    """
    parameters = parameters or {}
    read = [read_lesson(lesson) for lesson in lessons]
    readable = {lesson.label: x for lesson, (x, _) in zip(lessons, read, strict=True) if x}
    check_parameters(parameters, readable)
    environment = environment_of(scale, jobs)
    return [
        make_task(lesson, *found, runs, scale, parameters, environment, timeout)
        for lesson, found in zip(lessons, read, strict=True)
    ]


def read_lesson(lesson):
    """(notebook, ""), or (None, why it cannot run)."""
    try:
        notebook = lesson.read()
        parameter_names(notebook)
    except Refusal as refusal:  # one lesson's trouble is not the others'
        return None, str(refusal).removeprefix(f"{lesson.label} ").rstrip(".")
    return notebook, ""


def make_task(lesson, notebook, fault, runs, scale, parameters, environment, timeout=None):
    """The `Task` of one lesson, as `read_lesson` read it; it gets the parameters that it has."""
    known = parameter_names(notebook) if notebook else ()
    given = {"scale": scale} | parameters
    return Task(
        label=lesson.label,
        notebook=str(lesson.path.resolve()),
        out=str(lesson.out(runs, scale).resolve()),
        name=lesson.name,
        solution=lesson.solution,
        parameters={name: value for name, value in given.items() if name in known},
        environment=environment | {"COURSE_NOTEBOOKS": str(lesson.folder.resolve())},
        timeout=timeout or CELL_TIMEOUT[scale],
        fault=fault,
    )


def environment_of(scale, jobs=1):
    """What is set for all children; several at a time share the cores."""
    environment = {
        "COURSE_RUN": scale,
        "KERAS_BACKEND": backend(),
        "PYTHONHASHSEED": "0",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    if jobs > 1:
        threads = str(max(1, cores() // jobs))
        for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
            environment[name] = os.environ.get(name, threads)
    return environment


def execute(tasks, jobs=1, address=None, show=lambda results: None):
    """Run all tasks and return their outcomes.

    Interrupted, it stops all that runs, keeps what is finished, and returns.

    Args:
        tasks: list of `Task`.
        jobs: how many run at a time on this machine.
        address: of a dask scheduler, to run them there instead. Its workers
            see the same folders as this machine.
        show: called a few times a second with the outcomes so far.

    Returns:
        (outcomes by label, whether it was interrupted)
    """
    for out in sorted({task.out for task in tasks}):
        Path(out).mkdir(parents=True, exist_ok=True)
        sweep(out)
    results = {}
    try:
        with _runner(tasks[0].out) as runner, pool_of(jobs, address) as pool, _wanted(runner):
            futures = {
                pool.submit(run_notebook, dataclasses.replace(task, runner=runner)): task
                for task in tasks
            }
            pending = set(futures)
            while pending:
                done, pending = concurrent.futures.wait(
                    pending, timeout=0.2, return_when=concurrent.futures.FIRST_COMPLETED
                )
                for future in done:
                    results[futures[future].label] = _outcome(future, futures[future])
                show(results)
    except KeyboardInterrupt:
        rest = {task.label: outcome(task, "cancelled") for task in tasks}
        return rest | results, True
    return results, False


@contextlib.contextmanager
def _runner(out):
    """A file for a lock, removed when nobody looks at it any more."""
    path = Path(out, f".run-{uuid.uuid4().hex}")
    try:
        yield str(path)
    finally:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def _wanted(runner):
    """Hold the runner's lock: whoever works for it stops when it is dropped."""
    held = False
    while not held:  # another run's sweep may be looking at it
        with try_lock(runner) as held:
            if held:
                yield


@contextlib.contextmanager
def pool_of(jobs, address=None):
    """Where work is done: `jobs` threads, or the cluster of the dask scheduler at `address`."""
    if not address:
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            yield pool
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise Refusal("--dask needs the package distributed: pip install distributed.") from error
    try:
        client = Client(address, timeout=5)
    except (OSError, ValueError) as error:
        raise Refusal(f"No dask scheduler answers at {address}: {error}.") from error
    with client:
        pool = client.get_executor(pure=False)
        yield pool
        # Not reached when interrupted: with the last worker dead, the rest would never end.
        pool.shutdown()


def _outcome(future, task):
    try:
        return future.result()
    except Exception as error:  # one lesson's trouble, whatever it is, is not the others'
        return outcome(task, "process died", error=f"{type(error).__name__}: {error}")
