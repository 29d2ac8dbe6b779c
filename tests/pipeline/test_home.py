"""What a user has set for other work does not get into a lesson's outputs."""

import json
import os
import stat
import sys
from pathlib import Path

import nbformat
import pytest

from course_lib.pipeline import home

LOOK = """
import locale, os, sys, tempfile
import matplotlib
print(os.path.samefile(sys.executable, {python!r}), "started" in globals(), __debug__)
print("inline" in matplotlib.get_backend(), matplotlib.rcParams["lines.linewidth"])
print(locale.getpreferredencoding(), open(os.devnull).encoding.lower(), "COLUMNS" in os.environ)
"""


@pytest.fixture
def hostile(course):
    """A user with a profile of IPython, kernels, start-up files and settings of their own."""
    user = course.folder / "user"
    start = user / ".ipython" / "profile_default" / "startup" / "00.py"
    start.parent.mkdir(parents=True)
    start.write_text("started = True", encoding="utf-8")
    (user / "start.py").write_text("started = True", encoding="utf-8")
    (user / "matplotlibrc").write_text("lines.linewidth: 9", encoding="utf-8")
    for share in (user / "share", user / ".local" / "share" / "jupyter"):
        kernel = share / "kernels" / "python3"
        kernel.mkdir(parents=True)
        spec = {"argv": ["/bin/false"], "display_name": "Other", "language": "python"}
        (kernel / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    course.environment |= {
        "HOME": str(user),
        "IPYTHONDIR": str(user / ".ipython"),
        "JUPYTER_PATH": str(user / "share"),
        "JUPYTER_CONFIG_DIR": str(user),
        "MATPLOTLIBRC": str(user),
        "MPLBACKEND": "Agg",
        "PYTHONOPTIMIZE": "1",
        "PYTHONSTARTUP": str(user / "start.py"),
        "PYTHONWARNINGS": "error",
        "COLUMNS": "17",
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONIOENCODING": "latin-1",
    }
    return course


def test_the_kernel_is_at_home(hostile):
    hostile.write(
        "01_a",
        LOOK.format(python=sys.executable),
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
        "# σ ≤ 1, and ü\nprint('σ ≤ 1')\nopen('σ.txt', 'w').write('σ')",
    )
    hostile.write("02_b", "σ = 1\n1 / 0")
    code, said = hostile.course("run")
    assert (code, hostile.status("01_a")["status"]) == (1, "ok"), said
    notebook = nbformat.read(hostile.out("01_a.ipynb"), as_version=4)
    looked, drawn, printed = [cell.outputs for cell in notebook.cells[-3:]]
    assert looked[0].text.splitlines() == [
        "True False True",
        "True 1.5",
        "utf-8 utf-8 False",
    ]
    assert ["image/png" in output.get("data", {}) for output in drawn][-1]
    assert printed[0].text == "σ ≤ 1\n"
    assert hostile.status("02_b")["source"] == "σ = 1"
    assert "σ = 1" in hostile.out("report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["01_größe", "01_σ"])
def test_names_of_any_letters_in_any_locale(hostile, name):
    hostile.write(name, "1")
    code, said = hostile.course("run")
    assert code == 0, said
    assert hostile.out(f"{name}.ipynb").exists()


@pytest.mark.parametrize("length", [90, 200])
@pytest.mark.parametrize("short", [True, False])
def test_temporary_folders_of_any_length(course, length, short, monkeypatch):
    folder = Path(str(course.folder).ljust(length - 40, "x"), "y" * 39)
    folder.mkdir(parents=True)
    course.environment["TMPDIR"] = str(folder)
    if not short:  # where there is no shorter one, the kernel speaks through TCP
        assert home.connection(folder).keys() == {"connection_file"}
        return
    course.write("01_a", "import tempfile\nprint(tempfile.gettempdir())")
    code, said = course.course("run")
    assert code == 0, said
    notebook = nbformat.read(course.out("01_a.ipynb"), as_version=4)
    assert notebook.cells[-1].outputs[0].text == f"{folder}\n"


def test_sockets_or_tcp(tmp_path):
    short = Path("/tmp/course-abcdefgh")
    assert home.connection(short)["transport"] == "ipc"
    longest = Path("/tmp".ljust(home.LONGEST, "x"))
    assert len(f"{home.connection(longest)['ip']}-10") < 104  # macOS' limit
    assert "transport" not in home.connection(f"{longest}x")


def test_a_home_is_the_owner_s_alone_and_goes(monkeypatch, tmp_path):
    monkeypatch.setattr(home, "_places", lambda: [str(tmp_path)])
    with home.kernel_home("word") as folder:
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert list(tmp_path.iterdir()) == []
