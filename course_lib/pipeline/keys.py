"""What decides a lesson's result, as one hash.

    key = hash(code cells and tags, parameters, course_lib, data, packages)

Prose, outputs and cell ids are left out, so an edit to the text costs no run.
The pipeline is left out too: it carries results and does not make them.
"""

import hashlib
import importlib.metadata
import json
import os
import platform
from pathlib import Path

import course_lib
from course_lib.pipeline.lessons import tags

PACKAGES = ("keras", "tensorflow", "jax", "torch", "numpy", "scikit-learn", "matplotlib")
PACKAGES += ("ipykernel",)


def code_hash(notebook):
    """The hash of a notebook's code cells and their tags.

    The cell tagged `colab` is left out, for it holds the address of the
    repository and does nothing outside Colab; so is the one that papermill
    adds. A notebook and its executed copy therefore have the same hash.

    Args:
        notebook: an `nbformat` notebook.

    Returns:
        16 hexadecimal digits.
    """
    cells = [
        (cell.source, sorted(tags(cell)))
        for cell in notebook.cells
        if cell.cell_type == "code" and not {"colab", "injected-parameters"} & set(tags(cell))
    ]
    return _hash(json.dumps(cells).encode())


def run_key(notebook, parameters, surroundings):
    """The key of a run: two runs with the same key give the same results."""
    parts = [code_hash(notebook), parameters, surroundings]
    return _hash(json.dumps(parts, sort_keys=True).encode())


def surroundings():
    """The hash of all that a result stands on besides its notebook: files and versions."""
    package = Path(course_lib.__file__).parent
    digest = hashlib.sha256()
    files = [*package.rglob("*.py"), *package.rglob("*.toml"), *package.rglob("*.npz")]
    for path in sorted(files):
        name = path.relative_to(package).as_posix()
        if not name.startswith("pipeline/"):
            digest.update(f"{name}\0{_hash(path.read_bytes())}\0".encode())
    for path in sorted((package.parent / "data").glob("*.npz")):
        digest.update(f"{path.name}\0{_hash(path.read_bytes())}\0".encode())
    versions = {name: _version(name) for name in PACKAGES}
    return _hash(
        digest.digest(), json.dumps([platform.python_version(), versions, backend()]).encode()
    )


def backend():
    """The backend that Keras would choose, found without importing it."""
    chosen = os.environ.get("KERAS_BACKEND")
    if chosen:
        return chosen
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    try:
        return json.loads((home / "keras.json").read_text())["backend"]
    except (OSError, ValueError, KeyError):
        return "tensorflow"


def _version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _hash(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:16]
