"""Every package that is imported is declared in the extra that needs it, and no other is."""

import ast
import json
import re
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from tests.test_imports import ALLOWED

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

# The extras that a part may use besides the core; a part that is not named here has the core.
EXTRAS = {
    "metrics": {"metrics"},
    "anomaly": {"metrics"},
    "data": {"data"},
    "search": {"search"},
    "plots": {"plots", "notebooks"},  # sliders where there are widgets
    "lesson": {"notebooks"},
    "assignments": {"notebooks"},
    "pipeline": {"notebooks", "cluster"},
    "tests": {"notebooks", "cluster", "tests"},
    "notebooks": {"notebooks"},
    "docs": {"site"},
}
# Whoever uses the library chooses one; code for one of them runs on that one alone.
BACKENDS = {"tensorflow", "jax", "torch"}
# A benchmark or a test compares with them where somebody installed them.
CONTENDERS = {"pythae", "pyod"}
# Declared because they are run, or bring a plug-in, and not because they are imported.
TOOLS = {"ipykernel", "jupyterlab", "nbdime", "nbval", "pytest-xdist", "ruff", "tensorflow"}
TOOLS |= {"check-jsonschema", "hatchling", "mypy", "tensorboard", "zizmor"}
TOOLS |= {"myst-nb", "sphinx-book-theme", "sphinx-mathjax-offline", "sphinx-revealjs"}
DISTRIBUTION = {"faiss": "faiss-cpu", "sklearn": "scikit-learn", "PIL": "pillow", "yaml": "pyyaml"}


def plain(name):
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(extras):
    """The distributions that the core and these extras bring."""
    lines = list(PROJECT["dependencies"])
    for extra in extras:
        lines += PROJECT["optional-dependencies"][extra]
    found = set()
    for line in lines:
        name, inner = re.match(r"([\w.-]+)(?:\[([\w,-]+)\])?", line).groups()
        if plain(name) == "course-lib":
            found |= declared(inner.split(","))
        else:
            found.add(plain(name))
    return found


def imported(source):
    """The distributions whose modules a source imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module)
    tops = {name.split(".")[0] for name in names} - {"course_lib", "docs", "tests"}
    return {plain(DISTRIBUTION.get(top, top)) for top in tops - set(sys.stdlib_module_names)}


def sources():
    """Pairs of a part and what one of its files says; IPython's own lines left out."""
    for path in (ROOT / "course_lib").rglob("*.py"):
        part = path.relative_to(ROOT / "course_lib").parts[0].removesuffix(".py")
        yield part, path, path.read_text("utf-8")
    for part in ("tests", "docs"):
        for path in (ROOT / part).rglob("*.py"):
            yield part, path, path.read_text("utf-8")
    for path in (ROOT / "notebooks").rglob("*.ipynb"):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        for cell in cells:
            if cell["cell_type"] == "code":
                lines = "".join(cell["source"]).splitlines()
                text = "\n".join(line for line in lines if not line.startswith(("%", "!")))
                yield "notebooks", path, text


@pytest.mark.parametrize("part", sorted({*ALLOWED, "tests", "notebooks", "docs"}))
def test_what_a_part_imports_is_declared_where_it_needs_it(part):
    allowed = declared(EXTRAS.get(part, set())) | BACKENDS
    for name, path, text in sources():
        if name == part:
            missing = imported(text) - allowed - (CONTENDERS if part == "tests" else set())
            assert not missing, f"{path.relative_to(ROOT)} imports {missing}"


def extra_blocks(source):
    """Pairs of the extra that a `with extra(...)` names, and what is imported in it."""
    for node in ast.walk(ast.parse(source)):
        call = node.items[0].context_expr if isinstance(node, ast.With) else None
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "extra":
            yield call.args[0].value, imported("\n".join(map(ast.unparse, node.body)))


def test_what_may_be_missing_is_imported_where_its_extra_is_named():
    """Else a learner meets ModuleNotFoundError without a word on what to install."""
    core = declared([]) | BACKENDS
    for part, path, text in sources():
        if part in ("metrics", "anomaly", "data"):
            blocks = list(extra_blocks(text))
            named = set().union(*(packages for _, packages in blocks))
            assert imported(text) - core <= named, path.relative_to(ROOT)
            for extra, packages in blocks:
                assert packages <= declared([extra]), f"{path.relative_to(ROOT)}: {extra}"


def test_what_is_declared_is_used():
    used = set().union(*(imported(text) for _, _, text in sources()))
    extras = PROJECT["optional-dependencies"]
    assert declared(extras) - used - TOOLS == set()


def test_a_floor_and_no_pin():
    """An install must not replace what a hosted notebook already has."""
    extras = PROJECT["optional-dependencies"].values()
    for line in chain(PROJECT["dependencies"], *extras):
        assert re.fullmatch(r"course_lib\[[\w,]+\]|[\w.-]+(\[[\w,-]+\])?>=[\d.]+", line), line
