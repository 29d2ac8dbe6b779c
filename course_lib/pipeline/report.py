"""One page that shows every lesson's last run: status, claims, figures.

It is made from the status files and the executed notebooks alone, holds all
it shows, and opens from disk.
"""

import base64
from collections import Counter
from pathlib import Path

import jinja2
import nbformat

from course_lib.lesson import claims
from course_lib.pipeline import records
from course_lib.pipeline.display import describe
from course_lib.pipeline.keys import code_hash
from course_lib.pipeline.lessons import title
from course_lib.pipeline.pictures import thumbnail
from course_lib.pipeline.status import OK, read_status, write_whole

WIDTH = 360  # pixels of a thumbnail


def write_report(lessons, runs, scale):
    """Write `runs/<scale>/report.html`, and beside it each executed notebook as a page.

    Args:
        lessons: list of `Lesson`.
        runs: folder of all results.
        scale: `"smoke"`, `"lesson"` or `"paper"`.

    Returns:
        the path of the report.
    """
    folder = Path(runs) / scale
    folder.mkdir(parents=True, exist_ok=True)
    entries = [_entry(lesson, lesson.out(runs, scale), folder) for lesson in lessons]
    page = _template().render(
        scale=scale,
        entries=entries,
        ok=sum(entry["status"] == OK for entry in entries),
        count=Counter(claim["said"] for entry in entries for claim in entry["claims"]),
        verdicts=records.VERDICTS,
    )
    path = folder / "report.html"
    write_whole(path, page)
    return path


def _entry(lesson, out, folder):
    notebook = lesson.read()
    status = read_status(out, lesson.name) or {"status": "not run"}
    entry = {
        "label": lesson.label,
        "title": title(notebook),
        "status": status["status"],
        "error": status.get("error"),
        "source": status.get("source"),
        "described": describe(status),
        "solution": lesson.solution,
        "changed": status.get("code_hash", code_hash(notebook)) != code_hash(notebook),
        "page": None,
        "claims": [],
        "figures": [],
    }
    path = out / (
        f"{lesson.name}.ipynb" if status["status"] == OK else f"{lesson.name}.failed.ipynb"
    )
    if path.exists():
        entry["page"] = _as_page(path, out / f"{lesson.name}.html").relative_to(folder).as_posix()
        executed = nbformat.read(path, as_version=4)
        entry["figures"] = [(_inline(png), text) for png, text in records.figures(executed)]
        if status["status"] == OK:
            entry["claims"] = [
                claims.cells(record) | {"said": record["verdict"]}
                for record in records.measurements(executed)
            ]
    return entry


def _as_page(notebook, page):
    """Export an executed notebook for a browser, unless that is done."""
    if not page.exists() or page.stat().st_mtime < notebook.stat().st_mtime:
        from nbconvert import HTMLExporter  # imported late: an unchanged course needs no export

        write_whole(page, HTMLExporter().from_filename(str(notebook))[0])
    return page


def _inline(png):
    small = base64.b64encode(thumbnail(base64.b64decode(png), WIDTH)).decode()
    return f"data:image/png;base64,{small}"


def _template():
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("course_lib.pipeline", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("report.html.jinja")
