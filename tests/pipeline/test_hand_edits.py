"""Every kind of edit to what was published is made once on a copy, and `check` names it."""

import base64
import copy
import json
import shutil
import subprocess
import sys
import types

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from course_lib.pipeline.check import findings
from course_lib.pipeline.lessons import find_lessons
from course_lib.pipeline.publish import publish
from course_lib.pipeline.seal import seal

FRONT = "# Course\n\n<!-- lessons of notebooks -->\n<!-- /lessons -->\n"
DATA = "<!-- lessons of notebooks -->\n| set | lessons |\n|---|---|\n| `mnist` | |\n"
DATA += "<!-- /lessons -->\n"


@pytest.fixture(scope="module")
def published_once(tmp_path_factory, made_up):
    """Two lessons and one's solutions, published."""
    course = types.SimpleNamespace(folder=tmp_path_factory.mktemp("published"))
    for name in ("01_a", "02_b", "solutions/01_a"):
        made_up.store(course, name, made_up.lesson(), made_up.execute(made_up.lesson()))
    (course.folder / "README.md").write_text(FRONT)
    (course.folder / "data").mkdir()
    (course.folder / "data" / "README.md").write_text(DATA)
    folder = course.folder / "notebooks"
    publish(find_lessons(folder), folder, course.folder / "runs", "lesson")
    assert check(course) == []
    return course.folder


@pytest.fixture
def published(published_once, course):
    """A copy of it, in which there is nothing to find."""
    shutil.copytree(published_once, course.folder, dirs_exist_ok=True)
    return course


def check(course):
    return findings(find_lessons(course.folder / "notebooks"), course.folder / "notebooks")


def cell(notebook, id):
    return next(cell for cell in notebook.cells if cell.id == id)


def number_in_a_text(notebook):
    cell(notebook, "scale").outputs[0].text = "Data: glyphs, because …!\n"


def number_in_a_record(notebook):
    output = cell(notebook, "claims").outputs[0]
    output.data["application/vnd.course-lib.claim+json"]["values"][0] = 0.26


def verdict_in_a_text(notebook):
    cell(notebook, "claims").outputs[1].data["text/plain"] = "a-fails holds"


def verdict_in_a_record(notebook):
    output = cell(notebook, "claims").outputs[1]
    output.data["application/vnd.course-lib.claim+json"]["verdict"] = "holds"


def picture(notebook):
    other = base64.b64encode(b"\x89PNG other").decode()
    cell(notebook, "draw").outputs[0].data["image/png"] = other


def picture_cut(notebook):
    data = cell(notebook, "draw").outputs[0].data
    data["image/png"] = data["image/png"][:101]


def output_metadata(notebook):
    cell(notebook, "draw").outputs[0].metadata["image/png"]["width"] = 10


def alt_text_edited(notebook):
    cell(notebook, "draw").outputs[0].metadata["image/png"]["alt"] = "A circle."


def alt_text_removed(notebook):
    del cell(notebook, "draw").outputs[0].metadata["image/png"]["alt"]


def mime_type_added(notebook):
    cell(notebook, "draw").outputs[0].data["text/html"] = "<b>better</b>"


def output_deleted(notebook):
    del cell(notebook, "claims").outputs[1]


def all_outputs_of_a_cell(notebook):
    cell(notebook, "draw").outputs = []


def output_added(notebook):
    cell(notebook, "claims").outputs.append(new_output("stream", text="and it holds"))


def output_twice(notebook):
    outputs = cell(notebook, "claims").outputs
    outputs.append(copy.deepcopy(outputs[0]))


def outputs_reordered(notebook):
    outputs = cell(notebook, "claims").outputs
    outputs[0], outputs[1] = outputs[1], outputs[0]


def outputs_moved(notebook):
    cell(notebook, "draw").outputs = cell(notebook, "exercise").outputs
    cell(notebook, "exercise").outputs = []


