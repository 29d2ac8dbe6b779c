"""The library's public names, read from its source: signature, docstring, lines, forebears.

Nothing is imported, so that neither Keras nor a backend is needed.
"""

import ast
import copy
import dataclasses
import functools
from pathlib import Path

PARTS = ("layers", "losses", "models", "coding", "data", "metrics", "training")
PARTS += ("plots", "search", "anomaly", "lesson")
# Keras calls these; what they do is said in Keras' own pages.
KERAS = {"build", "call", "compute_output_shape", "compute_output_spec", "compute_mask"}
KERAS |= {"get_config", "from_config"}


@dataclasses.dataclass(frozen=True)
class Entry:
    """A public name: where it is imported from, and the statement that defines it."""

    part: str
    name: str
    path: Path  # from the project's root
    node: ast.stmt

    @property
    def doc(self):
        return ast.get_docstring(self.node) if hasattr(self.node, "body") else self.comment

    @property
    def comment(self):
        """The comment in the lines before a constant."""
        lines = Path(self.path).read_text("utf-8").splitlines()[: self.node.lineno - 1]
        found = []
        while lines and lines[-1].startswith("#"):
            found.insert(0, lines.pop().lstrip("# "))
        return "\n".join(found)


@functools.cache
def tree(path):
    return ast.parse(Path(path).read_text("utf-8"))


def imports(path):
    """What a file imports from the library: `{name: (file, name there)}`."""
    found = {}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("course_lib."):
            for alias in node.names:
                file = Path(node.module.replace(".", "/")).with_suffix(".py")
                found[alias.asname or alias.name] = (file, alias.name)
    return found


def definition(path, name):
    """The statement of a file that defines a name."""
    for node in tree(path).body:
        names = [getattr(node, "name", "")]
        names += [getattr(target, "id", "") for target in getattr(node, "targets", [])]
        if name in names:
            return node
    raise LookupError(f"{path} does not define {name}.")


@functools.cache
def entries(part):
    """The public names of a part, in alphabetical order: classes, functions, constants."""
    path = Path("course_lib") / part / "__init__.py"
    found = [
        Entry(part, name, file, definition(file, there))
        for name, (file, there) in imports(path).items()
        if file.parts[1] == part and not name.startswith("_")
    ]
    return sorted(found, key=lambda entry: entry.name.lower())


def lineage(node, path):
    """A class and those of the library that it extends, nearest first, with their files."""
    yield node, path
    for base in node.bases:
        name = ast.unparse(base)
        file, there = imports(path).get(name, (path, name))
        if file.exists() and any(getattr(x, "name", "") == there for x in tree(file).body):
            yield from lineage(definition(file, there), file)


def signature(entry):
    """How a name is called, as `(x: Tensor, ...) -> Tensor`; empty for a constant."""
    if isinstance(entry.node, ast.FunctionDef):
        return call(entry.node)
    if not isinstance(entry.node, ast.ClassDef):
        return ""
    for node, _ in lineage(entry.node, entry.path):
        makers = [x for x in node.body if getattr(x, "name", "") == "__init__"]
        if makers:
            return call(makers[0], bound=True).partition(" -> ")[0]
        fields = [x for x in node.body if isinstance(x, ast.AnnAssign)]
        if fields and any("dataclass" in ast.unparse(x) for x in node.decorator_list):
            return f"({', '.join(map(ast.unparse, fields))})"
    of_keras = any("keras." in ast.unparse(base) for base in node.bases)
    return "(**kwargs)" if of_keras else "()"


def ancestors(entry):
    """The public classes that a class extends, and its other forebears with itself."""
    public = {x.node: x for part in PARTS for x in entries(part)}
    nodes = [node for node, _ in lineage(entry.node, entry.path)]
    named = [node for node in nodes[1:] if node in public]
    theirs = {x for node in named for x, _ in lineage(node, public[node].path)}
    return [public[node] for node in named], [node for node in nodes if node not in theirs]


def methods(nodes):
    """The documented methods and properties of a class and of those whose methods it takes on."""
    found = {}
    for node in nodes:
        for method in node.body:
            if isinstance(method, ast.FunctionDef) and method.name[0] != "_":
                found.setdefault(method.name, method)
    return [x for x in found.values() if x.name not in KERAS and ast.get_docstring(x)]


class _Unquoted(ast.NodeTransformer):
    """Annotations that stand in quotes, without them."""

    def visit_arg(self, node):
        return ast.arg(node.arg, self.annotation(node.annotation))

    def annotation(self, node):
        quoted = isinstance(node, ast.Constant) and isinstance(node.value, str)
        return ast.parse(node.value, mode="eval").body if quoted else node


def call(function, bound=False):
    arguments = ast.unparse(_Unquoted().visit(copy.deepcopy(function.args)))
    if bound:
        arguments = arguments.partition(", ")[2]
    result = _Unquoted().annotation(function.returns)
    returns = f" -> {ast.unparse(result)}" if result else ""
    return f"({arguments}){returns}"
