"""What is written into the lessons, and what is refused; nothing is executed here."""

import base64
import io
import json
import tomllib
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image

from course_lib.pipeline import Refusal, keys
from course_lib.pipeline.check import findings
from course_lib.pipeline.hygiene import stains
from course_lib.pipeline.lessons import find_lessons
from course_lib.pipeline.pages import pages
from course_lib.pipeline.pictures import compact, thumbnail


def found_in(course):
    folder = course.folder / "notebooks"
    return findings(find_lessons(folder), folder)


def test_outputs_are_written_and_nothing_else(course, made_up):
    path = made_up.store(course, "01_a", made_up.lesson(), made_up.execute(made_up.lesson()))
    code, said = course.course("publish")
    assert code == 0, said
    published = nbformat.read(path, as_version=4)
    wanted = made_up.lesson()
    assert [cell.id for cell in published.cells] == [cell.id for cell in wanted.cells]
    code_cells = [cell for cell in published.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code_cells] == [1, 2, 3, 4, 5, None]
    assert [cell.source for cell in code_cells] == [
        cell.source for cell in wanted.cells if cell.cell_type == "code"
    ]
    assert code_cells[2].metadata == {"tags": ["cover"]}
    assert code_cells[2].outputs[0].execution_count == 3
    course_says = published.metadata["course"]
    assert set(course_says.pop("cells")) == {cell.id for cell in code_cells}
    assert len(course_says.pop("outputs_hash")) == 16
    assert course_says == wanted.metadata["course"] | {
        "code_hash": keys.code_hash(wanted),
        "scale": "lesson",
        "dataset": "glyphs",
        "run_on": "a processor",
    }
    assert "papermill" not in path.read_text(encoding="utf-8")
    before = path.read_bytes()
    assert course.course("publish")[0] == 0
    assert path.read_bytes() == before
    assert course.check() == (0, "")


def test_cover_and_pages(course, made_up, do_publish):
    made_up.store(course, "01_a", made_up.lesson(), made_up.execute(made_up.lesson()))
    second = made_up.lesson()
    second.metadata["course"] |= {"prerequisites": ["a", "patience"]}
    made_up.store(course, "02_b", second, made_up.execute(second))
    front = course.folder / "README.md"
    front.write_text("# Course\n\n<!-- lessons of notebooks -->\nold\n<!-- /lessons -->\n\nEnd.\n")
    (course.folder / "data").mkdir()
    data = course.folder / "data" / "README.md"
    rows = "|---|---|---|\n| `mnist` | x | 07 |\n| other | | |\n"
    head = "<!-- lessons of notebooks -->\n| set | what | lessons |\n"
    data.write_text(f"{head}{rows}<!-- /lessons -->\n")
    do_publish()
    folder = course.folder / "notebooks"
    cover = Image.open(folder / "images" / "a.png")
    assert cover.size == (60, 40)

    path = (folder / "README.md").read_text(encoding="utf-8")
    standing = "4 claims: 1 holds, 1 refuted, 1 undecided, 1 not judged; 1 identity."
    title = "| ![An *honest* title](images/b.png) | **[An *honest* title](02_b.ipynb)** |"
    needs = "[An *honest* title](01_a.ipynb), patience"
    assert f"{title} lines \\| and planes | {needs} | 1 | {standing} |\n" in path
    assert f"{standing} [All results](results.md)" in path

    results = (folder / "results.md").read_text(encoding="utf-8")
    rows = [line for line in results.splitlines() if line.startswith("| **")]
    assert [row.split("**")[1] for row in rows] == [
        *2 * ["holds", "refuted", "undecided", "not judged"], "holds", "holds"
    ]  # fmt: skip
    assert rows[0] == (
        "| **holds** | What a-holds \\| says | 0.3 ° [0.1758 … 0.4242] | < 1 ° | 2 ° | 0 ° | "
        "0.5 ° (Baldi & Hornik 1989) | [An *honest* title](01_a.ipynb) |"
    )
    assert results.index("## Experiments") < results.index("## Identities")

    assert front.read_text() == (
        "# Course\n\n<!-- lessons of notebooks -->\n| lesson | what it shows |\n|---|---|\n"
        "| [An *honest* title](notebooks/01_a.ipynb) | lines \\| and planes |\n"
        "| [An *honest* title](notebooks/02_b.ipynb) | lines \\| and planes |\n"
        "<!-- /lessons -->\n\nEnd.\n"
    )
    assert "| `mnist` | x | |\n| other | | |\n" in data.read_text()
    assert found_in(course) == []


