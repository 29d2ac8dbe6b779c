"""What decides a lesson's result, as one hash.

    key = hash(code cells and tags, parameters, the library as far as it is reached,
               rows of claims and data that it reads, packages, backend)

Code counts by its syntax tree (`syntax.py`), so that prose, comments, outputs and cell ids
cost no run; of the library what the notebook reaches (`reach.py`), so that a change runs
those lessons that it can move. The pipeline carries results and does not make them.
"""

import functools
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import sys
import tomllib
from pathlib import Path

import course_lib
from course_lib.backend import backend
from course_lib.pipeline import syntax
from course_lib.pipeline.lessons import tags
from course_lib.pipeline.reach import exercise_lessons, reached

# What results stand on beyond what a notebook imports by name; and names that differ from the
# module's.
PACKAGES = {"keras", "numpy", "scipy", "scikit-learn", "matplotlib", "pillow", "threadpoolctl"}
PACKAGES |= {"ipykernel", "ipython"}
DISTRIBUTIONS = {"sklearn": "scikit-learn", "PIL": "pillow", "IPython": "ipython"}
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
    imported = set().union(*map(_imported, [*_trees(cells), *(m.tree for m in modules.values())]))
    return {
        "code": code_hash(notebook),
        "parameters": parameters,
        "library": fingerprint(
            *(f"{key}\0{m.words}" for key, m in modules.items()), *map(syntax.source_words, beside)
        ),
        "data": fingerprint(
            json.dumps(_data(spoken, name, library, Path(folder), environ), sort_keys=True)
        ),
        "packages": {"python": platform.python_version()} | _versions(imported | {chosen}),
        "backend": {"name": chosen} | _numbers(environ),
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
    was, now = made.get("packages") or {}, other["packages"]
    for name in sorted({*was, *now}):
        if was.get(name) != now.get(name):
            return f"{name} {was.get(name, 'absent')} ({now.get(name, 'none')} is here)"
    if made.get("backend") != other["backend"]:
        return "another backend, or other settings of Keras"
    return "" if made.get("data") == other["data"] else "other data"


def default_backend(environ=os.environ):
    """The backend that Keras would choose, found without importing it."""
    return environ.get("KERAS_BACKEND") or backend()


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


def _imported(tree):
    """The packages that a tree imports, by their distributions' names."""
    roots = {name.split(".")[0] for name in syntax.imports(tree)}
    return {DISTRIBUTIONS.get(name, name) for name in roots - {"course_lib"}}


def _versions(imported):
    wanted = (imported | PACKAGES) - set(sys.stdlib_module_names)
    found = {name: _version(name) for name in sorted(wanted)}
    return {name: version for name, version in found.items() if version}


@functools.cache
def _version(package):
    try:
        return importlib.metadata.version(package)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return None


def _exercises_beside(cells, folder):
    """The sources of the exercises that an instructor keeps beside the notebooks."""
    paths = [folder / "exercises" / f"{name}.py" for name in sorted(exercise_lessons(cells))]
    return [path.read_text(encoding="utf-8") for path in paths if path.is_file()]


def _data(spoken, name, library, folder, environ):
    """The files that the modules name, by their checksums; of the claims the lesson's own rows."""
    files = [*library.rglob("*.npz"), *(library.parent / "data").glob("*.npz")]
    files += [*library.rglob("*.toml"), folder / "claims.toml"]
    named = {Path(text).name for text in spoken}
    found = {}
    for path in files:
        if path.name in named and path.is_file():
            rows = _rows(path, name) if path.suffix == ".toml" else _checksum(path)
            found.setdefault(path.name, []).append(rows)
    if "datasets/mnist.npz" in spoken:  # `auto` takes it where it is at hand
        found["mnist.npz"] = (_keras_home(environ) / "datasets/mnist.npz").exists()
    return found


def _rows(path, name):
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return _checksum(path)
    return rows.get(name.partition("_")[2], {})


def _checksum(path):
    stat = path.stat()
    return _hash_of(str(path), stat.st_mtime_ns, stat.st_size)


@functools.lru_cache(maxsize=100)
def _hash_of(path, changed, size):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _numbers(environ):
    """What the settings of Keras say about numbers; it writes them down when it is first used."""
    usual = {"floatx": "float32", "epsilon": 1e-07, "image_data_format": "channels_last"}
    try:
        found = json.loads((_keras_home(environ) / "keras.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    found = found if isinstance(found, dict) else {}
    return {name: found.get(name, value) for name, value in usual.items()}


def _keras_home(environ):
    return Path(environ.get("KERAS_HOME") or Path.home() / ".keras")
