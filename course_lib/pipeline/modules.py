"""The files of the library, parsed, and what the face of a package only names."""

import ast
import functools
from pathlib import Path

from course_lib.pipeline import syntax

# What a package's face says of itself, which moves no result.
SILENT = {"__all__", "__version__", "__getattr__", "__dir__"}


class Module:
    """A file of the library, parsed."""

    def __init__(self, source, is_package):
        self.words = syntax.source_words(source)
        try:
            self.tree = ast.parse(source)
        except (SyntaxError, ValueError):  # found by whoever imports it
            self.tree = ast.Module(body=[], type_ignores=[])
        self.strings = syntax.strings(self.tree)
        self.names = syntax.names(self.tree)
        self.is_package = is_package


@functools.lru_cache(maxsize=1000)
def read_module(path, changed, size):
    return Module(Path(path).read_text(encoding="utf-8"), Path(path).name == "__init__.py")


def made(tree):
    """The names that a module defines or assigns, anywhere in it."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    nodes = list(ast.walk(tree))
    made = {node.name for node in nodes if isinstance(node, kinds)}
    stored = (node for node in nodes if isinstance(node, ast.Name))
    return made | {node.id for node in stored if isinstance(node.ctx, ast.Store)}


def doing(face):
    """The statements of a package's face that do more than to import and to name."""
    return [statement for statement in face.body if not _names_only(statement)]


def _names_only(statement):
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return True
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.If):
        return isinstance(statement.test, ast.Name) and statement.test.id == "TYPE_CHECKING"
    if isinstance(statement, ast.With):  # with extra("notebooks"): from … import …
        opened = [getattr(item.context_expr, "func", None) for item in statement.items]
        known = all(isinstance(name, ast.Name) and name.id == "extra" for name in opened)
        return known and all(map(_names_only, statement.body))
    if isinstance(statement, ast.FunctionDef):
        return statement.name in SILENT
    acts = (ast.Call, ast.Attribute, ast.Subscript, ast.NamedExpr)
    given = made(ast.Module(body=[statement], type_ignores=[]))
    private = all(name in SILENT or name.startswith("_") for name in given)
    return private and not any(isinstance(node, acts) for node in ast.walk(statement))


def absolute(node, module, is_package):
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    parts = parts[: len(parts) - node.level + is_package]
    return ".".join([*parts, node.module] if node.module else parts)
