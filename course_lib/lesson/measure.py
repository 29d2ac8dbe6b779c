"""A lesson's measurements, each in one line.

    measure, results = measurements("autoencoder", scale)
    measure("ae-beats-pca", errors, against=error_of_pca)
    results()

All words stand in `claims.toml`; `catalogue.py` says how, and `claims.py` how a claim is judged.
Each measurement travels in the executed notebook as a plain record, so that a report is made from
what ran and from nothing else.
"""

import os
from collections.abc import Callable
from html import escape

import numpy as np

from course_lib.lesson.catalogue import catalogue, claims_of
from course_lib.lesson.claims import MIME, cells, sentence, summary, table, tally, verdict
from course_lib.lesson.scale import check_scale


def measurements(lesson: str, scale: str) -> tuple[Callable, Callable]:
    """The two functions by which a lesson measures its claims: `measure` and `results`.

    `measure(id, values, *, against=None, chance=None, ceiling=None)` judges one number, or one
    for each seed, and shows the outcome. `against` is the threshold where only the run knows it;
    where the baseline has seeds, too, pass the differences as values. `chance` and `ceiling` are
    given here where they are measured. `results()` shows the table of all that was measured.

    Args:
        lesson: its name in `claims.toml`, such as `"autoencoder"`.
        scale: `"smoke"`, `"lesson"` or `"paper"`.

    Returns:
        the functions `measure` and `results`.

    Raises:
        ValueError: no such lesson or scale, or a row of `claims.toml` that is wrong.

    Example:

    >>> measure, results = measurements("autoencoder", "lesson")
    >>> measure("ae-linear-pca", [0.2, 0.3, 0.25])
    ✓ holds  ae-linear-pca: 0.25 ° [0.1258 … 0.3742], expected < 1 °
    """
    ours = Measurements(lesson, scale)
    return ours.measure, ours.results


class Measurements:
    """What one run of one lesson has measured; `measurements` explains the two functions."""

    def __init__(self, lesson, scale):
        self.lesson, self.scale = lesson, check_scale(scale)
        self.claims = claims_of(lesson)
        if not self.claims:
            known = ", ".join(catalogue())
            raise ValueError(f"lesson must be one of claims.toml ({known}), but is {lesson!r}.")
        self.records = {}

    def measure(self, id, values, *, against=None, chance=None, ceiling=None):
        claim = self._claim(id)
        values = _finite(id, "values", values)
        if claim["kind"] == "identity" and len(values) > 1:
            raise ValueError(f"{id} is an identity: it takes one number, not {len(values)}.")
        record = {"lesson": self.lesson, "id": id, "scale": self.scale, **claim, "values": values}
        record["threshold"] = _number(id, "against", against, claim["threshold"])
        record["chance"] = _number(id, "chance", chance, claim["chance"])
        record["ceiling"] = _number(id, "ceiling", ceiling, claim["ceiling"])
        if record["threshold"] is None:
            raise ValueError(f"{id} needs against, a number: {claim['against']}.")
        record["verdict"] = verdict(record)
        self.records[id] = record
        _display(_Shown(_paragraph(record), sentence(record), record))

    def results(self):
        missing = {id: self.claims[id]["needs"] for id in self.claims if id not in self.records}
        if forgotten := [id for id, needs in missing.items() if needs is None]:
            raise ValueError(f"Lesson {self.lesson} has not measured {', '.join(forgotten)}.")
        records = [self.records[id] for id in self.claims if id in self.records]
        ends = [tally(records)]
        ends += [f"not measured, without {needs}: {id}" for id, needs in missing.items()]
        text = "\n".join([summary(records), *ends])
        _display(_Shown(table(records) + "".join(f"<p>{escape(end)}</p>" for end in ends), text))

    def _claim(self, id):
        if id not in self.claims:
            others = [name for name, rows in catalogue().items() if id in rows]
            where = f", which is one of {others[0]}" if others else ""
            known = ", ".join(self.claims)
            raise ValueError(
                f"id must be a claim of {self.lesson} ({known}), but is {id!r}{where}."
            )
        # On a live page a cell may be run again; in a run of the course each runs once.
        if id in self.records and "COURSE_RUN" in os.environ:
            raise ValueError(f"{id} is measured twice.")
        return self.claims[id]


def _finite(id, name, values):
    """A number, or one for each seed, as a list of floats."""
    try:
        array = np.asarray(values, "float64")
    except (TypeError, ValueError):
        array = np.empty((0, 0))
    if array.ndim > 1 or not array.size or not np.isfinite(array).all():
        raise ValueError(
            f"{name} of {id} must be a finite number, or one for each seed, but is {values!r}."
        )
    return [float(value) for value in np.ravel(array)]


def _number(id, name, measured, stated):
    """The number that the run gives, or the one that `claims.toml` states."""
    if measured is None:
        return stated
    if stated is not None:
        raise ValueError(f"{name} of {id} is {stated:g} in claims.toml, and given once more.")
    numbers = _finite(id, name, measured)
    if len(numbers) > 1:
        raise ValueError(
            f"{name} of {id} must be one number, not {len(numbers)}: pass differences as values."
        )
    return numbers[0]


def _paragraph(record):
    cell = {name: escape(text) for name, text in cells(record).items()}
    between = "" if cell["interval"] == "–" else f" [{cell['interval']}]"
    return (
        f"<p><b>{cell['verdict']}</b> · {cell['claim']}: "
        f"<b style='white-space: nowrap'>{cell['value']}</b>{between}, "
        f"expected {cell['expected']}</p>"
    )


class _Shown:
    """Text for a page, for a terminal, and a record to be read by the pipeline."""

    def __init__(self, html, text, record=None):
        self.bundle = {"text/html": html, "text/plain": text}
        self.bundle |= {MIME: record} if record else {}

    def _repr_mimebundle_(self, include=None, exclude=None):
        return self.bundle

    def __repr__(self):
        return self.bundle["text/plain"]


def _display(shown):
    from IPython.display import display  # imported late: only a notebook needs it

    display(shown)