def error_output(notebook):
    error = new_output("error", ename="ValueError", evalue="no", traceback=[])
    cell(notebook, "exercise").outputs = [error]


def stream_name(notebook):
    cell(notebook, "scale").outputs[0].name = "stderr"


def execution_count_removed(notebook):
    cell(notebook, "draw").execution_count = None


def execution_count_changed(notebook):
    cell(notebook, "draw").execution_count = 17


def execution_count_of_an_output(notebook):
    cell(notebook, "draw").outputs[0].execution_count = 17


def code_edited(notebook):
    cell(notebook, "claims").source = "measure(2)"


def semicolon_added(notebook):
    cell(notebook, "claims").source += ";"


def parameter_edited(notebook):
    cell(notebook, "scale").source = "scale = 'lesson'\nseed = 1"


def colab_code_edited(notebook):
    cell(notebook, "colab").source += "\nimport os"


def cells_swapped(notebook):
    cells = notebook.cells
    cells[6], cells[8] = cells[8], cells[6]


def cell_added(notebook):
    notebook.cells += [new_markdown_cell("More."), new_code_cell("x = 1", execution_count=6)]


def cell_deleted(notebook):
    notebook.cells.remove(cell(notebook, "exercise"))


def empty_cell_deleted(notebook):
    notebook.cells.remove(cell(notebook, "empty"))


def id_changed(notebook):
    cell(notebook, "draw").id = "drawn"


def id_twice(notebook):
    cell(notebook, "draw").id = "claims"


def tag_removed(notebook):
    cell(notebook, "draw").metadata.tags = []


def tag_added(notebook):
    cell(notebook, "claims").metadata.tags = ["nbval-check-output"]


def all_metadata(notebook):
    del notebook.metadata["course"]


def outputs_hash_removed(notebook):
    del notebook.metadata["course"]["outputs_hash"]


def code_hash_removed(notebook):
    del notebook.metadata["course"]["code_hash"]


def fingerprints_removed(notebook):
    notebook.metadata["course"]["cells"] = {}


def fingerprints_of_another_type(notebook):
    notebook.metadata["course"]["cells"] = ["a"]


def fingerprint_edited(notebook):
    notebook.metadata["course"]["cells"]["draw"] += "0"


def scale_in_metadata(notebook):
    notebook.metadata["course"]["scale"] = "paper"


def data_in_metadata(notebook):
    notebook.metadata["course"]["dataset"] = "mnist"


def parameters_in_metadata(notebook):
    notebook.metadata["course"]["parameters"] = {"seed": 3}


def excuse_in_metadata(notebook):
    notebook.metadata["course"]["unusual"] = "because"


def another_processor_in_metadata(notebook):
    notebook.metadata["course"]["run_on"] = "a better one"


def subject_removed(notebook):
    del notebook.metadata["course"]["subject"]


def words_added(notebook):
    cell(notebook, "think").source += " word" * 600


def title_edited(notebook):
    cell(notebook, "title").source = "# A better title"


def injected_cell(notebook):
    tags = {"tags": ["injected-parameters"]}
    notebook.cells.insert(3, new_code_cell("seed = 3", metadata=tags, execution_count=2))


def sealed_anew_with_a_lie(notebook):
    verdict_in_a_record(notebook)
    seal(notebook)


def sealed_anew_at_another_scale(notebook):
    notebook.metadata["course"]["scale"] = "smoke"
    seal(notebook)


def sealed_anew_with_another_seed(notebook):
    notebook.metadata["course"]["parameters"] = {"seed": 5}
    seal(notebook)


def sealed_anew_with_another_picture(notebook):
    picture(notebook)
    seal(notebook)


