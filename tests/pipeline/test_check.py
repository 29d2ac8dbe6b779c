"""Each rule for committed lessons is broken once and found; nothing is executed here."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course_lib.pipeline.check import findings
from course_lib.pipeline.lessons import find_lessons
from course_lib.pipeline.pages import pages
from course_lib.pipeline.seal import seal

CARD = {"subject": "a", "prerequisites": [], "scale": "lesson"}


def good():
    notebook = new_notebook(
        cells=[
            new_code_cell("REPOSITORY = ''", metadata={"tags": ["colab"]}),
            new_code_cell("scale = 'lesson'", metadata={"tags": ["parameters"]}),
            new_markdown_cell("Text."),
            new_code_cell("1"),
        ]
    )
    for number, cell in enumerate([cell for cell in notebook.cells if "outputs" in cell], 1):
        cell.execution_count = number
    return notebook


def no_parameters(notebook):
    notebook.cells[1].metadata["tags"] = ["setup"]


def long_cell(notebook):
    notebook.cells[3].source = "\n".join(["1"] * 26)


def long_cells(notebook):
    for cell in notebook.cells[:2]:
        cell.source += "\n1" * 7


def two_in_a_row(notebook):
    notebook.cells.append(new_code_cell("2", execution_count=4))


def not_run(notebook):
    notebook.cells[3].execution_count = None


def error(notebook):
    output = new_output("error", ename="ValueError", evalue="no", traceback=["…"])
    notebook.cells[3].outputs = [output]


def path(notebook):
    notebook.cells[3].outputs = [new_output("stream", text="in /usr/lib/python3/site-packages")]


def log(notebook):
    text = "I0000 00:00:1795269155.273716   21882 port.cc:153] on\n"
    notebook.cells[3].outputs = [new_output("stream", name="stderr", text=text)]


def skipped(notebook):
    notebook.cells[3].metadata["tags"] = ["skip-execution"]


def no_code_in_the_parameters(notebook):
    notebook.cells[1].source = "scale = "


def magic_in_the_parameters(notebook):
    notebook.cells[1].source = "%matplotlib inline\nscale = 'lesson'  # or 'smoke'"


FOLD = "\n\n<details><summary>Answer</summary>\n\nYes.\n\n</details>"


def open_question(notebook):
    notebook.cells[2].source += "\n\n> **Predict first.** Will it?" + FOLD
    notebook.cells.append(new_markdown_cell("> **Predict first.** Why?\n\nText."))


def answer_before_its_question(notebook):
    notebook.cells.append(new_markdown_cell(FOLD + "\n\n**4 (concept).** Why is it?"))


def open_answer(notebook):
    notebook.cells[2].source += "\n\n**Answer.** Yes."


def open_answer_in_a_caption(notebook):
    notebook.cells[-1].source += "\ncaption = '**Answer.** Yes.'"


BROKEN = [
    (open_answer_in_a_caption, "an answer stands open, and is wanted in a fold"),
    (open_question, "no folded answer follows the question '**Predict first.** Why?'"),
    (
        answer_before_its_question,
        "no folded answer follows the question '**4 (concept).** Why is it?'",
    ),
    (open_answer, "an answer stands open, and is wanted in a fold"),
    (skipped, "cell 3 is tagged skip-execution, and would not be run"),
    (no_code_in_the_parameters, "has a parameters cell that is no code: invalid syntax"),
    (no_parameters, "no cell tagged parameters sets scale"),
    (long_cell, "cell 3 has 26 lines, and at most 25 are wanted"),
    (long_cells, "the median code cell has 8 lines, and fewer than 8 are wanted"),
    (two_in_a_row, "cell 4 has no text before it"),
    (not_run, "1 of 3 code cells have not been run"),
    (error, "cell 3 shows the error ValueError"),
    (path, "cell 3 shows the machine's path /usr/lib/python3/site-packages"),
    (log, "cell 3 shows a line of a log: I0000 00:00:1795269155.273716   21882 port.cc:153] on"),
]


def found_in(tmp_path, notebook):
    folder = tmp_path / "notebooks"
    folder.mkdir(exist_ok=True)
    nbformat.write(notebook, folder / "01_a.ipynb")
    lessons = find_lessons(folder)
    for path, text in pages(folder, [(lesson, lesson.read()) for lesson in lessons]).items():
        path.write_text(text, encoding="utf-8")
    return findings(lessons, folder)


def sign(notebook):
    notebook.metadata["course"] = dict(CARD)
    seal(notebook)
    return notebook


def test_a_good_lesson(tmp_path):
    assert found_in(tmp_path, sign(good())) == []


def test_an_answer_may_stand_in_a_later_cell(tmp_path):
    notebook = good()
    notebook.cells[2].source += "\n\n> **Predict first.** Will it?"
    notebook.cells.append(new_markdown_cell(FOLD + "\n\n**4 (concept).** Why?" + FOLD))
    assert found_in(tmp_path, sign(notebook)) == []


@pytest.mark.parametrize(("spoil", "finding"), BROKEN)
def test_a_broken_rule(tmp_path, spoil, finding):
    notebook = good()
    spoil(notebook)
    found = found_in(tmp_path, sign(notebook))
    assert f"01_a: {finding}." in found
    assert len(found) == 1 + (spoil in (not_run,))  # which has no number as well


def test_magics_may_stand_among_the_parameters(tmp_path):
    notebook = good()
    magic_in_the_parameters(notebook)
    assert found_in(tmp_path, sign(notebook)) == []


@pytest.mark.parametrize(
    ("card", "finding"),
    [
        ({"subject": " "}, "its metadata name no subject"),
        ({"prerequisites": "NumPy"}, "its metadata hold no list of prerequisites"),
    ],
)
def test_what_a_reader_is_told_beforehand(tmp_path, card, finding):
    notebook = sign(good())
    notebook.metadata["course"] |= card
    assert found_in(tmp_path, notebook) == [f"01_a: {finding}."]


def test_stale_outputs(tmp_path):
    notebook = sign(good())
    notebook.cells[3].source = "2"
    (finding,) = found_in(tmp_path, notebook)
    assert finding == "01_a: the outputs of cell 3 are older than its code or tags."


def test_a_heavy_folder(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "film.mp4").write_bytes(bytes(11 * 2**20))
    (finding,) = found_in(tmp_path, sign(good()))
    assert "and at most 10 are wanted" in finding


@pytest.mark.parametrize(
    "text",
    [
        "https://arxiv.org/home/abs/1312.6114",
        "p(x)/q(x)/2",
        "<td>a</td>",
        "notebooks/tmp/a.png",
        "0x7f",
        "28/usr",
    ],
)
def test_what_only_looks_like_a_stain(tmp_path, text):
    notebook = good()
    notebook.cells[3].outputs = [new_output("stream", text=text)]
    assert found_in(tmp_path, sign(notebook)) == []


def test_the_command_says_each_finding(course):
    course.write("01_a", "1")
    code, said = course.course("check")
    assert code == 1
    assert "01_a: 2 of 2 code cells have not been run.\n" in said
    assert "01_a: its metadata name no subject.\n" in said
