"""The API reference: one page for each part of the library.

A name comes with its signature, its docstring, its file, and the lessons that teach it: those
whose code or text uses it. A name that no lesson uses itself leads to those that use it through
another, and to the guides that tell of it.
"""

import ast
import json
import re
from pathlib import Path

from docs.docstrings import markdown
from docs.sources import PARTS, ancestors, call, entries, methods, signature, tree
from docs.uses import uses

CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")


def page(part, links, address):
    """The page of a part.

    Args:
        part: such as `"layers"`.
        links: of `links_by_name`.
        address: of the public repository; empty for none, then files are named without a link.
    """
    about = ast.get_docstring(tree(Path("course_lib") / part / "__init__.py"))
    blocks = [f"# `course_lib.{part}`", markdown(about)]
    blocks += [_entry(entry, links, address) for entry in entries(part)]
    return "\n\n".join(blocks) + "\n"


def links_by_name(notebooks, guides):
    """`{(part, name): {"Lessons": …}}`: pages for a public name, by what they have to do with it.

    Args:
        notebooks: paths of the lessons, in teaching order.
        guides: paths of the guides.
    """
    taught, told, through = lessons_by_name(notebooks), {}, {}
    for path in guides:
        text = path.read_text("utf-8")
        title = re.search(r"^# (.+)$", text, re.M)[1]
        for key in _used(CODE.findall(text)) | _mentioned(text):
            told.setdefault(key, []).append((title, f"../{path.as_posix()}"))
    for key, lessons in taught.items():
        for other in uses(*key):
            through.setdefault(other, set()).update(lessons)
    found = {key: {"Lessons": lessons} for key, lessons in taught.items()}
    for key in {*told, *through} - {*taught}:
        in_order = sorted(through.get(key, ()), key=lambda lesson: lesson[1])
        found[key] = {"Used in": in_order, "Guides": told.get(key, [])}
    return found


def lessons_by_name(notebooks):
    """`{(part, name): [(title, file)]}`: the lessons whose code or text uses a public name.

    Args:
        notebooks: paths of the lessons, in teaching order.
    """
    found = {}
    for path in notebooks:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        texts = ["".join(x["source"]) for x in cells if x["cell_type"] == "markdown"]
        title = next(line for text in texts for line in text.splitlines() if line[:2] == "# ")
        code = ["".join(x["source"]) for x in cells if x["cell_type"] == "code"]
        for key in _used(code) | _mentioned("\n".join(texts)):
            found.setdefault(key, []).append((title[2:], f"../notebooks/{path.name}"))
    return found


def _mentioned(text):
    """Pairs of a part and a public name that a text has in code, such as `IWAE`."""
    words = set(re.findall(r"\w+", " ".join(INLINE.findall(text))))
    return {(part, x.name) for part in PARTS for x in entries(part) if x.name in words}


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


def _entry(entry, links, address):
    kinds = {ast.ClassDef: "class", ast.FunctionDef: "function"}
    kind = kinds.get(type(entry.node), "data")
    options = f":module: course_lib.{entry.part}"
    if kind == "data":
        options += f"\n:value: {ast.unparse(entry.node.value)}"
    body = [options, markdown(entry.doc), _where(entry, links, address)]
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


def _where(entry, links, address):
    """The file, and the pages that have to do with the name."""
    first, last = entry.node.lineno, entry.node.end_lineno
    source = f"`{entry.path.as_posix()}`"
    if address:
        source = f"[{source}]({address}/blob/main/{entry.path.as_posix()}#L{first}-L{last})"
    said = [f"Source: {source}"]
    for how, pages in links.get((entry.part, entry.name), {}).items():
        linked = ", ".join(f"[{title}]({file})" for title, file in pages)
        said += [f"{how}: {linked}"] if pages else []
    return " · ".join(said)