FACTS = "one of scale, dataset, parameters, unusual, run_on, cells in its metadata is not what was"
OUTPUT = "is not what was published."
EDITS = [
    (number_in_a_text, f"the output of cell 2, a text, {OUTPUT}"),
    (number_in_a_record, f"output 1 of cell 4, a measurement or a check, {OUTPUT}"),
    (verdict_in_a_text, f"output 2 of cell 4, a measurement or a check, {OUTPUT}"),
    (verdict_in_a_record, f"output 2 of cell 4, a measurement or a check, {OUTPUT}"),
    (picture, f"the output of cell 3, a picture, {OUTPUT}"),
    (picture_cut, f"the output of cell 3, a picture, {OUTPUT}"),
    (output_metadata, f"the output of cell 3, a picture, {OUTPUT}"),
    (mime_type_added, f"the output of cell 3, a picture, {OUTPUT}"),
    (output_deleted, "cell 4 has 4 outputs, and 5 were published."),
    (all_outputs_of_a_cell, "cell 3 has 0 outputs, and 1 was published."),
    (output_added, "cell 4 has 6 outputs, and 5 were published."),
    (output_twice, "cell 4 has 6 outputs, and 5 were published."),
    (outputs_reordered, "the outputs of cell 4 stand in another order."),
    (outputs_moved, "cell 5 has 0 outputs, and 1 was published."),
    (error_output, f"the output of cell 5, an error, {OUTPUT}"),
    (stream_name, f"the output of cell 2, a text, {OUTPUT}"),
    (execution_count_removed, "1 of 5 code cells have not been run."),
    (execution_count_changed, "cell 3 bears the number 17 instead of 3."),
    (execution_count_of_an_output, "an output of cell 3 bears the number 17."),
    (code_edited, "the outputs of cell 4 are older than its code or tags."),
    (semicolon_added, "the outputs of cell 4 are older than its code or tags."),
    (parameter_edited, "the outputs of cell 2 are older than its code or tags."),
    (colab_code_edited, "the outputs of cell 1 are older than its code or tags."),
    (cells_swapped, "its code cells stand in another order than when they were run."),
    (cell_added, "cell 7 is new since the outputs were published, or has a new id."),
    (cell_deleted, "the cell 'exercise' is gone since its outputs were published."),
    (empty_cell_deleted, "the cell 'empty' is gone since its outputs were published."),
    (id_changed, "cell 3 is new since the outputs were published, or has a new id."),
    (id_twice, "the cell 'draw' is gone since its outputs were published."),
    (tag_removed, "the outputs of cell 3 are older than its code or tags."),
    (tag_added, "the outputs of cell 4 are older than its code or tags."),
    (all_metadata, "its metadata lack code_hash and outputs_hash and cells: course publish."),
    (outputs_hash_removed, "its metadata lack outputs_hash: course publish."),
    (code_hash_removed, "its metadata lack code_hash: course publish."),
    (fingerprints_removed, "its metadata lack cells: course publish."),
    (
        fingerprints_of_another_type,
        FACTS,
    ),
    (
        fingerprint_edited,
        FACTS,
    ),
    (scale_in_metadata, "its outputs are of scale paper, and those of lesson are wanted."),
    (
        data_in_metadata,
        FACTS,
    ),
    (parameters_in_metadata, "its outputs were made with parameters of their own: {'seed': 3}."),
    (
        excuse_in_metadata,
        FACTS,
    ),
    (another_processor_in_metadata, FACTS),
    (injected_cell, "has a cell tagged injected-parameters, as papermill tags its own."),
    (alt_text_edited, "the output of cell 3, a picture, is not what was published"),
    (alt_text_removed, "the output of cell 3, a picture, is not what was published"),
    (sealed_anew_with_a_lie, "cell 4 says that a-fails is holds, but its numbers say refuted."),
    (sealed_anew_at_another_scale, "its outputs are of scale smoke, and those of lesson are"),
    (sealed_anew_with_another_seed, "its outputs were made with parameters of their own"),
]
OF_LESSONS = [
    (subject_removed, "01_a: its metadata name no subject."),
    (words_added, "notebooks/README.md is not what the lessons say, first in line "),
    (title_edited, "notebooks/results.md is not what the lessons say, first in line "),
    (sealed_anew_with_another_picture, "notebooks/images/a.png is not the picture of its"),
]