def test_the_catalogue_knows_who_learns_from_what(course, made_up, do_publish):
    def lesson(code, parameters="scale = 'lesson'"):
        notebook = made_up.lesson()
        notebook.cells[2].source = parameters
        notebook.cells[6].source = code
        return notebook

    sources = {
        "01_a": lesson("load_images(dataset)", "scale = 'lesson'\ndataset = 'auto'"),
        "02_b": lesson("data.load_images('digits', train=3)"),
        "03_c": lesson("load_images()\nload_patches(8)"),
        "05_d": lesson("print('mnist')  # load_images('mnist')"),
        "06_e": lesson(
            "size = sizes(scale, beats=('ecg500', 'ecg500', 'auto'))\nload_series(size.beats, 3)"
        ),
        "07_f": lesson("load_recording(name='nyc_taxi')\nload_table(train=3)"),
    }
    for name, notebook in sources.items():
        made_up.store(course, name, notebook, made_up.execute(notebook))
    (course.folder / "data").mkdir()
    page = course.folder / "data" / "README.md"
    sets = ("`mnist`", "`glyphs`", "`digits`", "patches", "cats", "`ecg5000`", "`ecg500`")
    sets = (*sets, "`kdd_sample`", "`nyc_taxi`", "`machine_temperature`")
    rows = ["| set | a \\| b | lessons |", "|---|---|---|", *(f"| {x} | x | y |" for x in sets)]
    rows = ["<!-- lessons of notebooks -->", *rows, "<!-- /lessons -->"]
    page.write_text("\n".join([*rows, "", "| x | |"]))
    do_publish()
    said = [line.split("|")[-2].strip() for line in page.read_text().splitlines()[3:13]]
    assert said == ["1, 3", "1, 3", "2", "3", "", "6", "6", "7", "7", ""]
    assert page.read_text().endswith("\n| x | |")


FIRST_KIND = {"id": "a-holds", "what": "angle", "value": 0.3, "relation": "<", "threshold": 1.0}
BROKEN = [
    ("values", []), ("values", 1), ("values", ["1"]), ("values", [None]), ("values", [True]),
    ("threshold", None), ("threshold", "1"), ("relation", "~"), ("relation", None),
    ("verdict", "wonderful"), ("verdict", None), ("verdict", []), ("id", 3), ("id", None),
    ("unit", None), ("text", 3), ("lesson", None), ("chance", "2"), ("ceiling", []),
    ("published", "Hinton"), ("published", {"value": "3", "source": ""}), ("kind", "opinion"),
    ("published", {"value": 3}), ("erratum", True), ("stored", 3), ("stored", {"values": 3}),
    ("stored", {"values": [1, 2]}), ("against", 3),
]  # fmt: skip


@pytest.mark.parametrize("record", [None, 3, "holds", [], {}, FIRST_KIND], ids=str)
def test_a_record_that_is_none(course, made_up, do_publish, record):
    publish_record(course, made_up, do_publish, record)


@pytest.mark.parametrize(("name", "value"), BROKEN, ids=str)
def test_a_record_that_is_broken_in_one_place(course, made_up, do_publish, name, value):
    (output, *_) = made_up.execute(made_up.lesson()).cells[7].outputs
    publish_record(course, made_up, do_publish, output.data[made_up.claim] | {name: value})


