"""One page that shows every lesson's last run: status, measurements, figures.

It is made from the status files and the executed notebooks alone, holds all
it shows, and opens from disk. What of a lesson cannot be shown is said in its
place, and the page is written all the same.
"""

import base64
import contextlib
from pathlib import Path
from urllib.parse import quote

import jinja2
import nbformat

from course_lib.pipeline import Refusal, records, results
from course_lib.pipeline.display import describe
from course_lib.pipeline.keys import code_hash
from course_lib.pipeline.lessons import title
from course_lib.pipeline.pictures import thumbnail
from course_lib.pipeline.status import OK, is_whole, read_status, write_whole

WIDTH = 360  # pixels of a thumbnail


def write_report(lessons, runs, scale):
    """Write `runs/<scale>/report.html`, and beside it each executed notebook as a page.

    Args:
        lessons: list of `Lesson`.
        runs: folder of all results.
        scale: `"smoke"`, `"lesson"` or `"paper"`.

    Returns:
        (path of the report, one sentence for each thing that could not be shown)
    """
    folder = Path(runs) / scale
    folder.mkdir(parents=True, exist_ok=True)
    entries = [_entry(lesson, lesson.out(runs, scale), folder) for lesson in lessons]
    counts, identities = records.count([found for x in entries for found in x["measured"]])
    page = template("report.html.jinja").render(
        scale=scale,
        entries=entries,
        columns=results.COLUMNS[:-1],
        ok=sum(entry["status"] == OK for entry in entries),
        counts=counts,
        identities=identities,
    )
    path = folder / "report.html"
    write_whole(path, page)
    return path, [f"{x['label']}: {note}." for x in entries for note in x["notes"]]


def _entry(lesson, out, folder):
    status = read_status(out, lesson.name) or {"status": "not run"}
    entry = {
        "label": lesson.label,
        "title": lesson.label,
        "status": status["status"],
        "error": status.get("error"),
        "source": status.get("source"),
        "described": describe(status),
        "solution": lesson.solution,
        "changed": False,
        "page": None,
        "measured": [],
        "figures": [],
        "notes": [],
    }
    try:
        notebook = lesson.read()
    except Refusal as refusal:
        entry["notes"].append(str(refusal).removeprefix(f"{lesson.label} ").rstrip("."))
    else:
        entry["title"] = title(notebook) or lesson.label
        code = code_hash(notebook)
        entry["changed"] = (status.get("code_hash") or code) != code
    if status["status"] == OK and not is_whole(status, out, lesson.name):
        entry["notes"].append("its executed notebook is missing or damaged: run it again")
        return entry
    path = out / f"{lesson.name}{'' if status['status'] == OK else '.failed'}.ipynb"
    if path.exists():
        with _noted(entry, "its executed notebook cannot be read"):
            _show(entry, path, out / f"{lesson.name}.html", folder)
    return entry


def _show(entry, path, page, folder):
    """Add what an executed notebook holds: its page, measurements and figures."""
    executed = nbformat.read(path, as_version=4)
    with _noted(entry, "its executed notebook cannot be shown as a page"):
        entry["page"] = quote(_as_page(path, page).relative_to(folder).as_posix())
    if entry["status"] == OK:
        for number, record in enumerate(records.claim_records(executed), 1):
            found = records.measurement(record)
            if found is None:
                entry["notes"].append(f"measurement {number} lacks its id, numbers or verdict")
                continue
            with _noted(entry, f"the measurement {found['id']} cannot be shown"):
                entry["measured"].append(found | {"cells": results.cells(found)})
    for number, (png, text) in enumerate(records.figures(executed), 1):
        with _noted(entry, f"figure {number} is no picture"):
            entry["figures"].append((_inline(png), text))


@contextlib.contextmanager
def _noted(entry, sentence):
    """Whatever goes wrong with one thing of one lesson is said there, and is not the others'."""
    try:
        yield
    except Exception:
        entry["notes"].append(sentence)


def _as_page(notebook, page):
    """Export an executed notebook for a browser, unless that is done."""
    if not page.exists() or page.stat().st_mtime < notebook.stat().st_mtime:
        from nbconvert import HTMLExporter  # imported late: an unchanged course needs no export

        write_whole(page, HTMLExporter().from_filename(str(notebook))[0])
    return page


def _inline(png):
    small = base64.b64encode(thumbnail(base64.b64decode(png), WIDTH)).decode()
    return f"data:image/png;base64,{small}"


def template(name):
    """A page's template; what it shows is escaped unless it says otherwise."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("course_lib.pipeline", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(name)
