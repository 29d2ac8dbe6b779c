"""What ran decides the key: not what lay there before, nor what lies there afterwards."""

import shutil
from pathlib import Path

import nbformat
import pytest

READS_A_CONSTANT = "from course_lib.lesson.scale import SCALES\nprint(SCALES)"
COVER = """
import base64, io
from IPython.display import Image, display
from PIL import Image as Picture
buffer = io.BytesIO()
Picture.new("RGB", (90, 30), "red").save(buffer, "PNG")
display(Image(buffer.getvalue()))
"""


@pytest.fixture
def edited_library(library, tmp_path):
    """Another copy of the library, with another constant in what the lesson reaches."""
    folder = tmp_path / "other"
    shutil.copytree(library / "course_lib", folder / "course_lib")
    edit(folder)
    return folder


def edit(folder):
    path = folder / "course_lib" / "lesson" / "scale.py"
    source = path.read_text(encoding="utf-8")
    path.write_text(source + "\nSCALES = (*SCALES, 'another')\n", encoding="utf-8")


def shown(course, name):
    notebook = nbformat.read(course.out(f"{name}.ipynb"), as_version=4)
    return "".join(
        out.get("text", "") for cell in notebook.cells for out in cell.get("outputs", [])
    )


def test_a_lesson_edited_while_another_runs(course, until):
    course.write("01_a", course.mark("waits"), course.wait_for("go"))
    course.write("02_b", "print('first')")
    runner = course.start("run")
    until(lambda: course.marks("waits") == 1)
    course.write("02_b", "print('second')")
    (course.folder / "go").touch()
    said, _ = runner.communicate()
    assert runner.returncode == 0, said
    assert shown(course, "02_b") == "second\n"

    code, said = course.course("run")
    assert "2 of them unchanged" in said
    # Undone, it is run again: what is stored is of the other text.
    course.write("02_b", "print('first')")
    code, said = course.course("publish", "--only", "b")
    assert code == 1
    assert "02_b has changed since its run at lesson scale." in said
    code, said = course.course("run")
    assert "1 of them unchanged" in said
    assert shown(course, "02_b") == "first\n"


def test_a_lesson_edited_while_it_runs(course, until):
    course.write("01_a", course.mark("waits"), course.wait_for("go"), "print('first')")
    runner = course.start("run")
    until(lambda: course.marks("waits") == 1)
    course.write("01_a", course.mark("waits"), course.wait_for("go"), "print('second')")
    (course.folder / "go").touch()
    runner.communicate()
    assert shown(course, "01_a") == "first\n"
    assert course.course("run")[0] == 0
    assert course.marks("waits") == 2
    assert shown(course, "01_a") == "second\n"


def test_a_library_edited_while_a_lesson_runs(course, library, until, tmp_path):
    own = tmp_path / "own"
    shutil.copytree(library / "course_lib", own / "course_lib")
    course.environment["PYTHONPATH"] = str(own)
    course.write("01_a", course.mark("waits"), course.wait_for("go"), READS_A_CONSTANT)
    runner = course.start("run")
    until(lambda: course.marks("waits") == 1)
    edit(own)
    (course.folder / "go").touch()
    said, _ = runner.communicate()
    assert runner.returncode == 0, said
    assert course.status("01_a")["key"] is None
    code, said = course.course("publish")
    assert code == 1
    assert "01_a was run while the library changed" in said
    assert "0 of them unchanged" in course.course("run")[1]
    assert course.marks("waits") == 2
    assert "1 of them unchanged" in course.course("run")[1]


def test_another_library_is_another_run(course, edited_library):
    course.write("01_a", course.mark("ran"), READS_A_CONSTANT)
    course.write("02_b", course.mark("far"))
    assert course.course("run")[0] == 0
    ours = course.environment["PYTHONPATH"]
    course.environment["PYTHONPATH"] = str(edited_library)
    assert "1 of them unchanged" in course.course("run")[1]
    assert "another" in shown(course, "01_a")
    course.environment["PYTHONPATH"] = ours
    code, said = course.course("publish", "--only", "a")
    assert code == 1
    assert "01_a was run with another library: course run, or say why" in said
    assert (course.marks("ran"), course.marks("far")) == (2, 1)


def test_from_run_to_publish_to_check(course):
    """Nothing made up: a run with a seed of its own is refused, the usual one is not."""
    path = course.write(
        "01_a", (COVER, "cover"), "print(seed)", parameters="scale = 'lesson'\nseed = 0"
    )
    assert course.course("run", "-p", "seed=5")[0] == 0
    code, said = course.course("publish")
    assert code == 1
    assert "01_a was run with seed=5: course run, or say why with --unusual WORDS." in said
    assert course.course("publish", "--unusual", "five, to see it move")[0] == 0
    says = nbformat.read(path, as_version=4).metadata["course"]
    assert says["parameters"] == {"seed": 5}
    assert says["unusual"] == "five, to see it move"

    code, said = course.course("run")
    assert "0 of them unchanged" in said, "what publish wrote is not what ran"
    code, said = course.course("publish")
    assert code == 0, said
    assert "unusual" not in nbformat.read(path, as_version=4).metadata["course"]
    assert "1 of them unchanged" in course.course("run")[1]
    code, said = course.check()
    assert [line.partition(": ")[2] for line in said.splitlines()] == [
        "cell 2 has no text before it.",
        "cell 3 has no text before it.",
        "its metadata name no subject.",
        "its metadata hold no list of prerequisites.",
        "pictures without alt text are in code cell 2.",
    ]


def test_a_run_stored_at_another_scale_than_it_ran(course):
    course.write("01_a", (COVER, "cover"))
    assert course.course("run", "--scale", "smoke")[0] == 0
    runs = course.folder / "runs"
    shutil.copytree(runs / "smoke", runs / "lesson", dirs_exist_ok=True)
    code, said = course.course("publish", "--unusual", "please")
    assert code == 1
    assert "01_a has a run at lesson scale that says it was one at smoke scale." in said


def test_a_helper_beside_the_library(course, library):
    """The kernel imports the library that the key was made of, whatever lies beside the lesson."""
    fake = Path(course.folder, "notebooks", "course_lib")
    fake.mkdir(parents=True)
    (fake / "__init__.py").write_text("FAKE = True")
    course.write("01_a", "import course_lib\nprint(course_lib.__file__)")
    assert course.course("run")[0] == 0
    assert shown(course, "01_a").strip() == str(library / "course_lib" / "__init__.py")
