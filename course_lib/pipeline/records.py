"""What an executed notebook says of itself: measurements, exercises, figures.

Each travels in the outputs under a MIME type of its own, so a report is made
from what ran and from nothing else.
"""

import math

from course_lib.lesson import checks, claims

PNG = "image/png"
VERDICTS = tuple(claims.MARKS)


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
    if not isinstance(record, dict) or not isinstance(record.get("id"), str):
        return None
    values = record.get("values")
    numbers = [*values, record.get("threshold")] if isinstance(values, list) and values else [None]
    known = record.get("verdict") in VERDICTS and record.get("relation") in claims.RELATIONS
    if not known or not all(map(_is_number, numbers)):
        return None
    published = record.get("published")
    complete = isinstance(published, dict) and _is_number(published.get("value"))
    return record | {
        "lesson": str(record.get("lesson", "")),
        "text": str(record.get("text") or record["id"]),
        "unit": str(record.get("unit") or ""),
        "against": record.get("against"),
        "chance": record.get("chance"),
        "ceiling": record.get("ceiling"),
        "published": {"source": ""} | published if complete else None,
        "kind": "identity" if record.get("kind") == "identity" else "experiment",
        "erratum": record.get("erratum") or None,
    }


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


def figures(notebook):
    """The notebook's pictures: `[(png in base64, alternative text)]`."""
    found = []
    heading = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            lines = [line for line in cell.source.splitlines() if line.startswith("#")]
            heading = lines[-1].lstrip("# ") if lines else heading
            continue
        for output in cell.get("outputs", []):
            if PNG in output.get("data", {}):
                found.append((output.data[PNG], heading))
    return found
