"""What people see: the report, the list of lessons, and the lines of a run."""

import html.parser
import os
import pty
import re
import subprocess
import sys

import pytest

CELLS = """
from course_lib.lesson import measurements
measure, results = measurements("a", scale)
measure("a-holds", [0.3, 0.31, 0.29])
measure("a-fails", [12, 12.1, 11.9])
results()
"""
CLAIMS = """
[a.a-holds]
text = "It holds: angle"
unit = "°"
relation = "<"
threshold = 1
published = { value = 0.5, source = "Baldi & Hornik <1989>" }

[a.a-fails]
text = "It fails: error"
relation = "<"
threshold = 10
"""
PICTURE = """
import base64, io
from IPython.display import Image, display
from PIL import Image as Picture
buffer = io.BytesIO()
Picture.new("RGB", (900, 300), "red").save(buffer, "PNG")
display(Image(buffer.getvalue()))
"""


class Page(html.parser.HTMLParser):
    """Collects links, addresses of pictures, and identifiers."""

    def __init__(self, text):
        super().__init__()
        self.links, self.pictures, self.ids, self.open = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "a":
            self.links.append(attributes["href"])
        if tag == "img":
            assert attributes["alt"]
            self.pictures.append(attributes["src"])
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag not in ("meta", "img", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def ran(course):
    (course.folder / "notebooks").mkdir(exist_ok=True)
    (course.folder / "notebooks" / "claims.toml").write_text(CLAIMS, encoding="utf-8")
    course.write("01_a", CELLS, PICTURE)
    course.write("02_b", "1 / 0")
    assert course.course("run")[0] == 1
    course.write("03_c", "1")
    return course


def test_report(ran):
    code, said = ran.course("report")
    assert code == 0
    assert said == "Report: runs/lesson/report.html\n"
    text = ran.out("report.html").read_text()
    page = Page(text)
    assert page.open == []
    assert re.search(r'<b class="good">1</b> holds', text)
    assert re.search(r'<b class="bad">1</b> refuted', text)
    for piece in ("0.3 °", "&lt; 1 °", "not run"):
        assert piece in text
    assert "Baldi &amp; Hornik &lt;1989&gt;" in text
    assert "ZeroDivisionError: division by zero" in text
    # Whole in itself: its pictures are inside, its links lead to files that are there.
    assert len(page.pictures) == 1
    assert all(source.startswith("data:image/png;base64,") for source in page.pictures)
    assert {link for link in page.links if not link.startswith("#")} == {"01_a.html", "02_b.html"}
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert "division by zero" in ran.out("02_b.html").read_text()


def test_a_page_is_not_made_twice_but_follows_its_notebook(ran):
    page = ran.out("01_a.html")
    before = page.stat().st_mtime_ns
    assert ran.course("report")[0] == 0
    assert page.stat().st_mtime_ns == before
    ran.write("01_a", "print('something else')")
    assert ran.course("run", "--only", "01")[0] == 0
    assert "something else" in page.read_text()


def test_an_edit_since_the_run_shows(ran):
    ran.write("01_a", "2")
    assert ran.course("report")[0] == 0
    assert "its code has changed since" in ran.out("report.html").read_text()
    code, said = ran.course("list")
    assert code == 0
    lines = {line.split()[0]: line for line in said.splitlines()}
    assert "ok, code changed since" in lines["01_a"]
    assert "error" in lines["02_b"]
    assert "Lesson 03_c" in lines["03_c"]


def test_live_table_in_a_terminal(course):
    course.write("01_a", "1 + 1")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "course_lib.pipeline", "run"],
        cwd=course.folder,
        env=course.environment | {"TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    said = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # Linux says so when the other side has closed
            break
        if not piece:
            break
        said += piece
    os.close(ours)
    assert process.wait() == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.decode())
    for word in ("lesson", "waiting", "ok", "2 cells", "1 of 1 notebooks ok", "report.html"):
        assert word in text


def test_help_imports_nothing_heavy():
    code = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from course_lib.pipeline.cli import main\n"
        "assert CliRunner().invoke(main, ['run', '--help']).exit_code == 0\n"
        "import course_lib.pipeline.schedule, course_lib.pipeline.report\n"
        "heavy = {'keras', 'tensorflow', 'jax', 'torch', 'papermill', 'matplotlib', 'nbconvert'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
