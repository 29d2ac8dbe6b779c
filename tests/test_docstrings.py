"""Public names say what they take and where it comes from, in one layout."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "course_lib"
ROOMS = ["layers", "losses", "coding", "metrics", "data", "models", "search", "training", "anomaly"]
FILES = sorted(path for room in ROOMS for path in (PACKAGE / room).rglob("*.py"))
FILES += [PACKAGE / f"{name}.py" for name in ("autodiff", "files", "extras")]
SECTIONS = ["Args", "Call arguments", "Returns", "Raises", "Reference", "Example"]
# Keras calls these with arguments of its own.
KERAS = {"build", "compute_output_shape", "compute_output_spec", "compute_mask", "get_config"}
KERAS |= {"from_config", "save_own_variables", "load_own_variables"}


def documented(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield node, ast.get_docstring(node) or ""


def public(tree):
    """Functions of the module, and methods of its public classes."""
    for node in tree.body:
        inner = node.body if isinstance(node, ast.ClassDef) and node.name[0] != "_" else [node]
        for function in inner:
            if isinstance(function, ast.FunctionDef) and function.name[0] != "_":
                yield function


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_references_have_links_and_sections_their_order(path):
    for node, text in documented(ast.parse(path.read_text("utf-8"))):
        name = getattr(node, "name", "the module")
        for paragraph in text.split("\n\n"):
            if paragraph.lstrip().startswith("Reference:"):
                assert "://" in paragraph, f"{name}: a reference without a link"
        heads = [line.split(":")[0] for line in text.splitlines() if line[:1].isupper()]
        found = [head for head in heads if head in SECTIONS]
        assert found == sorted(found, key=SECTIONS.index), f"{name}: {found}"
        assert not {"Input shape", "Output shape"} & set(heads), name


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_public_signatures_have_hints(path):
    for function in public(ast.parse(path.read_text("utf-8"))):
        if function.name in KERAS:
            continue
        arguments = function.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        named += [a for a in (arguments.vararg, arguments.kwarg) if a]
        bare = [a.arg for a in named if a.annotation is None and a.arg not in ("self", "cls", "_")]
        assert not bare, f"{function.name}: {bare}"
        assert function.returns is not None, f"{function.name} has no return type"
