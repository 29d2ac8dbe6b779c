"""The address of the public repository: one constant, written where a reader needs it.

It stands in `pyproject.toml`; from there it goes into the cell of each lesson
that installs the library on Colab, and into the badge beneath its title.
"""

import json
import re
import tomllib
from pathlib import Path

import nbformat

from course_lib.pipeline import Refusal
from course_lib.pipeline.keys import ADDRESS
from course_lib.pipeline.lessons import tags
from course_lib.pipeline.status import write_whole

LINE = re.compile(r'^repository = ".*"$', re.M)
BADGE = re.compile(r"<!-- colab-badge -->(?:.*<!-- /colab-badge -->)?")
IMAGE = "https://colab.research.google.com/assets/colab-badge.svg"
COLAB = "https://colab.research.google.com/github"
# The first cell of every lesson. Colab keeps each package that it has; openTSNE it has not.
FIRST_CELL = """\
REPOSITORY = ""
import importlib.util
import subprocess
import sys

if "google.colab" in sys.modules and importlib.util.find_spec("course_lib") is None:
    if not REPOSITORY:
        raise ModuleNotFoundError(
            "This notebook does not know where its library is: write the course's address above, "
            "or ask your teacher for the notebook that `course standalone` writes."
        )
    wheel = REPOSITORY.endswith(".whl")
    archive = REPOSITORY if wheel else f"{REPOSITORY}/archive/refs/heads/main.zip"
    others = [name for name in ["openTSNE"] if importlib.util.find_spec(name) is None]
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps"]
    subprocess.check_call([*pip, archive, *others])"""


def read_address(pyproject):
    """The address in `pyproject.toml`; empty where there is none."""
    try:
        settings = tomllib.loads(Path(pyproject).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ""
    return settings.get("tool", {}).get("course", {}).get("repository", "")


def write_address(address, lessons, pyproject):
    """Write the repository's address, or a wheel's, into pyproject and all lessons.

    Args:
        address: URL of the repository, or path or URL of a wheel; empty for none.
        lessons: list of `Lesson`.
        pyproject: path of `pyproject.toml`.
    """
    address = address.rstrip("/")
    if re.search(r"[\s\"'\\]", address):
        raise Refusal(f"An address has no spaces, quotes or backslashes, but {address!r} has.")
    text, count = LINE.subn(
        lambda _: f'repository = "{address}"', Path(pyproject).read_text(encoding="utf-8")
    )
    if count != 1:
        raise Refusal(f'{pyproject} needs one line repository = "..." under [tool.course].')
    notebooks = [lesson.read() for lesson in lessons]
    for lesson, notebook in zip(lessons, notebooks, strict=True):
        inscribe(address, lesson, notebook)
        write_whole(lesson.path, nbformat.writes(notebook) + "\n")
    write_whole(pyproject, text)


def inscribe(address, lesson, notebook):
    """Put the address into a notebook's Colab cell and its badge."""
    for cell in notebook.cells:
        if "colab" in tags(cell):
            cell.source = ADDRESS.sub(lambda _: f"REPOSITORY = {json.dumps(address)}", cell.source)
        elif cell.cell_type == "markdown":
            cell.source = BADGE.sub(lambda _: badge(address, lesson), cell.source)


def badge(address, lesson):
    """The markdown of a lesson's Colab badge, between its markers; empty off GitHub."""
    repository = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?", address)
    picture = ""
    if repository:
        folder = "notebooks/solutions" if lesson.solution else "notebooks"
        where = f"{COLAB}/{repository[1]}/blob/main/{folder}/{lesson.path.name}"
        picture = f"[![Open in Colab]({IMAGE})]({where})"
    return f"<!-- colab-badge -->{picture}<!-- /colab-badge -->"
