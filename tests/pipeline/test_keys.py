"""What makes a run another run, and what does not."""

import copy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import course_lib
from course_lib.pipeline import keys, surroundings
from course_lib.pipeline.lessons import find_lessons

ROOT = Path(course_lib.__file__).parents[1]
LESSONS = find_lessons(ROOT / "notebooks")


@pytest.fixture
def notebook():
    return new_notebook(
        cells=[
            new_code_cell("REPOSITORY = ''\nimport sys", metadata={"tags": ["colab"]}),
            new_markdown_cell("# Title"),
            new_code_cell("scale = 'lesson'", metadata={"tags": ["parameters"]}),
            new_code_cell('def f(x):\n    """One."""\n    return x  # so\n\n\nf(1)'),
        ]
    )


def edit_prose(notebook):
    notebook.cells[1].source = "# Another title"
    notebook.cells.append(new_markdown_cell("More."))


def edit_address(notebook):
    notebook.cells[0].source = "REPOSITORY = 'https://example.org'\nimport sys"


def run_it(notebook):
    notebook.cells[3].outputs = [new_output("stream", text="1")]
    notebook.cells[3].execution_count = 4
    notebook.cells[3].metadata["papermill"] = {"status": "completed"}
    notebook.cells.insert(3, new_code_cell("x", metadata={"tags": ["injected-parameters"]}))


def rename_cells(notebook):
    for number, cell in enumerate(notebook.cells):
        cell.id = f"other-{number}"


def edit_comments(notebook):
    notebook.cells[3].source = '# First.\ndef f(x):\n    """Two."""\n    return (x)\nf(1)'


def no_docstring(notebook):
    notebook.cells[3].source = "def f(x):\n    return x\nf(1)  # ;"


def edit_code(notebook):
    notebook.cells[3].source = notebook.cells[3].source.replace("f(1)", "f(2)")


def one_is_not_one_and_a_half(notebook):
    notebook.cells[3].source = notebook.cells[3].source.replace("f(1)", "f(1.0)")


def hide_the_value(notebook):
    notebook.cells[3].source += ";"


def show_a_string(notebook):
    notebook.cells[3].source = '"shown"'


def tag(notebook):
    notebook.cells[3].metadata["tags"] = ["cover"]


def swap(notebook):
    notebook.cells[2], notebook.cells[3] = notebook.cells[3], notebook.cells[2]


def code_in_the_colab_cell(notebook):
    notebook.cells[0].source += "\nimport os"


def a_second_injected_cell(notebook):
    run_it(notebook)
    notebook.cells.append(new_code_cell("y = 2", metadata={"tags": ["injected-parameters"]}))


def read_its_own_docstring(notebook):
    notebook.cells[3].source += "\nprint(f.__doc__)"


def magic(notebook):
    notebook.cells[3].source = "%precision 3\n" + notebook.cells[3].source


SAME = [edit_prose, edit_address, run_it, rename_cells, edit_comments, no_docstring]
OTHER = [
    edit_code, one_is_not_one_and_a_half, hide_the_value, show_a_string, tag, swap,
    code_in_the_colab_cell, a_second_injected_cell, read_its_own_docstring, magic,
]  # fmt: skip


@pytest.mark.parametrize("edit", SAME)
def test_the_same_code(notebook, edit):
    edited = copy.deepcopy(notebook)
    edit(edited)
    assert keys.code_hash(edited) == keys.code_hash(notebook)


@pytest.mark.parametrize("edit", OTHER)
def test_other_code(notebook, edit):
    edited = copy.deepcopy(notebook)
    edit(edited)
    assert keys.code_hash(edited) != keys.code_hash(notebook)


def test_a_docstring_that_is_read_counts(notebook):
    read_its_own_docstring(notebook)
    edited = copy.deepcopy(notebook)
    edited.cells[3].source = edited.cells[3].source.replace("One", "Two")
    assert keys.code_hash(edited) != keys.code_hash(notebook)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.label)
