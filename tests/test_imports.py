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
    "keras_import": {"backend", "registry"},
    "registry": set(),
    "files": set(),
    "validation": set(),
    "layers": BASE | {"losses"},
    "losses": BASE,
    "coding": BASE | {"layers", "losses"},
    "metrics": BASE,
    "data": BASE,
    "plots": BASE,
    "training": BASE | {"losses"},
    "models": BASE | {"training", "coding", "layers", "losses"},
    "lesson": {"extras"},
    "pipeline": {"backend", "extras", "lesson"},
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


LIBRARY = ["models", "training", "layers", "losses", "coding", "metrics", "data", *sorted(BASE)]


@pytest.mark.parametrize("module", ["course_lib", *(f"course_lib.{name}" for name in LIBRARY)])
def test_the_library_needs_keras_and_numpy_alone(module):
    program = (
        "import sys, keras; before = set(sys.modules)\n"
        f"import {module}\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new - set(sys.stdlib_module_names) - {'course_lib', 'keras', 'numpy'}))"
    )
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert out == "[]\n"


@pytest.mark.parametrize(
    ("package", "call", "extra"),
    [
        ("scipy", "metrics.parzen_log_likelihood(x, x, 1.0)", "metrics"),
        ("scipy", "metrics.principal_angles(x, x)", "metrics"),
        ("sklearn", "metrics.mutual_information_gap(x, y)", "metrics"),
        ("threadpoolctl", "metrics.higgins_score(x, y)", "metrics"),
        ("sklearn", "metrics.knn_error((x, y[:, 0]), (x, y[:, 0]))", "metrics"),
        ("threadpoolctl", "metrics.linear_probe_error(*3 * [(x, y[:, 0])])", "metrics"),
        ("sklearn", "data.load_images('digits')", "notebooks"),
        ("sklearn", "data.load_patches()", "notebooks"),
        ("PIL", "data.load_patches(folder='.')", "notebooks"),
        ("matplotlib", "data.render_glyphs(1)", "notebooks"),
    ],
)
def test_a_missing_package_is_asked_for_in_one_sentence(package, call, extra):
    program = (
        f"import sys; sys.modules['{package}'] = None\n"
        "import numpy as np; from course_lib import data, metrics\n"
        "x, y = np.eye(3)[:, :2] + 1, np.array([[0, 1], [1, 0], [1, 1]])\n"
        f"try:\n    {call}\n"
        "except ModuleNotFoundError as error:\n    print(error)"
    )
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert out == f"{package} is not installed: pip install 'course_lib[{extra}]'\n"


def test_the_pipeline_does_not_wait_for_keras():
    program = "import sys, course_lib.pipeline.cli; print('keras' in sys.modules)"
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert out == "False\n"
