"""Notebooks that need nothing beside them: each carries its picture, and the library as a wheel.

The address in the first cell is then a file that the cell writes itself. Of the data sets that
ship with the course a notebook takes those that its code reaches; glyphs are drawn anew.
"""

import base64
import copy
import csv
import io
import posixpath
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

import course_lib
from course_lib.pipeline import Refusal
from course_lib.pipeline.address import FIRST_CELL
from course_lib.pipeline.keys import ADDRESS, code_cells
from course_lib.pipeline.lessons import tags
from course_lib.pipeline.publish import FOLDS
from course_lib.pipeline.reach import reached
from course_lib.pipeline.status import write_whole

LIBRARY = Path(course_lib.__file__).parent
DRAWN_ANEW = {"glyphs.npz"}
PICTURE = re.compile(r"(?<=\]\()(images/[\w./-]+\.png)(?=\))")
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?!https?:|#|data:)([^)\s]+)\)")
CARRIED = '''import base64
import pathlib
import tempfile

REPOSITORY = str(pathlib.Path(tempfile.mkdtemp(), "{name}"))
# The library itself, as `pip` takes it.
WHEEL = """
{wheel}"""
pathlib.Path(REPOSITORY).write_bytes(base64.b64decode(WHEEL))'''


def write_standalone(lessons, to, address=""):
    """Write copies of notebooks that run on Colab from nothing but themselves.

    Args:
        lessons: list of `Lesson`.
        to: folder of the copies; solutions get one in it.
        address: of the repository on GitHub, to which links then lead; without one a link to
            another file of the course becomes plain words.

    Returns:
        list of the paths that were written.

    Raises:
        Refusal: `to` is the lessons' own folder, which has claims of its own, or the library
            is not in a clone.
    """
    to = Path(to)
    if any(to.resolve() == lesson.folder.resolve() for lesson in lessons):
        raise Refusal(f"{to} holds the lessons themselves: copies need a folder of their own.")
    if own := [x for x in lessons if (x.folder / "claims.toml").exists()]:
        raise Refusal(f"{own[0].folder} has a claims.toml of its own, which no copy carries.")
    name, wheel = build_wheel(LIBRARY.parent)
    written = []
    for lesson in lessons:
        notebook = lesson.read()
        carry(notebook, name, with_data(wheel, sets_of(notebook)))
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = on_its_own(cell.source, lesson, address)
        path = to / f"{lesson.label}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, nbformat.writes(notebook) + "\n")
        written.append(path)
    return written


def build_wheel(folder):
    """The name of the library's wheel, and its bytes.

    Args:
        folder: of the clone, in which `pyproject.toml` says how it is built.
    """
    if not (folder / "pyproject.toml").is_file():
        raise Refusal("Notebooks that carry the library are written in a clone of the course.")
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if done.returncode:
            raise Refusal(f"The library's wheel cannot be built: {done.stderr.strip()}")
        (path,) = Path(out).glob("*.whl")
        return path.name, path.read_bytes()


def sets_of(notebook):
    """The shipped data sets that a notebook's code reaches, as names of files."""
    modules = reached([cell.source for cell in code_cells(notebook)], LIBRARY)
    spoken = {text.rpartition("/")[2] for module in modules.values() for text in module.strings}
    shipped = {path.name for path in (LIBRARY.parent / "data").glob("*.npz")}
    return spoken & shipped - DRAWN_ANEW


def with_data(wheel, sets):
    """A wheel with these of its data sets alone, and a record that says so."""
    source, made = zipfile.ZipFile(io.BytesIO(wheel)), io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename.endswith(".dist-info/RECORD"):
                rows = csv.reader(io.StringIO(content.decode()))
                kept = [",".join(row) for row in rows if not _is_left_out(row[0], sets)]
                content = "\n".join([*kept, ""]).encode()
            if not _is_left_out(entry.filename, sets):
                target.writestr(entry, content, compresslevel=9)
    return made.getvalue()


def _is_left_out(file, sets):
    return file.endswith(".npz") and file.rpartition("/")[2] not in sets


def carry(notebook, name, wheel):
    """Put a wheel into a notebook's first code cell; solutions have none for it, and get one."""
    cells = notebook.cells
    cell = next((cell for cell in cells if "colab" in tags(cell)), None)
    if cell is None:
        cell = new_code_cell(id="colab", metadata={"tags": ["colab"]} | copy.deepcopy(FOLDS))
        first = next((i for i, x in enumerate(cells) if x.cell_type == "code"), len(cells))
        cells.insert(first, cell)
    text = CARRIED.format(name=name, wheel=base64.encodebytes(wheel).decode())
    cell.source = ADDRESS.sub(lambda _: text, FIRST_CELL)


def on_its_own(text, lesson, address):
    """Markdown whose pictures stand in it, and whose links lead nowhere else on this disk.

    Args:
        text: Markdown.
        lesson: the `Lesson` that it is of.
        address: of the repository on GitHub, or nothing.
    """

    def embed(found):
        picture = base64.b64encode((lesson.folder / found[1]).read_bytes()).decode()
        return f"data:image/png;base64,{picture}"

    def follow(found):
        where = posixpath.normpath(posixpath.join("notebooks", lesson.label, "..", found[2]))
        return f"[{found[1]}]({address}/blob/main/{where})" if address else found[1]

    return LINK.sub(follow, PICTURE.sub(embed, text))
