"""Slides show what a lesson has, all of it once, and need neither code nor a network."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course_lib.pipeline import Refusal, records
from course_lib.pipeline import slides as making
from course_lib.pipeline.cli import main
from course_lib.pipeline.lessons import find_lessons
from course_lib.pipeline.slides import html, slides, write_slides

LESSONS = [lesson for lesson in find_lessons("notebooks") if not lesson.solution]
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
BOX = "> **Predict first.**"
FOLD = "<details><summary>Answer</summary>\n\n{}\n\n</details>"


def of_kind(found, kind):
    return [slide for slide in found if slide.kind == kind]


@each_lesson
def test_every_figure_and_question_of_a_lesson_has_its_slide(lesson):
    notebook = lesson.read()
    found = slides(notebook, lesson.folder)
    prose = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    pictures = [x.replace("\n", "") for x in records.outputs(notebook, records.PNG)]
    assert [slide.picture for slide in of_kind(found, "figure")] == pictures
    assert len(of_kind(found, "question")) == prose.count(BOX)
    assert len(of_kind(found, "answer")) >= prose.count(BOX)
    equations = sum(slide.text.count("$$") for slide in found) // 2
    assert equations == prose.partition("\n## Your turn")[0].count("$$") // 2
    assert len(of_kind(found, "title")) == 1
    assert of_kind(found, "summary")


@each_lesson
def test_each_slide_has_a_heading_and_something_to_show(lesson):
    for slide in slides(lesson.read(), lesson.folder):
        assert slide.heading
        assert slide.text or slide.picture
        assert not slide.code
        assert not slide.picture or len(slide.alt) > 3
        assert "<a " not in slide.text


class Page(HTMLParser):
    """What a page would load or lead to."""

    def __init__(self, text):
        super().__init__()
        self.loads, self.sections, self.policy = [], 0, ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.loads += [found[x] for x in ("src", "href", "data", "srcset") if x in found]
        self.sections += tag == "section"
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"]


def test_a_page_holds_all_that_it_shows(tmp_path):
    pytest.importorskip("sphinx_revealjs", reason="the extra site is not installed")
    path, count = write_slides(LESSONS[0], tmp_path / "new")
    page = Page(path.read_text("utf-8"))
    assert path == tmp_path / "new/01_autoencoder.html"
    assert page.sections == count
    assert len(page.loads) == 12  # figures, and the first picture
    assert all(x.startswith("data:image/png;base64,") for x in page.loads)
    assert page.policy.startswith("default-src 'none'")
    assert not re.search(r"(?:https?:)?//", page.policy)


def small():
    picture = {records.PNG: "aGE=", "text/plain": "a"}
    shown = [new_output("display_data", picture, metadata={records.PNG: {"alt": "One line."}})]
    shown.append(new_output("display_data", {"text/markdown": "A *caption*."}))
    return new_notebook(
        cells=[
            new_markdown_cell("# A title\n\nFirst words.\n\nOther words."),
            new_markdown_cell("## One\n\nWrite [it](a.md) so:\n\n$$a$$\n\n$$b$$\n\nNothing."),
            new_markdown_cell(f"The setting.\n\n{BOX} Is\n> it $x > 0$?"),
            new_code_cell("draw()", outputs=shown),
            new_markdown_cell(FOLD.format("Yes.") + "\n\nMore.\n\n## Your turn\n\n$$c$$"),
            new_code_cell("check()", outputs=shown),
            new_markdown_cell("## Summary\n\nEnd.\n\n**Next:** on.\n\n### Sources\n\n* Here."),
        ]
    )


def test_the_order_of_a_lesson_is_kept_and_the_rest_left_out():
    found = slides(small(), Path())
    assert [(slide.kind, slide.heading) for slide in found] == [
        ("title", "A title"),
        ("equation", "One"),
        ("question", "One"),
        ("figure", "One"),
        ("answer", "One"),
        ("summary", "Summary"),
    ]
    texts = [slide.text for slide in found]
    assert texts[0] == "<p>First words.</p>"
    assert texts[1] == "<p>Write it so:</p>\n<p>$$a$$</p><p>$$b$$</p>"
    assert re.sub(r"\s+", " ", texts[2]) == (
        "<p>The setting.</p> <blockquote> <p><strong>Predict first.</strong> Is it $x &gt; 0$?</p> "
        "</blockquote>"
    )
    assert (texts[3], found[3].alt) == ("<p>A <em>caption</em>.</p>", "One line.")
    assert texts[4:] == ["<p>Yes.</p>", "<p>End.</p>"]


def test_code_is_shown_before_its_figure_where_it_is_wanted():
    found = slides(small(), Path(), code=True)
    assert [(x.kind, x.code) for x in found if x.kind in ("code", "figure")] == [
        ("code", "draw()"),
        ("figure", ""),
    ]


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(making.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        Refusal, match=r"sphinx-revealjs is not installed: pip install '.*\[site\]'"
    ):
        write_slides(LESSONS[0], tmp_path)


def test_a_script_cannot_end_early(tmp_path):
    (tmp_path / "a.js").write_text('x = "</script>"')
    assert making._script(tmp_path / "a.js") == r'x = "<\/script>"'
    assert html("a < b") == "<p>a &lt; b</p>"


def test_the_command_writes_a_file_for_each_lesson_and_says_how_many_slides(tmp_path):
    pytest.importorskip("sphinx_revealjs", reason="the extra site is not installed")
    told = CliRunner().invoke(main, ["slides", "sparse", "12", "--out", str(tmp_path)])
    assert told.exit_code == 0
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["02_sparse.html", "12_pixels.html"]
    assert len(re.findall(r"(?m)\.html: \d\d slides\.$", told.output)) == 2
    told = CliRunner().invoke(main, ["slides", "no_such", "--out", str(tmp_path)])
    assert told.exit_code == 1
    assert "There is no lesson 'no_such'" in told.output