@pytest.mark.parametrize("name", ["01_a", "solutions/01_a"])
@pytest.mark.parametrize(("edit", "sentence"), EDITS, ids=lambda x: getattr(x, "__name__", ""))
def test_an_edit_to_a_notebook(published, name, edit, sentence):
    found = edit_and_check(published, name, edit)
    assert any(line.startswith(f"{name}: ") and sentence in line for line in found), found


@pytest.mark.parametrize(("edit", "sentence"), OF_LESSONS, ids=lambda x: getattr(x, "__name__", ""))
def test_an_edit_that_pages_show(published, edit, sentence):
    found = edit_and_check(published, "01_a", edit)
    assert any(line.startswith(sentence) for line in found), found


def edit_and_check(course, name, edit):
    path = course.folder / "notebooks" / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    edit(notebook)
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    return check(course)


def edit_prose(notebook):
    cell(notebook, "look").source = "## Look again"
    notebook.cells.insert(4, new_markdown_cell("A remark."))


def edit_a_comment(notebook):
    cell(notebook, "claims").source = "# Measured once.\nmeasure( )"


def write_in_a_browser(notebook):
    """JupyterLab's JavaScript writes 1.0 as 1, and tells more of the kernel."""
    notebook.metadata["language_info"] = {"name": "python", "version": "3.12.1"}
    notebook.metadata["kernelspec"]["display_name"] = "Python 3 (ipykernel)"
    output = cell(notebook, "claims").outputs[0]
    output.data["application/vnd.course-lib.claim+json"]["threshold"] = 1


@pytest.mark.parametrize("edit", [edit_prose, edit_a_comment, write_in_a_browser])
@pytest.mark.parametrize("name", ["01_a", "solutions/01_a"])
def test_what_changes_no_result_is_no_finding(published, name, edit):
    assert edit_and_check(published, name, edit) == []


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("notebooks/README.md", "1 holds", "2 hold"),
        ("notebooks/README.md", "| 1 |", "| 5 |"),
        ("notebooks/README.md", "\n", "\nA line of my own.\n"),
        ("notebooks/results.md", "**refuted**", "**holds**"),
        ("notebooks/results.md", "0.3 ° [0.1758", "0.2 ° [0.1758"),
        ("notebooks/results.md", "| 2 ° |", "| 9 ° |"),
        ("README.md", "lines \\| and planes", "everything"),
        ("data/README.md", "| `mnist` | |", "| `mnist` | 1–9 |"),
    ],
)
def test_an_edit_to_a_page(published, file, old, new):
    path = published.folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    (finding,) = check(published)
    assert finding.startswith(f"{file} is not what the lessons say, first in line ")
    assert finding.endswith(": course publish.")


@pytest.mark.parametrize("file", ["README.md", "results.md", "images/a.png"])
def test_what_is_missing(published, file):
    (published.folder / "notebooks" / file).unlink()
    assert check(published) == [f"notebooks/{file} is missing: course publish."]


def test_rows_are_outside_the_table_no_business_of_ours(published):
    path = published.folder / "README.md"
    path.write_text(path.read_text().replace("# Course", "# The course"))
    assert check(published) == []


@pytest.mark.parametrize("file", ["README.md", "data/README.md"])
def test_a_mark_that_is_gone(published, file):
    path = published.folder / file
    path.write_text(path.read_text(encoding="utf-8").replace("<!-- /lessons -->", ""))
    (finding,) = check(published)
    assert finding.startswith(f"{file} lacks <!-- /lessons --> after its <!-- lessons of notebooks")


