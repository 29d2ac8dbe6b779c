"""Imports run downwards only, and the library pulls in nothing but Keras and NumPy."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "course_lib"
BASE = {"autodiff", "extras", "files", "validation"}
# What `import course_lib` itself imports: no Keras in it.
FRONT = {"backend", "keras_import", "registry"}
ALLOWED = {
    "autodiff": {"validation"},
    "backend": set(),
    "extras": set(),
    "files": set(),
    "keras_import": {"backend", "registry"},
    "registry": set(),
    "validation": set(),
    "layers": BASE | {"losses"},
    "losses": BASE,
    "coding": BASE | {"layers", "losses"},
    "metrics": BASE,
    "data": BASE,
    "plots": BASE,
    "search": BASE,
    "training": BASE | {"losses"},
    "models": BASE | {"training", "coding", "layers", "losses"},
    "anomaly": BASE | {"models", "training", "losses", "metrics"},
    "lesson": {"extras"},
    "assignments": {"files", "lesson"},
    "pipeline": {"assignments", "backend", "extras", "lesson"},
}


def imported(path):
    """The parts of the package that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name.split(".")[1] for name in names if name.startswith("course_lib."))


FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE)
FILES += [PACKAGE / f"{name}.py" for name in sorted(BASE | FRONT)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_downwards(path):
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    others = set(imported(path)) - {part, "__version__"}
    assert others <= ALLOWED[part], f"{part} must not import {others - ALLOWED[part]}"


def test_every_part_is_known():
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert rooms | {path.stem for path in PACKAGE.glob("[!_]*.py")} == set(ALLOWED)


def test_the_library_needs_keras_and_numpy_alone():
    rooms = ("autodiff", "layers", "losses", "coding", "training", "models")
    program = (
        "import sys, keras; before = set(sys.modules)\n"
        f"import course_lib, {', '.join(f'course_lib.{room}' for room in rooms)}\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new - set(sys.stdlib_module_names) - {'course_lib', 'keras', 'numpy'}))"
    )
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert out == "[]\n"


def test_the_pipeline_does_not_wait_for_keras():
    program = "import sys, course_lib.pipeline.cli; print('keras' in sys.modules)"
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert out == "False\n"
