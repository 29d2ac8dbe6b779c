"""Every lesson on other data, from other seeds, without a network and on other backends.

    lessons × data sets × settings,    at smoke scale

It comes apart into as many parts as there are settings: part k runs lesson i on data set j in
setting (i + j + k), so that each part runs every lesson on every data set once.
"""

import dataclasses
from pathlib import Path

from course_lib.pipeline.schedule import environment_of, make_task, read_lesson

SCALE = "smoke"
# MNIST is asked for as the lessons ask for it: where it cannot be had, they take the glyphs.
DATASETS = {"mnist": "auto", "fashion_mnist": "fashion_mnist", "glyphs": "glyphs"}
# Seed and place: with the data at hand, with nothing and no network, or on another backend.
SETTINGS = (
    (0, "cached"),
    (7, "offline"),
    (7, "cached"),
    (0, "offline"),
    (0, "jax"),
    (7, "torch"),
)
NO_NETWORK = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")
NO_DATA = "OSError: fashion_mnist is not in the cache of Keras and cannot be downloaded"


def matrix(lessons, runs, part=None, jobs=1):
    """Each lesson on each data set in each setting, or in the settings of one part.

    Args:
        lessons: list of `Lesson`; solutions, which take no data, are left out.
        runs: folder of all results; these are in `matrix/DATASET-SEED-PLACE` of it.
        part: whole number; `None` for all parts.
        jobs: how many run at a time, sharing the cores.

    Returns:
        list of (`Task`, how its error must begin: empty where it must run through)
    """
    runs = Path(runs) / "matrix"
    settings = environment_of(SCALE, jobs)
    found = {}
    for i, lesson in enumerate(lesson for lesson in lessons if not lesson.solution):
        read = read_lesson(lesson)
        for j, (name, dataset) in enumerate(DATASETS.items()):
            for k, (seed, place) in enumerate(SETTINGS):
                if part is not None and k != (i + j + part) % len(SETTINGS):
                    continue
                folder = runs / f"{name}-{seed}-{place}"
                parameters = {"dataset": dataset, "seed": seed}
                environment = settings | _environment(place, runs)
                task = make_task(lesson, *read, folder, SCALE, parameters, environment)
                task = dataclasses.replace(task, label=f"{lesson.label} {folder.name}")
                lost = dataset == task.parameters.get("dataset") == "fashion_mnist"
                wanted = NO_DATA if lost and place == "offline" else ""
                # A lesson without one of the parameters would run the same thing again.
                key = lesson.label, place, str(task.parameters)
                found.setdefault(key, (task, wanted))
    return list(found.values())


def surprise(result, wanted):
    """What is not as it should be with an outcome; empty if nothing is."""
    error = result.get("error") or result["status"]
    if not wanted:
        return "" if result["status"] == "ok" else error
    refused = result["status"] == "error" and error.startswith(wanted)
    return "" if refused else f"it should have ended with {wanted!r}, but: {error}"


def _environment(place, runs):
    if place == "cached":
        return {}
    if place == "offline":
        return NO_NETWORK | {"no_proxy": "", "KERAS_HOME": str((runs / "nothing").resolve())}
    return {"KERAS_BACKEND": place}
