"""The comparison of stored outputs with a run must be able to fail."""

import copy
import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from course_lib.pipeline.keys import code_hash


def cell(source, shown, count, tags=("nbval-check-output",)):
    output = new_output("stream", name="stdout", text=shown)
    return new_code_cell(
        source, outputs=[output], execution_count=count, metadata={"tags": list(tags)}
    )


@pytest.fixture
def stored():
    notebook = new_notebook(
        cells=[
            cell("print(0.125)", "0.125\n", 1),
            cell("print(time())", "17\n", 2, tags=()),
            cell("draw()", "3 images\n", 3),
        ]
    )
    notebook.cells[2].outputs.append(
        new_output("display_data", {"image/png": "AAAA", "text/plain": "<Figure>"})
    )
    run_on = "a processor, keras 3.13.2"
    notebook.metadata["course"] = {"code_hash": code_hash(notebook), "run_on": run_on}
    return notebook


@pytest.fixture
def compare(tmp_path, replay):
    def of_two(stored, executed, run_on="a processor, keras 3.13.2"):
        (tmp_path / "run").mkdir()
        status = {"status": "ok", "run_on": run_on}
        (tmp_path / "run" / "01_a.json").write_text(json.dumps(status))
        nbformat.write(executed, tmp_path / "run" / "01_a.ipynb")
        nbformat.write(stored, tmp_path / "01_a.ipynb")
        return replay([tmp_path / "01_a.ipynb"], tmp_path / "run")["01_a.ipynb"]

    return of_two


def test_equal_outputs_pass_with_the_injected_cell_left_out(stored, compare):
    executed = copy.deepcopy(stored)
    executed.cells.insert(1, cell("scale = 1", "", 2, tags=["injected-parameters"]))
    assert compare(stored, executed) == ["", "", ""]


def test_unchecked_text_and_pictures_are_not_compared(stored, compare):
    executed = copy.deepcopy(stored)
    executed.cells[1].outputs[0].text = "18\n"
    executed.cells[2].outputs[1].data["image/png"] = "BBBB"
    assert compare(stored, executed) == ["", "", ""]


def change_number(stored, executed):
    executed.cells[0].outputs[0].text = "0.126\n"


def drop_output(stored, executed):
    stored.cells[2].outputs = []


def edit_code_of_both(stored, executed):
    for notebook in (stored, executed):
        notebook.cells[0].source = "print(0.125, flush=True)"


def edit_code(stored, executed):
    stored.cells[0].source = "print(0.125, flush=True)"


def publish_nothing(stored, executed):
    del stored.metadata["course"]


def strip(stored, executed):
    for cell in stored.cells:
        cell.execution_count, cell.outputs = None, []


def stop_early(stored, executed):
    executed.cells[2].execution_count = None


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (change_number, "Cell outputs differ"),
        (drop_output, "Cell outputs differ"),
        (edit_code_of_both, "older than the code"),
        (edit_code, "not of this code"),
        (publish_nothing, "older than the code"),
        (strip, "has not been run"),
        (stop_early, "did not run"),
    ],
)
def test_it_fails(stored, compare, break_it, words):
    executed = copy.deepcopy(stored)
    break_it(stored, executed)
    assert words in "".join(compare(stored, executed))


@pytest.mark.parametrize(
    ("stored_text", "run_text", "differs"),
    [
        ("holds 0.125 [0.1, 0.2]\n", "holds -13.5 [0.1, 2e-09]\n", False),
        ("error   9.5 %  of 7\n", "error  10.25 %  of 7\n", False),
        ("0.3 … 0.9 (stored; ours is outside)\n", "0.3 … 0.9 (stored)\n", False),
        ("holds 0.125\n", "refuted 0.125\n", True),
        ("1.5 holds\n", "1.5\n", True),
        ("1.5 2.5\n", "1.5\n", True),
        ("1.5\n2.5\n", "1.5 2.5\n", True),
    ],
)
def test_elsewhere_words_are_compared(stored, compare, stored_text, run_text, differs):
    executed = copy.deepcopy(stored)
    stored.cells[0].outputs[0].text, executed.cells[0].outputs[0].text = stored_text, run_text
    assert bool(compare(stored, executed, run_on="another processor")[0]) == differs
