"""What an executed notebook says of itself: measurements, exercises, figures.

Each travels in the outputs under a MIME type of its own, so a report is made
from what ran and from nothing else.
"""

import math

from course_lib.lesson import catalogue, checks, claims

PNG = "image/png"
VERDICTS = tuple(claims.MARKS)
KINDS = catalogue.KINDS
EMPTY = catalogue.DEFAULTS | dict.fromkeys(
    ("id", "lesson", "text", "relation", "verdict", "values"), None
)


def outputs(notebook, mime):
    """All data of one MIME type that a notebook's cells show, in order."""
    return [data for _, data in numbered(notebook, mime)]


def numbered(notebook, mime):
    """The same with the number of the code cell: `[(number, data)]`."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [
        (number, output.data[mime])
        for number, cell in enumerate(cells, 1)
        for output in cell.outputs
        if mime in output.get("data", {})
    ]


def claim_records(notebook):
    """The measurements that the notebook recorded, as it wrote them."""
    return outputs(notebook, claims.MIME)


def measurements(notebook):
    """The measurements that a page can show: each a dict of the same keys.

    Returns:
        list of records, as `course_lib.lesson.claims` describes them.
    """
    return [found for record in claim_records(notebook) if (found := measurement(record))]


def measurement(record):
    """A record with all its keys, or None where it lacks what makes it one."""
    if not isinstance(record, dict):
        return None
    record = EMPTY | record
    published, stored = record["published"], record["stored"]
    values = [record["values"], *([stored.get("values")] if isinstance(stored, dict) else [])]
    optional = [record[name] for name in ("chance", "ceiling") if record[name] is not None]
    whole = (
        all(isinstance(record[name], str) for name in ("id", "lesson", "text", "unit"))
        and all(isinstance(record[name], str | None) for name in ("against", "erratum"))
        and record["verdict"] in VERDICTS
        and record["relation"] in claims.RELATIONS
        and record["kind"] in KINDS
        and all(isinstance(each, list) and each and all(map(_is_number, each)) for each in values)
        and all(map(_is_number, [record["threshold"], *optional]))
        and (published is None or _is_figure(published))
        and (stored is None or (isinstance(stored, dict) and isinstance(stored.get("date"), str)))
    )
    return record if whole else None


def _is_figure(published):
    return (
        isinstance(published, dict)
        and _is_number(published.get("value"))
        and isinstance(published.get("source"), str)
    )


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def verdicts(records):
    """The verdict of each claim measured: `{id: one of VERDICTS}`."""
    return {record["id"]: record["verdict"] for record in records}


def count(records):
    """How many claims are of each verdict, and how many of them are identities.

    Returns:
        (dict of verdict to the number of experiments' claims, number of identities)
    """
    of_kind = {record["id"]: record.get("kind") for record in records}
    found = verdicts(records)
    identities = [id for id in found if of_kind[id] == "identity"]
    each = [verdict for id, verdict in found.items() if id not in identities]
    return {verdict: each.count(verdict) for verdict in VERDICTS}, len(identities)


def wrong_exercises(notebook):
    """What is wrong with the exercises of a solutions notebook; empty if nothing is."""
    results = outputs(notebook, checks.MIME)
    if not results:
        return "no exercise is checked"
    wrong = [f"{x['id']} ({x['state']}) {x['message']}" for x in results if x["state"] != "right"]
    return "; ".join(wrong)


def alt(output):
    """What a picture says to whoever does not see it; empty if nothing."""
    said = output.get("metadata", {}).get(PNG, {})
    said = said.get("alt", "") if isinstance(said, dict) else ""
    return said.strip() if isinstance(said, str) else ""


def figures(notebook):
    """The notebook's pictures: `[(png in base64, what it shows, or the heading above it)]`."""
    found = []
    heading = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            lines = [line for line in cell.source.splitlines() if line.startswith("#")]
            heading = lines[-1].lstrip("# ") if lines else heading
            continue
        for output in cell.get("outputs", []):
            if PNG in output.get("data", {}):
                found.append((output.data[PNG], alt(output) or heading))
    return found
