"""What decides a lesson's result, as one hash.

    key = hash(code cells and tags, parameters, the library as far as it is reached,
               rows of claims and data that it reads, packages, backend)

Code counts by its syntax tree (`syntax.py`), so that prose, comments, outputs and cell ids
cost no run; of the library what the notebook reaches (`reach.py`), so that a change runs
those lessons that it can move. The pipeline carries results and does not make them.
"""

import functools
import hashlib
import json
import os
import platform
import re
import tomllib
from pathlib import Path

import course_lib
from course_lib.pipeline import syntax
from course_lib.pipeline.lessons import tags
from course_lib.pipeline.reach import ROOT, reached
from course_lib.pipeline.surroundings import (
    default_backend,
    imported_packages,
    keras_home,
    numbers,
    scikit_learn_home,
    versions,
)

# What `auto` takes where it is at hand, as the library names it; who reads it checks what it holds.
AUTO = (
    (keras_home, "", "datasets/mnist.npz"),
    (keras_home, "", "datasets/ecg5000_all.npz"),
    (keras_home, "datasets/nab/data/realKnownCause", "nyc_taxi.csv"),
    (scikit_learn_home, "", "kddcup99_10-py3/samples"),
)
ADDRESS = re.compile(r"^REPOSITORY = .*$", re.M)


def code_cells(notebook):
    """The code cells that belong to a notebook: all but the one that papermill adds."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    added = next((cell for cell in cells if "injected-parameters" in tags(cell)), None)
    return [cell for cell in cells if cell is not added]


def cell_code(cell):
    """What a cell does and how it is tagged, as text; the repository's address is left out."""
    source = cell.source
    if "colab" in tags(cell):
        source = ADDRESS.sub("", source)
    return json.dumps([syntax.cell_words(source), bool(source.strip()), sorted(tags(cell))])


def code_hash(notebook):
    """The hash of a notebook's code cells and their tags.

    A notebook and its executed copy have the same, on every Python.

    Args:
        notebook: an `nbformat` notebook.

    Returns:
        16 hexadecimal digits.
    """
    return fingerprint(*map(cell_code, code_cells(notebook)))


def made_of(notebook, parameters, name, folder, library=None, environ=os.environ):
    """All that decides what a notebook shows when it is run here, now.

    Args:
        notebook: an `nbformat` notebook, as it is handed to the kernel.
        parameters: dict of the parameters it is given.
        name: of the lesson, `NN_name`.
        folder: of the lessons, whose own `claims.toml` and `exercises/` come first.
        library: folder of the package that its kernel imports; this one's by default.
        environ: the environment in which it is run.

    Returns:
        dict of `code`, `parameters`, `library`, `data`, `packages` and `backend`; JSON.
    """
    library = Path(library or Path(course_lib.__file__).parent)
    chosen = default_backend(environ)
    cells = [cell.source for cell in code_cells(notebook)]
    beside = _exercises_beside(cells, Path(folder))
    modules = reached([*cells, *beside], library)
    spoken = {text for module in modules.values() for text in module.strings}
    measured = syntax.first_arguments(syntax.one_tree(cells, ROOT), "measurements")
    trees = [*_trees(cells), *(module.tree for module in modules.values())]
    imported = set().union(*map(imported_packages, trees))
    return {
        "code": code_hash(notebook),
        "parameters": parameters,
        "library": fingerprint(
            *(f"{key}\0{m.words}" for key, m in modules.items()), *map(syntax.source_words, beside)
        ),
        "data": fingerprint(
            json.dumps(_data(spoken, measured, library, Path(folder), environ), sort_keys=True)
        ),
        "packages": {"python": platform.python_version()} | versions(imported | {chosen}),
        "backend": {"name": chosen} | numbers(environ),
    }


def key(made):
    """The key of a run: two runs with the same key give the same results."""
    return fingerprint(json.dumps(made, sort_keys=True))


def difference(made, other):
    """What differs between two runs, in a few words; empty where nothing does.

    Args:
        made: what the run was made of.
        other: what a run would be made of now.
    """
    for part, words in (("code", "other code"), ("library", "another library")):
        if made.get(part) != other[part]:
            return words
    was, now = made.get("backend") or {}, other["backend"]
    if was.get("name") != now["name"]:
        return f"the backend {was.get('name')} ({now['name']} is here)"
    if was != now:
        return "other settings of Keras"
    was, now = made.get("packages") or {}, other["packages"]
    for name in sorted({*was, *now}):
        if was.get(name) != now.get(name):
            return f"{name} {was.get(name, 'absent')} ({now.get(name, 'none')} is here)"
    return "" if made.get("data") == other["data"] else "other data"


def fingerprint(*texts):
    """The hash of some texts, 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(str(len(data)).encode() + b"\0" + data)
    return digest.hexdigest()[:16]


def _trees(cells):
    for source in cells:
        try:
            yield syntax.parse_cell(source)
        except SyntaxError:
            continue


def _exercises_beside(cells, folder):
    """The sources of the exercises that an instructor keeps beside the notebooks."""
    names = syntax.lessons_checked(syntax.one_tree(cells, ROOT))
    paths = [folder / "exercises" / f"{name}.py" for name in sorted(names)]
    return [path.read_text(encoding="utf-8") for path in paths if path.is_file()]


def _data(spoken, measured, library, folder, environ):
    """The files that the modules name, by their checksums; of claims the rows of these lessons."""
    files = [path for path in library.rglob("*") if not path.name.endswith((".py", ".pyc"))]
    files += [*(library.parent / "data").rglob("*"), folder / "claims.toml"]
    named = {text.rpartition("/")[2] for text in spoken}
    found = {}
    for path in sorted(files):
        if path.name in named and path.is_file():
            rows = _rows(path, measured) if path.suffix == ".toml" else _checksum(path)
            found.setdefault(path.name, []).append(rows)
    for home, folder, file in AUTO:
        if file in spoken:
            found[file.rpartition("/")[2]] = (home(environ) / folder / file).exists()
    return found


def _rows(path, lessons):
    """The rows of some lessons; of all where a notebook makes up the name of one."""
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return _checksum(path)
    return {name: row for name, row in rows.items() if None in lessons or name in lessons}


def _checksum(path):
    stat = path.stat()
    return _hash_of(str(path), stat.st_mtime_ns, stat.st_size)


@functools.lru_cache(maxsize=100)
def _hash_of(path, changed, size):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