def test_every_python_gives_the_same_hash(lesson):
    """Another Python, where the machine has one, reads the same words."""
    others = [p for p in map(shutil.which, ("python3.11", "python3.12", "python3.13")) if p]
    others += sorted(
        str(p) for p in (Path.home() / ".pyenv/versions").glob("3.1[1-3].*/bin/python")
    )
    program = (
        "import json, sys, types; sys.path.insert(0, sys.argv[1])\n"
        "sys.modules['course_lib'] = types.ModuleType('course_lib')\n"
        "import importlib.util as u\n"
        "path = sys.argv[1] + '/course_lib/pipeline/syntax.py'\n"
        "spec = u.spec_from_file_location('syntax', path)\n"
        "syntax = u.module_from_spec(spec); spec.loader.exec_module(syntax)\n"
        "cells = json.load(open(sys.argv[2]))['cells']\n"
        "code = [''.join(c['source']) for c in cells if c['cell_type'] == 'code']\n"
        "print(json.dumps([syntax.cell_words(source) for source in code]))"
    )
    said = set()
    for python in {*others, sys.executable}:
        command = [python, "-c", program, str(ROOT), str(lesson.path)]
        found = subprocess.run(command, capture_output=True, text=True)
        if "pyenv" not in found.stderr:
            assert found.returncode == 0, found.stderr
            said.add(found.stdout)
    assert len(said) == 1


PACKAGE = {
    "__init__.py": '"""A library."""\n\n__version__ = "1"\n',
    "data/__init__.py": "from course_lib.data.images import load as load\n",
    "data/images.py": "def load():\n    return 'glyphs.npz', 'texts/words.txt'\n",
    "losses/__init__.py": (
        "from course_lib.losses.kl import kl as kl\nfrom course_lib.losses.nll import nll as nll\n"
    ),
    "losses/kl.py": '"""KL."""\n\nWEIGHT = 0.5  # of each term\n\n\ndef kl():\n    return WEIGHT\n',
    "losses/nll.py": "def nll():\n    return 1.0\n",
    "models/__init__.py": (
        "from course_lib.models.plain import AE as AE\n"
        "from course_lib.models.vae import VAE as VAE\n"
    ),
    "models/plain.py": "from course_lib.losses import nll\n\n\nclass AE:\n    loss = nll\n",
    "models/vae.py": (
        "from course_lib import losses\nfrom course_lib.models import AE\n\n\n"
        "class VAE(AE):\n    def loss(self):\n        return losses.kl()\n"
    ),
    "lesson/__init__.py": (
        "from course_lib.lesson.checks import check as check\n"
        "from course_lib.lesson.claims import measurements as measurements\n"
    ),
    "lesson/checks.py": (
        "from importlib import import_module\n\n\ndef check(id):\n"
        "    import_module(f'course_lib.lesson.exercises.{id}')\n"
    ),
    "lesson/claims.py": "def measurements(lesson, scale):\n    return 'claims.toml'\n",
    "lesson/claims.toml": ('[a.a-holds]\ntext = "A"\n\n[b.b-holds]\ntext = "B"\n'),
    "lesson/exercises/__init__.py": "",
    "lesson/exercises/a.py": "ANSWER = 1\n",
    "lesson/exercises/b.py": "ANSWER = 2\n",
    "pipeline/__init__.py": "",
    "pipeline/run.py": "LIMIT = 1\n",
}
CELLS = {
    "01_a": "from course_lib.models import AE\nfrom course_lib.lesson import check, measurements\n"
    "measure, results = measurements('a', scale); check('a.1')",
    "02_b": "from course_lib import lesson, models\nmodels.VAE()\n"
    "lesson.measurements(lesson='b', scale=scale); lesson.check('b.1')",
    "03_c": "import course_lib.data as d\nd.load()",
    "04_d": "def later():\n    import course_lib.losses\n    return course_lib.losses.nll()",
    "05_e": "from course_lib import losses\ngetattr(losses, 'k' + 'l')()",
    "06_f": "%%time\nfrom course_lib.models import VAE",
    "07_g": "import importlib\nimportlib.import_module('course_' + 'lib.models.vae')",
    "08_h": "from course_lib.losses import *",
    "09_i": "import subprocess, sys\n"
    "subprocess.run([sys.executable, '-c', 'from course_lib.models import AE'])",
    "10_j": "1 + 1",
}
KL = {"02_b", "05_e", "06_f", "07_g", "08_h"}
NLL = {"01_a", "02_b", "04_d", "05_e", "06_f", "07_g", "08_h", "09_i"}


@pytest.fixture
def package(tmp_path, monkeypatch):
    for name, source in PACKAGE.items():
        path = tmp_path / "course_lib" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "glyphs.npz").write_text("pixels")
    (tmp_path / "data" / "other.npz").write_text("pixels")
    (tmp_path / "data" / "texts").mkdir()
    (tmp_path / "data" / "texts" / "words.txt").write_text("words")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "course_lib"


def made_of(package, notebook, name="01_a", **parameters):
    return keys.made_of(notebook, parameters, name, package.parent / "notebooks", package)


