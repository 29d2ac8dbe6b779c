"""The API reference: one page for each part of the library, read from the source.

Nothing is imported, so the page needs neither Keras nor a backend. A name's signature, docstring
and lines come from its syntax tree; the lessons that teach it are those whose code imports it.
"""

import ast
import copy
import dataclasses
import functools
import json
from pathlib import Path

from docs.docstrings import markdown

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
        return _call(entry.node)
    if not isinstance(entry.node, ast.ClassDef):
        return ""
    for node, _ in lineage(entry.node, entry.path):
        makers = [x for x in node.body if getattr(x, "name", "") == "__init__"]
        if makers:
            return _call(makers[0], bound=True).partition(" -> ")[0]
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


def page(part, lessons, address):
    """The page of a part.

    Args:
        part: such as `"layers"`.
        lessons: of `lessons_by_name`.
        address: of the public repository; empty for none, then files are named without a link.
    """
    about = ast.get_docstring(tree(Path("course_lib") / part / "__init__.py"))
    blocks = [f"# `course_lib.{part}`", markdown(about)]
    blocks += [_entry(entry, lessons, address) for entry in entries(part)]
    return "\n\n".join(blocks) + "\n"


def lessons_by_name(notebooks):
    """`{(part, name): [(title, file)]}`: the lessons whose code uses a public name.

    Args:
        notebooks: paths of the lessons, in teaching order.
    """
    found = {}
    for path in notebooks:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        texts = ["".join(x["source"]) for x in cells if x["cell_type"] == "markdown"]
        title = next(line for text in texts for line in text.splitlines() if line[:2] == "# ")
        for key in _used(["".join(x["source"]) for x in cells if x["cell_type"] == "code"]):
            found.setdefault(key, []).append((title[2:], path.name))
    return found


def _used(sources):
    """Pairs of a part and a name that code uses: imported, or as `part.name`."""
    lines = [line for source in sources for line in source.splitlines()]
    code = ast.parse("\n".join(line for line in lines if line[:1] not in ("%", "!")))
    used = set()
    for node in ast.walk(code):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("course_lib."):
            used |= {(node.module.split(".")[1], alias.name) for alias in node.names}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            used.add((ast.unparse(node.value).removeprefix("course_lib."), node.attr))
    return {(part, name) for part, name in used if part in PARTS}


class _Unquoted(ast.NodeTransformer):
    """Annotations that stand in quotes, without them."""

    def visit_arg(self, node):
        return ast.arg(node.arg, self.annotation(node.annotation))

    def annotation(self, node):
        quoted = isinstance(node, ast.Constant) and isinstance(node.value, str)
        return ast.parse(node.value, mode="eval").body if quoted else node


def _call(function, bound=False):
    arguments = ast.unparse(_Unquoted().visit(copy.deepcopy(function.args)))
    if bound:
        arguments = arguments.partition(", ")[2]
    result = _Unquoted().annotation(function.returns)
    returns = f" -> {ast.unparse(result)}" if result else ""
    return f"({arguments}){returns}"


def _entry(entry, lessons, address):
    kinds = {ast.ClassDef: "class", ast.FunctionDef: "function"}
    kind = kinds.get(type(entry.node), "data")
    options = f":module: course_lib.{entry.part}"
    if kind == "data":
        options += f"\n:value: {ast.unparse(entry.node.value)}"
    body = [options, markdown(entry.doc), _where(entry, lessons, address)]
    if kind == "class":
        named, nodes = ancestors(entry)
        links = [f"{{py:class}}`{x.name} <course_lib.{x.part}.{x.name}>`" for x in named]
        body += [f"Extends {', '.join(links)}."] if links else []
        body += [_method(x) for x in methods(nodes)]
    inside = "\n\n".join(body)
    return f"::::{{py:{kind}}} {entry.name}{signature(entry)}\n{inside}\n::::"


def _method(node):
    decorators = {ast.unparse(x) for x in node.decorator_list}
    kind = "property" if "property" in decorators else "method"
    call = "" if kind == "property" else _call(node, bound="staticmethod" not in decorators)
    body = markdown(ast.get_docstring(node))
    return f":::{{py:{kind}}} {node.name}{call}\n\n{body}\n:::"


def _where(entry, lessons, address):
    """The file, and the lessons that use the name."""
    first, last = entry.node.lineno, entry.node.end_lineno
    source = f"`{entry.path.as_posix()}`"
    if address:
        source = f"[{source}]({address}/blob/main/{entry.path.as_posix()}#L{first}-L{last})"
    taught = [
        f"[{title}](../notebooks/{file})"
        for title, file in lessons.get((entry.part, entry.name), [])
    ]
    return f"Source: {source}" + (f" · Lessons: {', '.join(taught)}" if taught else "")
