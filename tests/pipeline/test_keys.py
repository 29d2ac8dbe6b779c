"""What makes a run another run, and what does not."""

import copy

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import course_lib
from course_lib.pipeline import keys


@pytest.fixture
def notebook():
    return new_notebook(
        cells=[
            new_code_cell("REPOSITORY = ''", metadata={"tags": ["colab"]}),
            new_markdown_cell("# Title"),
            new_code_cell("scale = 'lesson'", metadata={"tags": ["parameters"]}),
            new_code_cell("fit()"),
        ]
    )


def edit_prose(notebook):
    notebook.cells[1].source = "# Another title"
    notebook.cells.append(new_markdown_cell("More."))


def edit_address(notebook):
    notebook.cells[0].source = "REPOSITORY = 'https://example.org'"


def run_it(notebook):
    notebook.cells[3].outputs = [new_output("stream", text="1")]
    notebook.cells[3].execution_count = 4
    notebook.cells[3].metadata["papermill"] = {"status": "completed"}
    notebook.cells.insert(3, new_code_cell("x", metadata={"tags": ["injected-parameters"]}))


def rename_cells(notebook):
    for number, cell in enumerate(notebook.cells):
        cell.id = f"other-{number}"


def edit_code(notebook):
    notebook.cells[3].source = "fit(2)"


def tag(notebook):
    notebook.cells[3].metadata["tags"] = ["cover"]


def swap(notebook):
    notebook.cells[2], notebook.cells[3] = notebook.cells[3], notebook.cells[2]


@pytest.mark.parametrize("edit", [edit_prose, edit_address, run_it, rename_cells])
def test_the_same_code(notebook, edit):
    edited = copy.deepcopy(notebook)
    edit(edited)
    assert keys.code_hash(edited) == keys.code_hash(notebook)


@pytest.mark.parametrize("edit", [edit_code, tag, swap])
def test_other_code(notebook, edit):
    edited = copy.deepcopy(notebook)
    edit(edited)
    assert keys.code_hash(edited) != keys.code_hash(notebook)
    assert keys.run_key(edited, {}, "") != keys.run_key(notebook, {}, "")


def test_parameters_and_surroundings_are_in_the_key(notebook):
    found = {
        keys.run_key(notebook, parameters, around)
        for parameters in ({"scale": "smoke"}, {"scale": "lesson"}, {"scale": "lesson", "seed": 1})
        for around in ("a", "b")
    }
    assert len(found) == 6


@pytest.fixture
def library(tmp_path, monkeypatch):
    package = tmp_path / "course_lib"
    (package / "pipeline").mkdir(parents=True)
    (tmp_path / "data").mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.setattr(course_lib, "__file__", str(package / "__init__.py"))
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("course_lib/layers/tied.py", True),
        ("course_lib/lesson/claims.toml", True),
        ("data/glyphs.npz", True),
        ("course_lib/pipeline/run.py", False),
        ("data/README.md", False),
    ],
)
def test_which_files_count(library, file, counts):
    before = keys.surroundings()
    (library / file).parent.mkdir(exist_ok=True)
    (library / file).write_text("1")
    assert (keys.surroundings() != before) == counts


def test_backend_and_versions_count(library, monkeypatch):
    before = keys.surroundings()
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    other = keys.surroundings()
    monkeypatch.setattr(keys, "_version", lambda package: "99")
    assert len({before, other, keys.surroundings()}) == 3


def test_backend_is_found_where_keras_looks(tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert keys.backend() == "tensorflow"
    (tmp_path / "keras.json").write_text('{"backend": "torch"}')
    assert keys.backend() == "torch"
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert keys.backend() == "jax"
