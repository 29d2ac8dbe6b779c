"""What a result stands on besides code: packages and their versions, Keras and its settings."""

import functools
import importlib.metadata
import json
import os
import platform
import sys
from pathlib import Path

from course_lib.backend import backend
from course_lib.pipeline import syntax

# What results stand on beyond what a notebook imports by name; and names that differ from the
# module's.
PACKAGES = {"keras", "numpy", "scipy", "scikit-learn", "matplotlib", "pillow", "threadpoolctl"}
PACKAGES |= {"ipykernel", "ipython"}
# What moves the last digits of a training, and with them the first of what is chaotic.
COMPUTE = ("keras", "numpy", "scipy", "scikit-learn", "tensorflow")
DISTRIBUTIONS = {"sklearn": "scikit-learn", "PIL": "pillow", "IPython": "ipython"}


def default_backend(environ=os.environ):
    """The backend that Keras would choose, found without importing it."""
    return environ.get("KERAS_BACKEND") or backend()


def imported_packages(tree):
    """The packages that a tree imports, by their distributions' names."""
    roots = {name.split(".")[0] for name in syntax.imports(tree)}
    return {DISTRIBUTIONS.get(name, name) for name in roots - {"course_lib"}}


def versions(imported):
    wanted = (imported | PACKAGES) - set(sys.stdlib_module_names)
    found = {name: _version(name) for name in sorted(wanted)}
    return {name: version for name, version in found.items() if version}


@functools.cache
def _version(package):
    try:
        return importlib.metadata.version(package)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return None


def numbers(environ):
    """What the settings of Keras say about numbers; it writes them down when it is first used."""
    usual = {"floatx": "float32", "epsilon": 1e-07, "image_data_format": "channels_last"}
    try:
        found = json.loads((keras_home(environ) / "keras.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    found = found if isinstance(found, dict) else {}
    return {name: found.get(name, value) for name, value in usual.items()}


def keras_home(environ):
    return Path(environ.get("KERAS_HOME") or Path.home() / ".keras")


def scikit_learn_home(environ):
    return Path(environ.get("SCIKIT_LEARN_DATA") or Path.home() / "scikit_learn_data")


def run_on(environ=os.environ):
    """The processor and the packages on which a run repeats bit for bit, in words.

    Another processor, number of threads or release of a package adds in another order: a
    training then ends elsewhere, as it does from another seed.
    """
    found = [f"{processor()}, {environ.get('OMP_NUM_THREADS') or cores()} threads"]
    found += [f"{name} {_version(name)}" for name in COMPUTE if _version(name)]
    return ", ".join(found)


def cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def processor():
    """The processor's name, family, model and stepping."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    said = dict([part.strip() for part in line.split(":", 1)] for line in lines if ":" in line)
    numbers = [said.get(name, "?") for name in ("cpu family", "model", "stepping")]
    return f"{said.get('model name', platform.machine())} {'.'.join(numbers)}"