def test_another_folders_lessons_leave_the_pages_alone(published, made_up):
    """An instructor's own lessons, beside those of the course."""
    before = {path: path.read_bytes() for path in published.folder.rglob("README.md")}
    mine = published.folder / "mine"
    shutil.copytree(published.folder / "notebooks", mine)
    (mine / "02_b.ipynb").unlink()
    publish(find_lessons(mine), mine, published.folder / "runs", "lesson")
    assert {path: path.read_bytes() for path in before} == before
    assert "02_b" not in (mine / "README.md").read_text(encoding="utf-8")
    assert findings(find_lessons(mine), mine) == [
        "mine/images/b.png is the cover of no lesson: course publish."
    ]


def test_two_lessons_of_one_name(published):
    folder = published.folder / "notebooks"
    shutil.copy(folder / "02_b.ipynb", folder / "07_a.ipynb")
    assert "2 lessons are called a, and each needs a name of its own." in check(published)


def test_line_endings_of_windows(published):
    for path in published.folder.rglob("*"):
        if path.suffix in (".md", ".ipynb"):
            text = path.read_bytes().replace(b"\r\n", b"\n")
            path.write_bytes(text.replace(b"\n", b"\r\n"))
    assert check(published) == []


def test_a_format_without_ids(published):
    path = published.folder / "notebooks" / "01_a.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["nbformat_minor"] = 4
    for each in notebook["cells"]:
        del each["id"]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    found = check(published)
    assert found
    assert all(line.startswith("01_a: ") for line in found)


def test_many_cells_are_one_sentence(published):
    path = published.folder / "notebooks" / "01_a.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for each in notebook.cells[2:8]:
        if each.cell_type == "code":
            each.source += "\nmore()"
    nbformat.write(notebook, path)
    assert check(published) == ["01_a: the outputs of cells 2–4 are older than their code or tags."]


def test_covers(published):
    images = published.folder / "notebooks" / "images"
    cover = (images / "a.png").read_bytes()
    (images / "a.png").write_bytes(cover + b"\0")
    (finding,) = check(published)
    assert finding.startswith("notebooks/images/a.png is not the picture of its lesson's cell")
    (images / "a.png").write_bytes(cover)
    shutil.copy(images / "a.png", images / "07.png")
    (finding,) = check(published)
    assert finding == "notebooks/images/07.png is the cover of no lesson: course publish."


def test_a_lesson_removed_or_added(published):
    folder = published.folder / "notebooks"
    shutil.copy(folder / "02_b.ipynb", folder / "03_c.ipynb")
    found = check(published)
    assert "notebooks/images/c.png is missing: course publish." in found
    assert any(line.startswith("notebooks/README.md is not what the lessons say") for line in found)
    (folder / "03_c.ipynb").unlink()
    (folder / "02_b.ipynb").unlink()
    found = check(published)
    assert "notebooks/images/b.png is the cover of no lesson: course publish." in found


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", '{"cells": 3}', '{"nbformat": 4}', '{"cells": [{}]}', "\x00\xff"]
)
def test_an_unreadable_lesson_is_one_sentence_of_its_own(published, text):
    path = published.folder / "notebooks" / "01_a.ipynb"
    path.write_bytes(text.encode("latin-1"))
    (finding,) = check(published)
    assert finding.startswith("01_a is not a readable notebook: ")


@pytest.mark.parametrize(
    "course_metadata", [None, 3, [], {"cells": {"draw": 3}}, {"code_hash": [], "cells": "x"}]
)
def test_odd_metadata_are_one_lessons_findings(published, course_metadata):
    path = published.folder / "notebooks" / "01_a.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["metadata"]["course"] = course_metadata
    path.write_text(json.dumps(notebook))
    found = check(published)
    assert found
    assert not any(line.startswith(("02_b", "solutions")) for line in found)


def test_a_whole_course_takes_no_backend(published):
    code = (
        "import sys\nfrom course_lib.pipeline.check import findings\n"
        "from course_lib.pipeline.lessons import find_lessons\n"
        "assert findings(find_lessons('notebooks'), 'notebooks') == []\n"
        "heavy = {'keras', 'tensorflow', 'jax', 'torch', 'papermill', 'matplotlib', 'IPython'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=published.folder, check=True)
