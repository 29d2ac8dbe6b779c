"""`docs/published.md`, the published tables beside ours, is written from their results.

Run it after a table: `python -m tests.benchmarks.published`.
"""

import json
from pathlib import Path

import click

from tests.benchmarks.overview import FOLDER, label, overview, program, shown, tables

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/published.md"
HEAD = """\
<!-- Written by `python -m tests.benchmarks.published`: edits here are lost. -->
# Published figures, beside ours

What the papers report and what this code reaches with more time than a lesson has. Under each
table stands what its numbers are, and how long they took; where something was tried to find out
why ours fall short, it stands in italics. A dash: nothing is published. Hours are ours.
`make paper TABLE=paper_stacked` runs one; the full results, with curves, are in
[tests/benchmarks/results](../tests/benchmarks/results).
"""
COLUMNS = ("row", "published", "ours", "hours")


def page(folder=FOLDER):
    """The text of the page, tables in the order of the lessons that quote them."""
    named = _in_order(folder)
    parts = [HEAD, *(_table(name, folder) for name in named)]
    if others := ", ".join(f"`{name}`" for name in tables(folder) if name not in named):
        parts.append(f"Tables of many figures a row are in the results alone: {others}.\n")
    return "\n".join(parts)


def _in_order(folder):
    """Tables that have a figure: after the lesson that names their file, or the start of it."""
    lessons = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    texts = [path.read_text("utf-8") for path in lessons]

    def place(name):
        parts = name.split("_")
        for end in range(len(parts), 1, -1):
            begins = "_".join(parts[:end])
            where = [i for i, text in enumerate(texts) if f"{begins}.json" in text]
            if where:
                return where[0], name
        return len(texts), name

    named = [name for name in tables(folder) if _stored(name, folder).get("figure")]
    return sorted(named, key=place)


def _stored(name, folder):
    path = folder / f"results/{name}.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def _table(name, folder):
    stored = _stored(name, folder)
    rows, about = overview(name, folder)
    ranges = {
        row: f" ({shown(values['lowest'], values)} … {shown(values['highest'], values)})"
        for row, values in zip(label(stored["rows"]), stored["rows"], strict=True)
        if "lowest" in values
    }
    lines = [f"## {stored['title']}", "", _line(COLUMNS), "|---|---:|---:|---:|"]
    for row, published, ours, hours in rows:
        lines.append(_line((row, published, ours + ranges.get(row, ""), hours)))
    words = getattr(program(name, folder), "ABOUT", stored.get("about"))
    lines += ["", f"{words}. `{name}`: {about}.", ""]
    lines += [f"*{stored['note']}.*", ""] if "note" in stored else []
    return "\n".join([*lines, f"Protocol: {stored['protocol']}.\n"])


def _line(cells):
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


@click.command(help=__doc__.splitlines()[0])
def main():
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
