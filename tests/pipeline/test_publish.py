"""What is written into the lessons, and what is refused; nothing is executed here."""

import base64
import copy
import io
import json
import tomllib

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from course_lib.lesson import Claims, Published
from course_lib.pipeline.keys import code_hash
from course_lib.pipeline.pictures import compact, thumbnail


def picture(height=40, width=60):
    red = np.linspace(0, 255, width).astype("uint8")
    pixels = np.full((height, width, 4), 255, "uint8")
    pixels[..., 0] = red
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=0, pnginfo=None)
    return base64.b64encode(buffer.getvalue()).decode()


def claim(value, limit):
    published = Published(0.5, "Baldi & Hornik 1989", "recalled")
    record = Claims("lesson").record(
        "ae-linear-pca", "largest angle", value, "<", limit, unit="°", published=published
    )
    return new_output("display_data", record._repr_mimebundle_())


def lesson():
    text = "# An *honest* title\n<!-- colab-badge -->\n\nFirst sentence | of it. Second."
    cells = [
        new_code_cell('REPOSITORY = ""\nimport sys', id="colab", metadata={"tags": ["colab"]}),
        new_markdown_cell(text, id="title"),
        new_code_cell("scale = 'lesson'", id="scale", metadata={"tags": ["parameters"]}),
        new_markdown_cell("## Look", id="look"),
        new_code_cell("draw()", id="draw", metadata={"tags": ["cover"]}),
        new_markdown_cell("## Measure", id="measure"),
        new_code_cell("measure()", id="claims"),
        new_code_cell("", id="empty"),
    ]
    return new_notebook(cells=cells)


def execute(notebook):
    """What papermill would leave of it."""
    executed = copy.deepcopy(notebook)
    executed.metadata["papermill"] = {"start_time": "2020-01-01"}
    injected = new_code_cell("scale = 'lesson'", metadata={"tags": ["injected-parameters"]})
    executed.cells.insert(3, injected)
    code = [cell for cell in executed.cells if cell.cell_type == "code" and cell.source]
    for count, cell in enumerate(code, 1):
        cell.execution_count = count
        cell.metadata["papermill"] = {"duration": 0.1}
    code[1].outputs = [new_output("stream", name="stdout", text="Data: glyphs, because …\n")]
    figure = {"image/png": picture(), "text/plain": "<Figure size 60x40 with 1 Axes>"}
    code[3].outputs = [new_output("execute_result", figure, execution_count=4)]
    code[3].outputs[0].metadata = {"needs": "background"}
    code[4].outputs = [claim(0.3, 1.0), claim(2.0, 1.0)]
    return executed


def store(course, name, notebook, executed, status="ok"):
    path = course.folder / "notebooks" / f"{name}.ipynb"
    path.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, path)
    out = course.folder / "runs" / "lesson"
    out.mkdir(parents=True, exist_ok=True)
    nbformat.write(executed, out / f"{name}.ipynb")
    found = {"name": name, "status": status, "parameters": {"dataset": "auto"}, "key": "k"}
    (out / f"{name}.json").write_text(json.dumps(found | {"code_hash": code_hash(executed)}))
    return path


def test_outputs_are_written_and_nothing_else(course):
    path = store(course, "01_a", lesson(), execute(lesson()))
    code, said = course.course("publish")
    assert code == 0, said
    published = nbformat.read(path, as_version=4)
    wanted = lesson()
    assert [cell.id for cell in published.cells] == [cell.id for cell in wanted.cells]
    code_cells = [cell for cell in published.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code_cells] == [1, 2, 3, 4, None]
    assert [cell.source for cell in code_cells] == [
        cell.source for cell in wanted.cells if cell.cell_type == "code"
    ]
    assert code_cells[2].metadata == {"tags": ["cover"]}
    assert code_cells[2].outputs[0].execution_count == 3
    assert published.metadata["course"] == {
        "code_hash": code_hash(wanted),
        "scale": "lesson",
        "dataset": "glyphs",
    }
    assert "papermill" not in path.read_text()
    before = path.read_bytes()
    assert course.course("publish")[0] == 0
    assert path.read_bytes() == before
    assert course.course("check") == (0, "")


def test_cover_and_index(course):
    store(course, "01_a", lesson(), execute(lesson()))
    assert course.course("publish")[0] == 0
    cover = Image.open(course.folder / "notebooks" / "images" / "01.png")
    assert cover.size == (60, 40)
    index = (course.folder / "notebooks" / "README.md").read_text()
    assert "| ![An *honest* title](images/01.png) | **[An *honest* title](01_a.ipynb)** |" in index
    assert "| First sentence \\| of it. |" in index
    # Of two measurements one fails, so the claim does.
    assert "**0 hold, 1 fail and" in index
    assert "| 0.3 ° | < 1 ° | 0.5 ° (Baldi & Hornik 1989; recalled) | ✓ holds |" in index
    assert "| 2 ° | < 1 ° | 0.5 ° (Baldi & Hornik 1989; recalled) | ✗ fails |" in index


