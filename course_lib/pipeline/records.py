"""What an executed notebook says of itself: claims, exercises, figures.

Each travels in the outputs under a MIME type of its own, so a report is made
from what ran and from nothing else.
"""

from course_lib.lesson import checks, claims

PNG = "image/png"


def outputs(notebook, mime):
    """All data of one MIME type that a notebook's cells show, in order."""
    return [
        output.data[mime]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if mime in output.get("data", {})
    ]


def claim_records(notebook):
    """The measurements of claims that the notebook recorded."""
    return outputs(notebook, claims.MIME)


def verdicts(records):
    """One verdict for each claim measured: `{id: "holds" | "fails" | "not judged"}`."""
    found = {}
    for record in records:
        found.setdefault(record["id"], []).append(record["verdict"])
    return {id: claims.verdict(each) for id, each in found.items()}


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
