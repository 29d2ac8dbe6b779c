"""Copies of lessons that run on Colab from nothing but themselves."""

import base64
import csv
import hashlib
import importlib.util
import io
import re
import subprocess
import sys
import types
import zipfile
from pathlib import Path

import pytest

from course_lib.pipeline import Refusal, standalone
from course_lib.pipeline.lessons import find_lessons, tags

ROOT = Path(__file__).parents[2]
LESSONS = find_lessons(ROOT / "notebooks")
CHOSEN = [x for x in LESSONS if x.topic in ("autoencoder", "sequences", "anomalies")]
SETS = {
    "autoencoder": set(),
    "sequences": {"ecg5000_train.npz"},
    "anomalies": {"ecg5000_train.npz", "kdd_sample.npz", "machine_temperature.npz"},
}


@pytest.fixture(scope="session")
def wheel():
    name, content = standalone.build_wheel(ROOT)
    assert re.fullmatch(r"course_lib-[\d.]+-py3-none-any\.whl", name)
    return content


@pytest.fixture(scope="session")
def copies(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copies")
    written = standalone.write_standalone(CHOSEN, folder)
    assert written == [folder / f"{lesson.label}.ipynb" for lesson in CHOSEN]
    return {lesson.label: type(lesson)(path) for lesson, path in zip(CHOSEN, written, strict=True)}


@pytest.fixture
def on_colab(monkeypatch):
    """Run a first cell where Colab has nothing; returns the calls of pip."""
    calls = []
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(subprocess, "check_call", calls.append)

    def run(cell):
        exec(cell.source, {})
        return calls

    return run


def first_cell(notebook):
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    assert tags(cell) == ["colab"]
    assert cell.metadata["jupyter"] == {"source_hidden": True}
    assert cell.metadata["cellView"] == "form"
    return cell


def names(content):
    return set(zipfile.ZipFile(io.BytesIO(content)).namelist())


@pytest.mark.parametrize("lesson", CHOSEN, ids=lambda lesson: lesson.label)
def test_a_copy_installs_the_wheel_that_it_carries(copies, wheel, on_colab, lesson):
    ((*pip, file, other),) = on_colab(first_cell(copies[lesson.label].read()))
    assert pip == [sys.executable, "-m", "pip", "install", "-q", "--no-deps"]
    assert other == "openTSNE"
    carried = Path(file).read_bytes()
    left_out = {name for name in names(wheel) if name.endswith(".npz")}
    left_out -= {f"course_lib/data/{name}" for name in standalone.sets_of(lesson.read())}
    assert names(carried) == names(wheel) - left_out
    assert len(left_out) == 5 - len(standalone.sets_of(lesson.read()))


@pytest.mark.parametrize("topic", SETS)
def test_a_lesson_carries_the_sets_that_it_loads(topic):
    (lesson,) = (x for x in CHOSEN if x.topic == topic and not x.solution)
    assert standalone.sets_of(lesson.read()) == SETS[topic]


def test_elsewhere_a_copy_installs_nothing(copies, monkeypatch):
    monkeypatch.setattr(subprocess, "check_call", pytest.fail)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)
    exec(first_cell(copies["01_autoencoder"].read()).source, {})


@pytest.mark.parametrize("sets", [set(), {"kdd_sample.npz"}])
def test_the_record_names_every_file_with_its_hash(wheel, sets):
    archive = zipfile.ZipFile(io.BytesIO(standalone.with_data(wheel, sets)))
    (record,) = (name for name in archive.namelist() if name.endswith("/RECORD"))
    rows = list(csv.reader(io.StringIO(archive.read(record).decode())))
    assert sorted(row[0] for row in rows) == sorted(archive.namelist())
    for name, digest, size in rows:
        if name != record:
            content = archive.read(name)
            found = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()
            assert (digest, size) == (f"sha256={found.rstrip('=')}", str(len(content)))