def of_all(package):
    return {
        name: made_of(package, new_notebook(cells=[new_code_cell(source)]), name)
        for name, source in CELLS.items()
    }


EDITS = [
    ("losses/kl.py", "0.5", "0.25", KL),
    ("losses/nll.py", "1.0", "2.0", NLL),
    ("models/vae.py", "losses.kl()", "-losses.kl()", {"02_b", "06_f", "07_g"}),
    ("models/plain.py", "loss = nll", "loss = 1", {"01_a", "02_b", "06_f", "07_g", "09_i"}),
    ("losses/kl.py", "# of each term", "# of each of them", set()),
    ("losses/kl.py", '"""KL."""', '"""The divergence."""', set()),
    ("losses/kl.py", "WEIGHT = 0.5", "WEIGHT = (\n    0.5\n)", set()),
    ("__init__.py", '"1"', '"2"', {"07_g"}),  # which may be after anything
    ("losses/__init__.py", "", "import keras\nkeras.config.set_epsilon(1)\n", KL | NLL),
    ("__init__.py", '"1"', '"1"\n_ROOMS = (*("a", "b"), "c")', {"07_g"}),
    (
        "__init__.py",
        '"1"',
        '"1"\n\n\ndef __getattr__(name):\n    return import_module(name)',
        {"07_g"},
    ),
    ("__init__.py", '"1"', '"1"\nprint("at every import")', set(CELLS) - {"10_j"}),
    (
        "losses/__init__.py",
        PACKAGE["losses/__init__.py"],
        "with extra('plots'):\n    from course_lib.losses.kl import kl as kl\n"
        "    from course_lib.losses.nll import nll as nll\n",
        {"05_e", "07_g", "08_h"},  # which take the whole package, its face as well
    ),
    ("pipeline/run.py", "1", "2", set()),
    ("lesson/exercises/a.py", "1", "3", {"01_a", "07_g"}),
    ("lesson/exercises/b.py", "2", "3", {"02_b", "07_g"}),
    ("lesson/claims.toml", 'text = "A"', 'text = "a"', {"01_a"}),
    ("lesson/claims.toml", 'text = "B"', 'text = "b"', {"02_b"}),
    ("lesson/claims.toml", "[b.b-holds]", "# A remark.\n[b.b-holds]", set()),
    ("../data/glyphs.npz", "pixels", "others", {"03_c", "07_g"}),
    ("../data/other.npz", "pixels", "others", set()),
    ("../data/texts/words.txt", "words", "others", {"03_c", "07_g"}),
]


@pytest.mark.parametrize(("file", "old", "new", "moved"), EDITS)
def test_an_edit_moves_exactly_what_reaches_it(package, file, old, new, moved):
    before = of_all(package)
    path = package / file
    path.write_text(path.read_text().replace(old, new, 1))
    after = of_all(package)
    assert {name for name in CELLS if before[name] != after[name]} == moved


def test_a_module_that_does_not_parse_is_the_trouble_of_who_reaches_it(package):
    before = of_all(package)
    (package / "losses/kl.py").write_text("def kl(:")
    after = of_all(package)
    assert {name for name in CELLS if before[name] != after[name]} == KL


BESIDE = [
    ("exercises/a.py", "MINE = 1\n", "MINE = 2\n", {"01_a"}),
    ("exercises/a.py", "MINE = 1\n", "MINE = 1  # of us\n", set()),
    ("exercises/c.py", "MINE = 1\n", "MINE = 2\n", set()),
    ("claims.toml", "[b.b-holds]\nx = 1\n", "[b.b-holds]\nx = 2\n", {"02_b"}),
    ("claims.toml", "[a.new]\nx = 1\n", "[b.new]\nx = 1\n", {"01_a", "02_b"}),
]


@pytest.mark.parametrize(("file", "old", "new", "moved"), BESIDE)
def test_what_stands_beside_the_notebooks_counts(package, file, old, new, moved):
    path = package.parent / "notebooks" / file
    path.parent.mkdir(parents=True)
    path.write_text(old)
    before = of_all(package)
    path.write_text(new)
    after = of_all(package)
    assert {name for name in CELLS if before[name] != after[name]} == moved


@pytest.fixture
def copy_of_the_library(tmp_path):
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "course_lib", tmp_path / "course_lib", ignore=ignore)
    return tmp_path / "course_lib"