def publish_record(course, made_up, do_publish, record):
    """It is a sentence about its lesson, and every page is written."""
    executed = made_up.execute(made_up.lesson())
    executed.cells[7].outputs[0].data[made_up.claim] = record
    made_up.store(course, "01_a", made_up.lesson(), executed)
    do_publish()
    wanted = "cell 4 holds a measurement that lacks its id, numbers or verdict."
    assert found_in(course) == [f"01_a: {wanted}"]


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("What a-holds | says", "What a-holds says", "text"),
        ("threshold = 1", "threshold = 2", "threshold"),
        ('relation = "<"', 'relation = "≤"', "relation"),
        ("chance = 2", "chance = 3", "chance"),
        ("ceiling = 0", "ceiling = 0.1", "ceiling"),
        ('unit = "°"', 'unit = "rad"', "unit"),
        ("value = 0.5", "value = 0.4", "published"),
        ('relation = "<"', 'relation = "<"\nerratum = "so"', "erratum"),
        ("[a.a-holds]", "[a.a-helps]", "the existence"),
    ],
)
def test_words_that_claims_toml_does_not_say(course, made_up, do_publish, old, new, word):
    made_up.store(course, "01_a", made_up.lesson(), made_up.execute(made_up.lesson()))
    do_publish()
    assert found_in(course) == []
    path = course.folder / "notebooks" / "claims.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    assert found_in(course) == [f"01_a: cell 4 and claims.toml differ in {word} of a-holds."]


def test_one_lesson_alone(course, made_up):
    other = made_up.store(course, "01_a", made_up.lesson(), made_up.execute(made_up.lesson()))
    assert course.course("publish")[0] == 0
    (course.folder / "runs" / "lesson" / "01_a.json").unlink()
    before = other.read_bytes()
    path = made_up.store(course, "02_b", made_up.lesson(), made_up.execute(made_up.lesson()))
    code, said = course.course("publish", "--only", "02")
    assert (code, said.split(";")[0]) == (0, "1 notebook published")
    assert other.read_bytes() == before
    assert "code_hash" in nbformat.read(path, as_version=4).metadata["course"]
    path = (course.folder / "notebooks" / "README.md").read_text(encoding="utf-8")
    assert "(01_a.ipynb)" in path
    assert "(02_b.ipynb)" in path
    assert course.check() == (0, "")


def warn(notebook, executed):
    executed.cells[5].outputs.append(
        new_output("stream", name="stderr", text="UserWarning: look out")
    )


def show_address(notebook, executed):
    executed.cells[5].outputs[0].data["text/plain"] = "<Layer at 0x7f12ab34cd56>"


def show_path(notebook, executed):
    executed.cells[5].outputs[0].data["text/html"] = "<p>saved as /home/someone/model.keras</p>"


def show_widget(notebook, executed):
    executed.cells[5].outputs[0].data["application/vnd.jupyter.widget-view+json"] = {"model_id": 1}


def show_no_picture(notebook, executed):
    executed.cells[5].outputs[0].data["image/png"] = base64.b64encode(b"no picture").decode()


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
        (show_widget, "01_a cannot be published: cell 3 shows a widget, whose state is not kept."),
        (show_no_picture, "01_a shows in cell 3 a picture that is none: "),
        (edit_code, "01_a has changed since its run at lesson scale."),
        (add_cell, "01_a has changed since its run at lesson scale."),
        (lose_cover, "01_a has no picture in a cell tagged cover."),
    ],
)
def test_refusals(course, made_up, do_publish, spoil, sentence):
    good = made_up.store(course, "02_b", made_up.lesson(), made_up.execute(made_up.lesson()))
    notebook, executed = made_up.lesson(), made_up.execute(made_up.lesson())
    spoil(notebook, executed)
    path = made_up.store(course, "01_a", notebook, executed)
    before = path.read_bytes(), good.read_bytes()
    with pytest.raises(Refusal) as refused:
        do_publish()
    assert sentence in str(refused.value)
    assert "02_b" not in str(refused.value)
    assert (path.read_bytes(), good.read_bytes()) == before


LOGS = [
    "WARNING:absl:No training configuration found",
    "INFO:tensorflow:Assets written to: model",
    "2026-11-26 03:04:52.351045: I tensorflow/core/platform/cpu_feature_guard.cc:210] This",
    "I0000 00:00:1795269155.273716   21882 port.cc:153] on",
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
    "To enable the following instructions: AVX2, in other operations, rebuild TensorFlow",
    "WARNING:2026-11-26 03:04:52,351:jax._src.xla_bridge:794: An NVIDIA GPU may be present",
]


@pytest.mark.parametrize("name", ["stdout", "stderr"])
@pytest.mark.parametrize("line", LOGS)
def test_lines_of_a_second_backend_are_stains(name, line):
    output = new_output("stream", name=name, text=f"epoch 1\n{line}\n")
    (stain,) = stains(new_notebook(cells=[new_code_cell("1", outputs=[output])]))
    assert stain.startswith("cell 1 shows a line of a log: ")