def test_what_is_carried_installs_and_reads_its_sets(wheel, tmp_path):
    """Glyphs are not in it: they are drawn, and are those of the set."""
    file = tmp_path / "course_lib-0.1.0-py3-none-any.whl"
    file.write_bytes(standalone.with_data(wheel, {"ecg5000_train.npz"}))
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", site, file], check=True, capture_output=True)
    program = (
        "import numpy as np\n"
        "from course_lib.data import load_images, load_series\n"
        "import course_lib.data.glyphs as glyphs\n"
        f"kept = np.load({str(ROOT / 'data/glyphs.npz')!r})['x']\n"
        "drawn, factors = glyphs.read_glyphs()\n"
        "print(glyphs.__file__, np.array_equal(kept, drawn))\n"
        "print(load_series('ecg500'))\n"
    )
    environment = {"PYTHONPATH": str(site), "PATH": "", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True
    )
    said = done.stdout.decode()
    assert f"{site / 'course_lib/data/glyphs.py'} True" in said, done.stderr.decode()
    assert "400 train, 0 valid, 100 test" in said, done.stderr.decode()


def test_a_copy_is_the_lesson_but_for_its_first_cell_and_its_links(copies):
    for lesson in CHOSEN:
        was, now = lesson.read(), copies[lesson.label].read()
        kept = [cell for cell in now.cells if "colab" not in tags(cell)]
        others = [cell for cell in was.cells if "colab" not in tags(cell)]
        assert [cell.id for cell in kept] == [cell.id for cell in others]
        for cell, other in zip(kept, others, strict=True):
            assert cell == other or cell.cell_type == "markdown"


def test_no_copy_looks_for_a_file_beside_it(copies):
    """What Markdown links to or shows is on the web, on the page itself, or in the text."""
    for label, copy in copies.items():
        for cell in copy.read().cells:
            if cell.cell_type == "markdown":
                for target in re.findall(r"\]\(([^)\s]+)", cell.source):
                    assert target.startswith(("https://", "#", "data:image/png;base64,")), label


def test_the_picture_is_in_the_text():
    lesson = LESSONS[0]
    text = standalone.on_its_own("![a [b] c](images/autoencoder.png)", lesson, "")
    (found,) = re.fullmatch(r"!\[a \[b\] c\]\(data:image/png;base64,(.*)\)", text).groups()
    assert base64.b64decode(found) == (lesson.folder / "images/autoencoder.png").read_bytes()


@pytest.mark.parametrize(
    ("link", "solution", "without", "at"),
    [
        ("[PCA](notation.md#pca)", False, "PCA", "/notebooks/notation.md#pca"),
        ("[a [b] c](02_sparse.ipynb)", False, "a [b] c", "/notebooks/02_sparse.ipynb"),
        ("[it](../02_sparse.ipynb)", True, "it", "/notebooks/02_sparse.ipynb"),
        ("[it](#results)", False, "[it](#results)", None),
        ("[it](https://example.org/x)", False, "[it](https://example.org/x)", None),
    ],
)
def test_links_lead_to_the_repository_or_are_words(link, solution, without, at):
    lesson = next(x for x in LESSONS if x.solution == solution)
    assert standalone.on_its_own(link, lesson, "") == without
    address = "https://github.com/someone/course"
    wanted = f"[{without}]({address}/blob/main{at})" if at else without
    assert standalone.on_its_own(link, lesson, address) == wanted


def test_the_lessons_are_not_overwritten():
    with pytest.raises(Refusal, match="holds the lessons themselves"):
        standalone.write_standalone(CHOSEN, ROOT / "docs" / ".." / "notebooks")


def test_claims_beside_a_lesson_are_not_left_behind_in_silence(course, made_up, tmp_path):
    made_up.store(course, "01_a", made_up.lesson(), made_up.execute(made_up.lesson()))
    code, said = course.course("standalone", tmp_path / "copies")
    assert code == 1
    assert "has a claims.toml of its own" in said
    assert not (tmp_path / "copies").exists()


def test_an_installed_library_says_that_it_is_not_in_a_clone(course, tmp_path):
    course.write("01_a", "1")
    code, said = course.course("standalone", tmp_path / "copies")
    assert code == 1
    assert said == (
        "Error: Notebooks that carry the library are written in a clone of the course.\n"
    )
