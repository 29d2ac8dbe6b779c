"""`python -m tests.quick`: the checks for while you work, in two or three minutes.

Style, types, and what the library computes, on TensorFlow alone. The pipeline, the lessons and
the other backends have their turn in `make test`.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIBRARY = ("autodiff", "coding", "data", "layers", "losses", "metrics", "models", "training")
# Of the contract's table of models one of each kind: plain, drawing codes, training in phases.
MODELS = ("Autoencoder", "VAE", "AdversarialAutoencoder")
FACE = ("backend", "dependencies", "imports", "validation", "workflows")


def paths():
    """The library with its docstrings' examples, its tests, and those of its public face."""
    wanted = [
        *(f"course_lib/{name}" for name in LIBRARY),
        *(f"tests/{name}" for name in LIBRARY),
        "tests/plots",
        *(f"tests/test_{name}.py" for name in (*LIBRARY, *FACE)),
    ]
    found = [ROOT / path for path in wanted]
    found += [path.with_suffix(".py") for path in found]
    return [str(path.relative_to(ROOT)) for path in found if path.exists()]


def commands():
    # Without pytest-xdist, which a lean environment may lack, one after the other.
    beside = ["-n", "logical", "--maxprocesses", "4"] if find_spec("xdist") else []
    some = " or ".join(["not test_contract[", *(f"[{name}-" for name in MODELS)])
    return [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["pytest", "-q", "-m", "not slow", "-k", some, *beside, *paths()],
    ]


def main():
    environment = os.environ | {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    bad = []
    for command in commands():
        print("$", " ".join(command[:3]), flush=True)
        if subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env=environment).returncode:
            bad.append(command[0])
    if bad:
        sys.exit(f"Not right yet: {', '.join(dict.fromkeys(bad))}.")


if __name__ == "__main__":
    main()
