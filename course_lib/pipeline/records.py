"""What an executed notebook says of itself: measurements, exercises, figures.

Each travels in the outputs under a MIME type of its own, so a report is made
from what ran and from nothing else.
"""

import math

from course_lib.lesson import checks, claims

PNG = "image/png"
VERDICTS = ("holds", "refuted", "undecided", "not judged")
# The worst of several measurements of one claim is the claim's.
WORST = ("refuted", "undecided", "holds", "not judged")
OLD = {"fails": "refuted"}


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
        list of dicts of `lesson`, `id`, `text`, `what`, `unit`, `values`, `relation`,
        `threshold`, `chance`, `ceiling`, `published`, `kind`, `verdict`, `erratum`.
    """
    return [found for record in claim_records(notebook) if (found := measurement(record))]


def measurement(record):
    """A record with all its keys, or None where it lacks what makes it one."""
    if not isinstance(record, dict) or not isinstance(record.get("id"), str):
        return None
    entry = claims.catalogue().get(record["id"], {})
    values = record.get("values", record.get("value"))
    values = values if isinstance(values, list) else [values]
    verdict = OLD.get(record.get("verdict"), record.get("verdict"))
    numbers = [*values, record.get("threshold")]
    if verdict not in VERDICTS or not values or not all(map(_is_number, numbers)):
        return None
    published = record.get("published")
    if isinstance(published, dict):
        published = (published.get("value"), published.get("source", ""))
    return {
        "lesson": str(record.get("lesson", entry.get("lesson", ""))),
        "id": record["id"],
        "text": str(record.get("text") or entry.get("statement", record["id"])),
        "what": str(record.get("what", "")),
        "unit": str(record.get("unit") or ""),
        "values": values,
        "relation": str(record.get("relation", "")),
        "threshold": record["threshold"],
        "chance": record.get("chance"),
        "ceiling": record.get("ceiling"),
        "published": tuple(published) if published and _is_number(published[0]) else None,
        "kind": "identity" if record.get("kind") == "identity" else "experiment",
        "verdict": verdict,
        "erratum": record.get("erratum", entry.get("erratum")) or None,
    }


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def verdicts(records):
    """One verdict for each claim measured: `{id: one of VERDICTS}`."""
    found = {}
    for record in records:
        verdict = OLD.get(record["verdict"], record["verdict"])
        found.setdefault(record["id"], []).append(verdict)
    return {id: next(v for v in WORST if v in each) for id, each in found.items()}


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