def test_one_lesson_alone(course):
    other = store(course, "01_a", lesson(), execute(lesson()))
    assert course.course("publish")[0] == 0
    (course.folder / "runs" / "lesson" / "01_a.json").unlink()
    before = other.read_bytes()
    path = store(course, "02_b", lesson(), execute(lesson()))
    code, said = course.course("publish", "--only", "02")
    assert (code, said.split(";")[0]) == (0, "1 notebook published")
    assert other.read_bytes() == before
    assert "code_hash" in nbformat.read(path, as_version=4).metadata["course"]
    index = (course.folder / "notebooks" / "README.md").read_text()
    assert "(01_a.ipynb)" in index
    assert "(02_b.ipynb)" in index
    assert index.count("✗ fails") == 2
    assert course.course("check") == (0, "")


def warn(notebook, executed):
    executed.cells[5].outputs.append(
        new_output("stream", name="stderr", text="UserWarning: look out")
    )


def show_address(notebook, executed):
    executed.cells[5].outputs[0].data["text/plain"] = "<Layer at 0x7f12ab34cd56>"


def show_path(notebook, executed):
    executed.cells[5].outputs[0].data["text/html"] = "<p>saved as /home/someone/model.keras</p>"


def edit_code(notebook, executed):
    notebook.cells[6].source = "measure(2)"


def add_cell(notebook, executed):
    notebook.cells.insert(0, new_code_cell("1", metadata={"tags": ["colab"]}))


def lose_cover(notebook, executed):
    executed.cells[5].outputs = []


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (warn, "01_a cannot be published: cell 3 shows a warning: UserWarning: look out."),
        (show_address, "01_a cannot be published: cell 3 shows the memory address 0x7f12ab34cd56."),
        (show_path, "cell 3 shows the machine's path /home/someone/model.keras"),
        (edit_code, "01_a has changed since its run at lesson scale."),
        (add_cell, "01_a has changed since its run at lesson scale."),
        (lose_cover, "01_a has no picture in a cell tagged cover."),
    ],
)
def test_refusals(course, spoil, sentence):
    good = store(course, "02_b", lesson(), execute(lesson()))
    notebook, executed = lesson(), execute(lesson())
    spoil(notebook, executed)
    path = store(course, "01_a", notebook, executed)
    before = path.read_bytes(), good.read_bytes()
    code, said = course.course("publish")
    assert code == 1
    assert sentence in said
    assert "02_b" not in said
    assert (path.read_bytes(), good.read_bytes()) == before


def test_missing_and_failed_runs_are_refused(course):
    store(course, "01_a", lesson(), execute(lesson()), status="timeout")
    store(course, "02_b", lesson(), execute(lesson()))
    (course.folder / "runs" / "lesson" / "02_b.json").unlink()
    code, said = course.course("publish")
    assert code == 1
    assert "01_a did not run through at lesson scale: timeout." in said
    assert "02_b has no finished run at lesson scale." in said


def test_repository(course):
    path = store(course, "01_a", lesson(), execute(lesson()))
    pyproject = course.folder / "pyproject.toml"
    pyproject.write_text('[tool.course]\nrepository = ""\n')

    def written():
        cells = nbformat.read(path, as_version=4).cells
        return cells[0].source.splitlines()[0], cells[1].source.splitlines()[1]

    address = "https://github.com/someone/course"
    assert course.course("publish", "--repository", address + "/")[0] == 0
    assert tomllib.loads(pyproject.read_text())["tool"]["course"]["repository"] == address
    cell, badge = written()
    assert cell == f'REPOSITORY = "{address}"'
    assert badge.startswith("<!-- colab-badge -->[![Open in Colab](https://colab.")
    assert "/github/someone/course/blob/main/notebooks/01_a.ipynb)" in badge

    # The outputs that come later keep it.
    assert course.course("publish")[0] == 0
    assert written() == (cell, badge)

    wheel = "https://example.org/course_lib-0.1.0-py3-none-any.whl"
    assert course.course("publish", "--repository", wheel)[0] == 0
    none = "<!-- colab-badge --><!-- /colab-badge -->"
    assert written() == (f'REPOSITORY = "{wheel}"', none)
    assert course.course("publish", "--repository", "")[0] == 0
    assert written() == ('REPOSITORY = ""', none)
    code, said = course.course("publish", "--repository", 'a"b')
    assert code == 1
    assert "has no spaces, quotes or backslashes" in said


def test_pictures_get_smaller_and_stay_the_same():
    png = base64.b64decode(picture(200, 300))
    small = compact(png)
    assert len(small) < len(png)
    before = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), float)
    after = np.asarray(Image.open(io.BytesIO(small)).convert("RGB"), float)
    assert np.sqrt(np.mean((after - before) ** 2)) <= 2
    assert compact(small) == small


def test_thumbnails_keep_the_proportions():
    small = Image.open(io.BytesIO(thumbnail(base64.b64decode(picture(200, 300)), 60)))
    assert small.size == (60, 40)
    as_it_is = Image.open(io.BytesIO(thumbnail(base64.b64decode(picture(20, 30)), 60)))
    assert as_it_is.size == (30, 20)
