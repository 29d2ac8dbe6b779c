"""Which backend Keras computes on, found without importing Keras.

`KERAS_BACKEND` decides; without it the backend named in `keras.json`; without that the first
installed one of TensorFlow, JAX and PyTorch, where Keras alone would insist on TensorFlow.
"""

import json
import os
from importlib.util import find_spec
from pathlib import Path

BACKENDS = ("tensorflow", "jax", "torch")


def backend() -> str:
    """The backend that Keras will compute on.

    Returns:
        `"tensorflow"`, `"jax"`, `"torch"`, or another name that somebody chose.

    Raises:
        ModuleNotFoundError: if the chosen backend, or any at all, is not installed.

    Example:

    >>> backend() in BACKENDS
    True
    """
    for place, name in _chosen().items():
        if name in BACKENDS and not _installed(name):
            raise ModuleNotFoundError(
                f"{place} chooses the backend {name}, which is not installed: pip install {name}, "
                f"or choose another."
            )
        return name
    for name in BACKENDS:
        if _installed(name):
            return name
    raise ModuleNotFoundError(
        "Keras needs a backend and none is installed: pip install tensorflow, or jax, or torch."
    )


def choose_backend() -> None:
    """Tell Keras, which is not imported yet, to take the backend that `backend` finds."""
    found = backend()
    if found != "tensorflow" and not _chosen():
        os.environ["KERAS_BACKEND"] = found


def _chosen():
    """Where somebody chose a backend, and which: at most one entry."""
    name = os.environ.get("KERAS_BACKEND")
    if name:
        return {"KERAS_BACKEND": name}
    path = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "keras.json"
    try:
        name = json.loads(path.read_text("utf-8"))["backend"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    # Keras writes "tensorflow" into a new file by itself, so that word is nobody's choice.
    return {} if name == "tensorflow" else {str(path): name}


def _installed(name):
    spec = find_spec(name)
    # A folder that an uninstall left behind is a namespace, without an origin.
    return spec is not None and spec.origin is not None
