"""A lesson as slides, one idea each: its questions, drawings, equations and figures.

    # title, picture, first words    → the first slide
    > **Predict first.**             → the words before it, a question, and later its answer
    $$ … $$                          → the words before it, and an equation
    a picture of a code cell         → a figure, and its caption
    ## Summary                       → the last slide

All of it stands in the lesson already. A page of slides holds reveal.js, MathJax and its pictures,
so it is one file that opens without a network.
"""

import base64
import importlib.util
import itertools
import re
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from course_lib.pipeline import Refusal, records
from course_lib.pipeline.lessons import Lesson, title
from course_lib.pipeline.report import template
from course_lib.pipeline.status import write_whole

# What a reader does alone.
LEFT_OUT = ("Results", "Your turn", "Sources")
BLOCK = re.compile(r"<details>.*?</details>|\$\$.*?\$\$|(?!\s)(?:(?!\n\n|\$\$).)+", re.DOTALL)
QUESTION, ANSWER = "> **Predict first.**", "<details><summary>Answer</summary>"
NO_LEAD = ("#", "<", ">", "|", "$$")
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")


@dataclass
class Slide:
    """What a slide shows: `heading` and `text` are HTML, `picture` is a PNG in base 64."""

    kind: str
    heading: str
    text: str = ""
    picture: str = ""
    alt: str = ""
    code: str = ""


def write_slides(lesson: Lesson, out: Path, code: bool = False) -> tuple[Path, int]:
    """Write `out/NAME.html`.

    Args:
        lesson: a lesson with outputs.
        out: folder; it is made.
        code: whether the code that makes a figure is shown before it.

    Returns:
        the file, and how many slides it has.

    Raises:
        Refusal: reveal.js or MathJax is not installed.
    """
    notebook = lesson.read()
    found = slides(notebook, lesson.path.parent, code)
    revealjs = _packaged("sphinx_revealjs", "_static/revealjs/dist")
    mathjax = _packaged("sphinx-mathjax-offline", "static/mathjax")
    page = template("slides.html.jinja").render(
        title=title(notebook),
        slides=found,
        styles=[(revealjs / name).read_text("utf-8") for name in ("reset.css", "reveal.css")],
        reveal=_script(revealjs / "reveal.js"),
        mathjax=_script(mathjax / "tex-svg.js"),
    )
    path = Path(out) / f"{lesson.name}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, page)
    return path, len(found)


def slides(notebook: NotebookNode, folder: Path, code: bool = False) -> list[Slide]:
    """The slides of a lesson, in its order.

    Args:
        notebook: a lesson with outputs.
        folder: of the lesson, from which its first picture is read.
        code: whether the code that makes a figure is shown before it.
    """
    found = [Slide("title", _line(title(notebook)))]
    heading = ""
    for cell in notebook.cells:
        before = ""
        if cell.cell_type == "code" and heading not in LEFT_OUT:
            found += _figures(cell, heading, code)
        if cell.cell_type != "markdown":
            continue
        for block in filter(None, map(str.strip, BLOCK.findall(cell.source))):
            if block.startswith("##"):
                heading = _line(block.lstrip("# "))
            elif heading and heading not in LEFT_OUT:
                found += _slide(block, before, heading, found)
            elif picture := PICTURE.fullmatch(block):
                found[0].picture = base64.b64encode((folder / picture[2]).read_bytes()).decode()
                found[0].alt = picture[1]
            elif not heading and block[0] not in "#<":
                found[0].text = found[0].text or html(block)
            before = block
    return found


def _slide(block, before, heading, found):
    """The slide that a block of text makes, if it makes one."""
    lead = "" if before.startswith(NO_LEAD) else f"{before}\n\n"
    if block.startswith("$$") and before.startswith("$$"):
        found[-1].text += html(block)
    elif block.startswith("$$"):
        yield Slide("equation", heading, html(lead + block))
    elif block.startswith(QUESTION):
        yield Slide("question", heading, html(lead + block))
    elif block.startswith(ANSWER):
        text = block.removeprefix(ANSWER).removesuffix("</details>").strip()
        yield Slide("answer", heading, html(text))
    elif heading == "Summary" and not block.startswith("**Next"):
        yield Slide("summary", heading, html(block))


def _figures(cell, heading, code):
    outputs = [output for output in cell.outputs if "data" in output]
    shown = [output for output in outputs if records.PNG in output.data]
    captions = [html(x.data["text/markdown"]) for x in outputs if "text/markdown" in x.data]
    if shown and code:
        yield Slide("code", heading, code=cell.source)
    for output, caption in itertools.zip_longest(shown, captions, fillvalue=""):
        picture = "".join(output.data[records.PNG].split())
        yield Slide("figure", heading, caption, picture, records.alt(output))


def html(text: str) -> str:
    """Markdown as HTML, equations as they are and links as their words.

    Example:

    >>> html("*An* [encoder](notation.md#encoder), $h = f(x)$")
    '<p><em>An</em> encoder, $h = f(x)$</p>'
    """
    from nbconvert.filters import markdown2html

    return re.sub(r"</?a\b[^>]*>", "", markdown2html(text)).strip()


def _line(text):
    return html(text).removeprefix("<p>").removesuffix("</p>")


def _packaged(module, folder):
    """A folder of JavaScript that comes with a package."""
    found = importlib.util.find_spec(module)
    if found is None:
        name = module.replace("_", "-")
        raise Refusal(f"{name} is not installed: pip install 'course_lib[site]'.")
    return Path(found.origin).parent / folder


def _script(path):
    return path.read_text("utf-8").replace("</script", r"<\/script")