def test_a_constant_in_a_real_loss_moves_the_lessons_that_reach_it(copy_of_the_library):
    def of_all():
        return {
            lesson.label: keys.made_of(
                lesson.read(), {}, lesson.name, lesson.folder, copy_of_the_library
            )
            for lesson in LESSONS
        }

    before = of_all()
    path = copy_of_the_library / "losses" / "contraction.py"
    source = path.read_text(encoding="utf-8")
    other = '"""Other words."""\n# A comment.\n' + source.split('"""', 2)[2]
    path.write_text(other, encoding="utf-8")
    assert of_all() == before

    path.write_text(source + "\nCONSTANT = 2\n", encoding="utf-8")
    after = of_all()
    # A lesson that names modules only when it runs may reach any of them.
    words = ("ContractiveAutoencoder", "losses.contraction", "losses.curvature", "import_module")
    code = {x.label: [cell.source for cell in keys.code_cells(x.read())] for x in LESSONS}
    wanted = {label for label, cells in code.items() if any(w in c for w in words for c in cells)}
    moved = {label for label in before if before[label] != after[label]}
    assert moved == wanted
    assert 0 < len(moved) < len(LESSONS) / 2


def test_parameters_packages_and_settings_count(notebook, package, monkeypatch):
    def made(**parameters):
        return keys.key(
            keys.made_of(notebook, parameters, "01_a", package.parent / "notebooks", package)
        )

    found = [made(), made(seed=1), made(seed=2)]
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    found.append(made())
    (package.parent / "keras").mkdir()
    (package.parent / "keras" / "keras.json").write_text('{"floatx": "float64"}')
    found.append(made())
    for name in ("keras", "scipy", "pillow", "threadpoolctl", "scikit-learn", "numpy", "jax"):
        versions = {name: "99"}
        monkeypatch.setattr(
            surroundings, "_version", lambda package, v=versions: v.get(package, "1")
        )
        found.append(made())
    assert len(set(found)) == len(found)


def test_settings_that_keras_writes_down_itself_do_not_count(notebook, package, monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    before = made_of(package, notebook)
    (package.parent / "keras").mkdir()
    (package.parent / "keras" / "keras.json").write_text(
        '{"floatx": "float32", "epsilon": 1e-07, "backend": "tensorflow", '
        '"image_data_format": "channels_last"}'
    )
    assert made_of(package, notebook) == before


def test_what_a_notebook_imports_counts(package, monkeypatch):
    notebook = new_notebook(cells=[new_code_cell("import pandas, json")])
    monkeypatch.setattr(surroundings, "_version", {"pandas": "1", "json": "1"}.get)
    assert made_of(package, notebook)["packages"]["pandas"] == "1"
    assert "json" not in made_of(package, notebook)["packages"]


@pytest.mark.parametrize(
    ("loader", "home", "file"),
    [
        ("load_images", "KERAS_HOME", "datasets/mnist.npz"),
        ("load_series", "KERAS_HOME", "datasets/ecg5000_all.npz"),
        ("load_recording", "KERAS_HOME", "datasets/nab/data/realKnownCause/nyc_taxi.csv"),
        ("load_table", "SCIKIT_LEARN_DATA", "kddcup99_10-py3/samples"),
    ],
)
def test_what_auto_would_take_is_data(loader, home, file, tmp_path):
    """Whether the larger set is at hand changes the data of who asks for it, and of no one else."""
    environ = {"KERAS_HOME": str(tmp_path / "none"), "SCIKIT_LEARN_DATA": str(tmp_path / "none")}
    environ[home] = str(tmp_path)

    def data(name):
        notebook = new_notebook(cells=[new_code_cell(f"from course_lib.data import {name}")])
        return keys.made_of(notebook, {}, "01_a", tmp_path, environ=environ)["data"]

    before = data(loader), data("load_patches")
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).touch()
    assert data(loader) != before[0]
    assert data("load_patches") == before[1]


def test_the_difference_is_named(notebook, package):
    made = made_of(package, notebook)
    assert keys.difference(made, made) == ""
    older = {"packages": made["packages"] | {"keras": "3.0"}}
    assert keys.difference(made | older, made).startswith("keras 3.0 (3.")
    assert keys.difference(made | {"library": ""}, made) == "another library"
    assert keys.difference({}, made) == "other code"


def test_backend_is_found_where_keras_looks(tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert surroundings.default_backend() == "tensorflow"
    (tmp_path / "keras.json").write_text('{"backend": "torch"}')
    assert surroundings.default_backend() == "torch"
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert surroundings.default_backend() == "jax"
    (tmp_path / "keras.json").write_text("[]")
    monkeypatch.delenv("KERAS_BACKEND")
    assert surroundings.default_backend() == "tensorflow"
