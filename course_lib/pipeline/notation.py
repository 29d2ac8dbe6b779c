"""`notebooks/notation.md`: symbols and terms of the course, and which lesson needs a term first.

A lesson links a term where it first uses it, such as `[code](notation.md#code)`. Words stand in
`course_lib/lesson/glossary.toml`; a `glossary.toml` beside the notebooks adds to them.
"""

import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from nbformat import NotebookNode

from course_lib.pipeline import Refusal
from course_lib.pipeline.index import WRITTEN, cell, name

PAGE = "notation.md"
LINK = re.compile(rf"\]\({re.escape(PAGE)}#([^)\s]+)\)")
HEAD = f"""\
{WRITTEN}
# Notation and terms

## Symbols
"""


def glossary(folder: str | Path) -> dict[str, dict[str, str]]:
    """Symbols and terms, the package's and those of the folder: `{"symbols": {}, "terms": {}}`.

    Args:
        folder: of the notebooks.
    """
    package = resources.files("course_lib.lesson").joinpath("glossary.toml").read_text("utf-8")
    found: dict[str, dict[str, str]] = tomllib.loads(package)
    mine = Path(folder) / "glossary.toml"
    if mine.is_file():
        try:
            added = tomllib.loads(mine.read_text("utf-8"))
        except ValueError as error:
            raise Refusal(f"{mine.name} beside the notebooks is no TOML: {error}.") from None
        found = {kind: rows | added.get(kind, {}) for kind, rows in found.items()}
    return found


def anchor(term: str) -> str:
    """Where a term stands on the page.

    Example:

    >>> anchor("KL divergence")
    'kl-divergence'
    """
    return re.sub(r"[^a-z0-9]+", "-", term.lower()).strip("-")


def notation(folder: str | Path, published: list) -> str:
    """The text of `notebooks/notation.md`; empty where no lesson links to it.

    Args:
        folder: of the notebooks.
        published: list of (`Lesson`, notebook with outputs), in teaching order; no solutions.
    """
    first: dict[str, str] = {}
    for lesson, notebook in published:
        for term in links(notebook):
            first.setdefault(term, f"[{cell(name(lesson, notebook))}]({lesson.path.name})")
    if not first:
        return ""
    words = glossary(folder)
    lines = [HEAD, "| symbol | what it is |", "|---|---|"]
    lines += [f"| {symbol} | {meaning} |" for symbol, meaning in words["symbols"].items()]
    lines += ["", "## Terms", "", "| term | what it means | first needed in |", "|---|---|---|"]
    for term, meaning in sorted(words["terms"].items(), key=lambda row: row[0].lower()):
        where = anchor(term)
        lines.append(f'| <a id="{where}"></a>**{term}** | {meaning} | {first.get(where, "")} |')
    return "\n".join(lines) + "\n"


def links(notebook: NotebookNode) -> list[str]:
    """The anchors to which a lesson links, in order."""
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return [found for text in prose for found in LINK.findall(text)]


def unknown(folder: str | Path, notebook: NotebookNode) -> Iterator[str]:
    """A phrase for each link to a term that the glossary does not have."""
    known = {anchor(term) for term in glossary(folder)["terms"]}
    for term in dict.fromkeys(links(notebook)):
        if term not in known:
            yield f"it links to {PAGE}#{term}, a term that glossary.toml does not have"
