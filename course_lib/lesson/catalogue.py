"""The claims of each lesson, as `claims.toml` words them.

    [autoencoder.ae-beats-pca]
    text = "A deep autoencoder rebuilds better than PCA of the same size: squared error per image"
    relation = "<"
    threshold = 13.87

A row has

* `text`: the statement, and what is measured of it;
* `relation`, one of < ≤ > ≥ =, and either `threshold`, a number, or `against`, the words for a
  number that only the run knows, such as "PCA's error";
* if they apply `unit`, `chance` (what a method without the effect scores), `ceiling` (what the
  truth scores), `published = {value, source}`, `erratum` (what is commonly printed wrongly),
  `kind = "identity"` for what is exact and needs no seeds, `clock = true` for what is read from a
  clock, which no second run repeats, `needs`, the name of data without which it is not measured,
  and `stored`, the values of several seeds from runs beforehand, with their `date`, `command` and
  `versions`. For the course's own lessons `python -m tests.benchmarks.seeds` writes these to
  `stored.toml`.
"""

import copy
import functools
import math
import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

from course_lib.lesson.claims import RELATIONS
from course_lib.lesson.folder import beside

KINDS = ("experiment", "identity")
DEFAULTS = {
    "unit": "",
    "threshold": None,
    "against": None,
    "chance": None,
    "ceiling": None,
    "published": None,
    "erratum": None,
    "kind": "experiment",
    "clock": False,
    "needs": None,
    "stored": None,
}


def catalogue(folder: str | Path | None = None) -> dict[str, dict[str, dict]]:
    """All rows as they are written: `{lesson: {id: row}}`.

    A `claims.toml` beside the notebooks comes before the package's, lesson by lesson.

    Args:
        folder: of the notebooks; by default that of the lesson that runs.

    Returns:
        nested dicts.

    Raises:
        ValueError: the file is no TOML.

    Example:

    >>> catalogue()["autoencoder"]["ae-linear-pca"]["unit"]
    '°'
    """
    found = _read("claims.toml")
    for lesson, rows in _read("stored.toml").items():
        for id, stored in rows.items():
            found[lesson][id]["stored"] = stored
    mine = beside("claims.toml") if folder is None else Path(folder) / "claims.toml"
    if mine and mine.is_file():
        try:
            found |= tomllib.loads(mine.read_text("utf-8"))
        except ValueError as error:
            raise ValueError(f"{mine.name} beside the notebooks is no TOML: {error}.") from None
    return found


def _read(name):
    # What is read is the caller's own, who may change it.
    return copy.deepcopy(_parsed(resources.files(__package__).joinpath(name).read_text("utf-8")))


@functools.cache
def _parsed(text):
    """Parsed once: every lesson's claims are asked for, each by itself, in one run of `check`."""
    return tomllib.loads(text)


def claims_of(lesson: str, folder: str | Path | None = None) -> dict[str, dict]:
    """The claims of one lesson, complete: `{id: row}`.

    Args:
        lesson: its name, such as `"autoencoder"`.
        folder: as for `catalogue`.

    Returns:
        one dict for each claim, with every key of a row.

    Raises:
        ValueError: a row that is wrong, or whose text is still to be written.
    """
    rows = catalogue(folder).get(lesson, {})
    for id, row in rows.items():
        if wrong := fault(row):
            raise ValueError(f"The claim {id} of lesson {lesson} {wrong} (claims.toml).")
    return {id: DEFAULTS | row for id, row in rows.items()}


def stored_values(lesson: str, id: str) -> list[float]:
    """What several seeds measured beforehand of one claim; empty if nothing is stored.

    Args:
        lesson: its name, such as `"autoencoder"`.
        id: of the claim.

    Returns:
        one number for each seed.

    Example:

    >>> len(stored_values("autoencoder", "ae-beats-pca")) >= 3
    True
    """
    return list((claims_of(lesson)[id]["stored"] or {"values": []})["values"])


def fault(row: Any) -> str:
    """What is wrong with a row of `claims.toml`, after the words "the claim"; empty if nothing.

    Example:

    >>> fault({"text": "It works", "relation": "=", "threshold": 1})
    'is an experiment, which is never equal to a number: its relation must be one of < ≤ > ≥'
    """
    if not isinstance(row, dict):
        return f"must be a table, but is {row!r}"
    if unknown := set(row) - {"text", "relation", *DEFAULTS}:
        return f"has the unknown key {min(unknown)!r}"
    row = DEFAULTS | row
    for name in ("text", "relation"):
        if not isinstance(row.get(name), str) or not row[name].strip():
            return f"has no {name}"
    if row["relation"] not in RELATIONS:
        return f"must have one of the relations {' '.join(RELATIONS)}, not {row['relation']!r}"
    if row["kind"] not in KINDS:
        return f"must be of kind {' or '.join(KINDS)}, but is {row['kind']!r}"
    if not isinstance(row["clock"], bool):
        return f"must have true or false for clock, but has {row['clock']!r}"
    if re.search(r"\bseconds\b", row["text"]) and not row["clock"]:
        return "is measured in seconds, which no second run repeats: it must have clock = true"
    if row["relation"] == "=" and row["kind"] != "identity":
        return (
            "is an experiment, which is never equal to a number: "
            "its relation must be one of < ≤ > ≥"
        )
    if (row["threshold"] is None) == (row["against"] is None):
        return "must have either a threshold, a number, or against, words for one"
    for name in ("threshold", "chance", "ceiling"):
        if row[name] is not None and not _is_number(row[name]):
            return f"has the {name} {row[name]!r}, which is no finite number"
    for name in ("unit", "against", "erratum", "needs"):
        if row[name] is not None and not isinstance(row[name], str):
            return f"must have words for {name}, but has {row[name]!r}"
    return _fault_of_figures(row)


def _fault_of_figures(row):
    published, stored = row["published"], row["stored"]
    if published is not None and not (
        isinstance(published, dict)
        and set(published) == {"value", "source"}
        and _is_number(published["value"])
        and isinstance(published["source"], str)
    ):
        return "must have published = {value, source}: a number, and where it stands"
    if stored is None:
        return ""
    if not isinstance(stored, dict) or set(stored) != {"values", "date", "command", "versions"}:
        return "must have stored = {values, date, command, versions}"
    values = stored["values"]
    if not isinstance(values, list) or len(values) < 2 or not all(map(_is_number, values)):
        return "must have at least two finite numbers, one for each seed, as stored values"
    if row["against"] is not None or row["kind"] == "identity":
        return "has stored values, which only an experiment with a fixed threshold has"
    return ""


def _is_number(value):
    return type(value) in (int, float) and math.isfinite(value)