UNUSUAL = [
    ({"parameters": {"seed": 5}}, "lesson", "01_a was run with seed=5: course run, or say why"),
    ({}, "smoke", "01_a was run at smoke scale: course run, or say why with --unusual WORDS."),
    ({"parameters": {"seed": 1}}, "paper", "at paper scale and with seed=1"),
    ({"library": "other"}, "lesson", "01_a was run with another library: course run"),
    ({"packages": {"keras": "3.0"}}, "lesson", "with keras 3.0 (3."),
    ({"packages": {"scipy": "0.1"}}, "lesson", "with scipy 0.1 ("),
    ({"backend": {"name": "jax"}}, "lesson", "with the backend jax (tensorflow is here)"),
    ({"backend": {"floatx": "float64"}}, "lesson", "with other settings of Keras"),
    ({"data": "other"}, "lesson", "with other data"),
]


@pytest.mark.parametrize(("other", "scale", "sentence"), UNUSUAL)
def test_what_is_unusual_needs_a_word_that_stays(
    course, made_up, do_publish, monkeypatch, other, scale, sentence
):
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    notebook, executed = made_up.lesson(), made_up.execute(made_up.lesson())
    given = {"parameters": other["parameters"]} if "parameters" in other else {}
    path = made_up.store(course, "01_a", notebook, executed, scale, **given)
    status = course.folder / "runs" / scale / "01_a.json"
    found = json.loads(status.read_text())
    for part, value in other.items():
        if part in ("packages", "backend"):
            value = found["made_of"][part] | value
        if part != "parameters":
            found["made_of"][part] = value
    status.write_text(json.dumps(found))
    before = path.read_bytes()
    with pytest.raises(Refusal) as refused:
        do_publish(scale)
    assert sentence in str(refused.value)
    assert path.read_bytes() == before

    do_publish(scale, "to show what chance does")
    says = nbformat.read(path, as_version=4).metadata["course"]
    assert says["unusual"] == "to show what chance does"
    assert says["scale"] == scale
    assert says.get("parameters", {}) == other.get("parameters", {})
    assert found_in(course) == []
    page = (course.folder / "notebooks" / "README.md").read_text(encoding="utf-8")
    assert "Run otherwise than usual: to show what chance does." in page


@pytest.mark.parametrize("words", ["", " ", "\n"])
def test_no_word_is_no_word(course, made_up, words):
    made_up.store(
        course, "01_a", made_up.lesson(), made_up.execute(made_up.lesson()), parameters={"seed": 5}
    )
    code, said = course.course("publish", "--unusual", words)
    assert code == 1
    assert "01_a was run with seed=5" in said


def test_words_of_several_lines_stay_in_one_cell(course, made_up, do_publish):
    made_up.store(
        course, "01_a", made_up.lesson(), made_up.execute(made_up.lesson()), parameters={"seed": 5}
    )
    do_publish(why="one | two\nthree")
    page = (course.folder / "notebooks" / "README.md").read_text(encoding="utf-8")
    assert "Run otherwise than usual: one \\| two three. |\n" in page


def test_a_word_without_need_is_not_kept(course, made_up, do_publish):
    path = made_up.store(course, "01_a", made_up.lesson(), made_up.execute(made_up.lesson()))
    do_publish(why="just in case")
    assert "unusual" not in nbformat.read(path, as_version=4).metadata["course"]


def other_code(found, out):
    found["made_of"]["code"] = found["code_hash"] = "other"


def no_record(found, out):
    del found["made_of"]


def changed_meanwhile(found, out):
    found["made_of"] = None


def another_scale(found, out):
    found["parameters"]["scale"] = "smoke"


def edited_run(found, out):
    out.write_text(out.read_text(encoding="utf-8").replace("a-holds holds", "a-holds fails"))


def other_parameters_in_the_status(found, out):
    """The run got a seed of its own, and somebody took it out of its status."""
    notebook = nbformat.read(out, as_version=4)
    notebook.metadata["papermill"]["parameters"] = {"scale": "lesson", "seed": 5}
    out.write_text(nbformat.writes(notebook), encoding="utf-8")
    found["executed"] = keys.fingerprint(nbformat.writes(notebook))


def cut(found, out):
    out.write_bytes(out.read_bytes()[:200])


