"""The seal on what was published: hashes of a lesson's code and outputs in its metadata.

    cells[id]    = fingerprint of a cell's code, then one of each of its outputs
    outputs_hash = hash(cells, scale, dataset, parameters, unusual, run_on)

It is no signature: whoever wants to lie can seal a lie. It finds the hand that edits a number,
the merge that went wrong, the picture that was replaced, and names the cell.
"""

import json

from course_lib.pipeline.catalogue import ranges
from course_lib.pipeline.keys import cell_code, code_cells, code_hash, fingerprint
from course_lib.pipeline.lessons import course_metadata

FACTS = ("scale", "dataset", "parameters", "unusual", "run_on")
SHORT = 8  # digits of a fingerprint that is compared with its neighbours only


def seal(notebook):
    """Write the hashes of a notebook's code and outputs into `metadata.course`."""
    course = notebook.metadata["course"]
    course["code_hash"] = code_hash(notebook)
    course["cells"] = {cell.id: " ".join(_fingerprints(cell)) for cell in code_cells(notebook)}
    course["outputs_hash"] = _outputs_hash(course)


def broken(notebook):
    """One phrase for each thing in a notebook that is not as it was published."""
    course = course_metadata(notebook)
    missing = [name for name in ("code_hash", "outputs_hash", "cells") if not course.get(name)]
    if missing:
        yield f"its metadata lack {' and '.join(missing)}: course publish"
        return
    if not isinstance(course["cells"], dict) or course["outputs_hash"] != _outputs_hash(course):
        yield f"one of {', '.join((*FACTS, 'cells'))} in its metadata is not what was published"
    known = course["cells"] if isinstance(course["cells"], dict) else {}
    found = list(_cells(notebook, known))
    yield from found
    if not found and course["code_hash"] != code_hash(notebook):
        yield "its code cells stand in another order than when they were run"


def _cells(notebook, known):
    numbered = list(enumerate(code_cells(notebook), 1))
    stale = [n for n, cell in numbered if _is_stale(cell, known.get(cell.get("id")))]
    if stale:
        several = len(stale) > 1
        which = f"cell{'s' * several} {ranges(stale)}"
        yield f"the outputs of {which} are older than {'their' if several else 'its'} code or tags"
    seen = [cell.get("id") for _, cell in numbered]
    for id in known:
        if id not in seen:
            yield f"the cell {id!r} is gone since its outputs were published"
    for number, cell in numbered:
        if cell.get("id") not in known:
            yield f"cell {number} is new since the outputs were published, or has a new id"
        else:
            yield from _cell(number, cell, str(known[cell.id]).split()[1:])


def _is_stale(cell, published):
    return published is not None and _fingerprints(cell)[:1] != str(published).split()[:1]


def _cell(number, cell, published):
    outputs = _fingerprints(cell)[1:]
    if outputs == published:
        return
    if sorted(outputs) == sorted(published):
        yield f"the outputs of cell {number} stand in another order"
    elif len(outputs) != len(published):
        were = "was" if len(published) == 1 else "were"
        yield f"cell {number} has {len(outputs)} outputs, and {len(published)} {were} published"
    else:
        for place, output in enumerate(cell.outputs):
            if outputs[place] != published[place]:
                which = f"output {place + 1} of cell {number}" if len(outputs) > 1 else ""
                which = which or f"the output of cell {number}"
                yield f"{which}, {_kind(output)}, is not what was published"


def _fingerprints(cell):
    outputs = [json.dumps(_as_saved(output), sort_keys=True) for output in cell.outputs]
    return [fingerprint(text)[:SHORT] for text in (cell_code(cell), *outputs)]


def _as_saved(value):
    """The same without what a browser that saves the notebook changes: 1.0 becomes 1."""
    if isinstance(value, dict):
        return {name: _as_saved(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_as_saved(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _outputs_hash(course):
    return fingerprint(json.dumps([course.get(name) for name in (*FACTS, "cells")], sort_keys=True))


def _kind(output):
    data = output.get("data", {})
    if any(name.startswith("image/") for name in data):
        return "a picture"
    if any(name.startswith("application/vnd.course-lib") for name in data):
        return "a measurement or a check"
    return "an error" if output.output_type == "error" else "a text"
