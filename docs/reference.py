"""The API reference: one page for each part of the library.

A name comes with its signature, its docstring, its file, and the lessons that teach it: those
whose code imports it.
"""

import ast
import json
from pathlib import Path

from docs.docstrings import markdown
from docs.sources import PARTS, ancestors, call, entries, methods, signature, tree


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
    how = "" if kind == "property" else call(node, bound="staticmethod" not in decorators)
    body = markdown(ast.get_docstring(node))
    return f":::{{py:{kind}}} {node.name}{how}\n\n{body}\n:::"


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