NO_WORD_HELPS = [
    (no_record, "01_a was run while the library changed, or by an older course: course run."),
    (changed_meanwhile, "01_a was run while the library changed, or by an older course"),
    (another_scale, "01_a has a run at lesson scale that says it was one at smoke scale."),
    (other_parameters_in_the_status, "01_a has a run at lesson scale that says other parameters"),
    (edited_run, "01_a has a run at lesson scale whose notebook was changed since."),
    (cut, "01_a has a run at lesson scale whose notebook cannot be read."),
]


@pytest.mark.parametrize(("spoil", "sentence"), NO_WORD_HELPS)
def test_what_no_word_excuses(course, made_up, do_publish, spoil, sentence):
    made_up.store(course, "01_a", made_up.lesson(), made_up.execute(made_up.lesson()))
    status = course.folder / "runs" / "lesson" / "01_a.json"
    found = json.loads(status.read_text())
    spoil(found, status.with_suffix(".ipynb"))
    status.write_text(json.dumps(found))
    with pytest.raises(Refusal) as refused:
        do_publish(why="please")
    assert sentence in str(refused.value)


def test_the_projects_own_pages_have_their_marks():
    """Without them their tables would be nobody's."""
    folder = Path(__file__).parents[2] / "notebooks"
    assert {path.relative_to(folder.parent).as_posix() for path in pages(folder, [])} == {
        "README.md",
        "data/README.md",
        "notebooks/README.md",
        "notebooks/results.md",
    }


def test_missing_and_failed_runs_are_refused(course, made_up):
    made_up.store(
        course, "01_a", made_up.lesson(), made_up.execute(made_up.lesson()), status="timeout"
    )
    made_up.store(course, "02_b", made_up.lesson(), made_up.execute(made_up.lesson()))
    (course.folder / "runs" / "lesson" / "02_b.json").unlink()
    code, said = course.course("publish")
    assert code == 1
    assert "01_a did not run through at lesson scale: timeout." in said
    assert "02_b has no finished run at lesson scale." in said


def test_a_page_of_ones_own_is_not_overwritten(course, made_up, do_publish):
    path = made_up.store(course, "01_a", made_up.lesson(), made_up.execute(made_up.lesson()))
    before = path.read_bytes()
    page = course.folder / "notebooks" / "README.md"
    page.write_text("# My course\n")
    with pytest.raises(Refusal, match="was not written by course publish"):
        do_publish()
    assert (path.read_bytes(), page.read_text()) == (before, "# My course\n")


def test_repository(course, made_up):
    path = made_up.store(course, "01_a", made_up.lesson(), made_up.execute(made_up.lesson()))
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
    assert course.check() == (0, "")
    assert course.course("publish", "--repository", "")[0] == 0
    assert written() == ('REPOSITORY = ""', none)
    code, said = course.course("publish", "--repository", 'a"b')
    assert code == 1
    assert "has no spaces, quotes or backslashes" in said


def test_pictures_get_smaller_and_stay_the_same(made_up):
    png = base64.b64decode(made_up.picture(200, 300))
    small = compact(png)
    assert len(small) < len(png)
    before = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), float)
    after = np.asarray(Image.open(io.BytesIO(small)).convert("RGB"), float)
    assert np.sqrt(np.mean((after - before) ** 2)) <= 2
    assert compact(small) == small


def test_thumbnails_keep_the_proportions(made_up):
    small = Image.open(io.BytesIO(thumbnail(base64.b64decode(made_up.picture(200, 300)), 60)))
    assert small.size == (60, 40)
    as_it_is = Image.open(io.BytesIO(thumbnail(base64.b64decode(made_up.picture(20, 30)), 60)))
    assert as_it_is.size == (30, 20)


def test_cells_that_a_reader_need_not_see_are_folded(course, made_up, do_publish):
    notebook = made_up.lesson()
    notebook.cells[6].metadata["tags"] = ["setup"]
    made_up.store(course, "01_a", notebook, made_up.execute(notebook))
    do_publish()
    cells = nbformat.read(course.folder / "notebooks" / "01_a.ipynb", as_version=4).cells
    folded = [cell.id for cell in cells if cell.metadata.get("jupyter", {}).get("source_hidden")]
    assert folded == ["colab", "claims"]
