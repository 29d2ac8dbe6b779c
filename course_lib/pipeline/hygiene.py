"""What a committed output must not hold: a machine's paths, addresses, warnings, logs, errors."""

import os
import re
import sys
import tempfile
from pathlib import Path

ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")
# How TensorFlow, absl, JAX and Python's own logging begin a line.
LOG = re.compile(
    r"^(?:[IWEF]\d{4} \d\d:|\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d.*: [IWEF] |"
    r"(?:DEBUG|INFO|WARNING|ERROR|CRITICAL):|To enable the following instructions).*",
    re.M,
)
WIDGET = "application/vnd.jupyter.widget-view+json"
PATH = re.compile(r"(?<![\w.:/<])(?:/(?:home|root|Users|tmp|var|usr|opt|mnt|content)/|[A-Z]:\\)\S+")


def stains(notebook):
    """One phrase for each output that does not belong in the repository.

    Args:
        notebook: an `nbformat` notebook with outputs.

    Returns:
        list of phrases such as `"cell 3 shows the memory address 0x7f12ab34cd56"`.
    """
    found = []
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, 1):
        for output in cell.outputs:
            if output.output_type == "error":
                found.append(f"cell {number} shows the error {output.ename}")
            if WIDGET in output.get("data", {}):
                found.append(f"cell {number} shows a widget, whose state is not kept")
            stains = [stain for text in _texts(output) for stain in _stains(text)]
            # Nothing on a page is written there; what is, are logs.
            if not stains and output.get("name") == "stderr" and output.text.strip():
                stains = [f"a line of a log: {output.text.strip().splitlines()[0]}"]
            found += [f"cell {number} shows {stain}" for stain in stains]
    return found


def _texts(output):
    yield output.get("text", "")
    for mime, value in output.get("data", {}).items():
        if not mime.startswith("image/") or mime == "image/svg+xml":
            yield value if isinstance(value, str) else repr(value)


def _stains(text):
    if log := LOG.search(text):
        yield f"a line of a log: {log[0]}"
    if address := ADDRESS.search(text):
        yield f"the memory address {address[0]}"
    if path := PATH.search(text) or _own_folders().search(text):
        yield f"the machine's path {path[0]}"
    if "Warning" in text:
        line = next(line for line in text.splitlines() if "Warning" in line)
        yield f"a warning: {line.strip()}"


def _own_folders():
    folders = {Path.home(), Path.cwd(), Path(sys.prefix), Path(tempfile.gettempdir())}
    # A root folder such as "/" is in every path and says nothing.
    names = [re.escape(str(folder)) for folder in folders if len(folder.parts) > 1]
    return re.compile(r"(?<![\w.])(?:" + "|".join(names) + rf")(?:{re.escape(os.sep)}\S*|\b)")
