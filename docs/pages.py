"""The pages of the site: what is in the project already, brought together in one folder.

    README.md                  → index.md, with the tree of all pages
    notebooks, data, docs/…    → as they are; set-up folded, pictures with their words
    course_lib/*/__init__.py   → api/*.md

`python -m docs.pages FOLDER` writes them; Sphinx makes the site of that folder. A link to a file
that is no page leads to the public repository, and is plain text where it has no address.
"""

import json
import os
import re
import shutil
import sys
from pathlib import Path

from course_lib.pipeline.address import read_address
from course_lib.pipeline.lessons import find_lessons
from docs import reference
from docs.sources import PARTS

TEXTS = ("CHANGELOG.md", "CONTRIBUTING.md", "data/README.md", "docs/teaching/*.*")
TEXTS += ("notebooks/*.md", "notebooks/**/*.ipynb", "docs/draw.md", "docs/published.md")
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s#:]+)(#[^)\s]*)?\)")
ANCHOR = re.compile(r'<a id="([\w-]+)"></a>(\*\*[^*]+\*\*)')
FOLDED = {"colab", "setup"}
# The lessons whose networks one can draw for, and what their pages say of it.
DRAWN = {"autoencoder", "denoising", "variational", "adversarial", "anomalies"}
DRAW = "In the browser: [draw a digit](../docs/draw.md), and see what four networks make of it."

TREE = """
```{{toctree}}
:hidden:
:caption: {caption}

{pages}
```
"""


def write(target):
    """Write all pages into a folder, and remove what was there of others."""
    address = read_address("pyproject.toml").removesuffix(".git")
    paths = [path for text in TEXTS for path in sorted(Path().glob(text))]
    paths = [path for path in paths if not path.name.startswith(".")]
    lessons = find_lessons("notebooks")
    made = {
        Path("index.md"): front(paths, lessons),
        Path("notebooks/solutions/index.md"): solutions(lessons),
    }
    made |= {path: path.read_text("utf-8") for path in paths}
    drawn = {x.path for x in lessons if x.topic in DRAWN and not x.solution}
    for path, text in made.items():
        if path.suffix == ".ipynb":
            made[path] = notebook(text, DRAW if path in drawn else "")
        else:
            here = Path("README.md") if path == Path("index.md") else path
            made[path] = markdown(text, here, made, address)
    guides = sorted(Path("docs/teaching").glob("*.md"))
    links = reference.links_by_name([x.path for x in lessons if not x.solution], guides)
    for part in PARTS:
        made[Path("api") / f"{part}.md"] = reference.page(part, links, address)
    for path, text in made.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(text, "utf-8")
    shutil.copytree("notebooks/images", target / "notebooks/images", dirs_exist_ok=True)
    for stale in [*target.rglob("*.md"), *target.rglob("*.ipynb")]:
        if stale.relative_to(target) not in made:
            stale.unlink()


def front(paths, lessons):
    """The project's own README, and the tree of all pages."""
    names = [f"notebooks/{x.name}" for x in lessons if not x.solution]
    names.append("notebooks/solutions/index")
    teaching = [path.with_suffix("").as_posix() for path in paths if "teaching" in path.parts]
    trees = {
        "Lessons": ["The path <notebooks/README>", "docs/draw", *names],
        "Findings and terms": [
            "notebooks/results",
            "docs/published",
            "notebooks/notation",
            "data/README",
        ],
        "Library": [*(f"api/{part}" for part in PARTS), "CHANGELOG"],
        "Teach and contribute": [*teaching, "CONTRIBUTING"],
    }
    text = Path("README.md").read_text("utf-8")
    return text + "".join(TREE.format(caption=x, pages="\n".join(trees[x])) for x in trees)


def solutions(lessons):
    """A page that lists the solutions."""
    names = "\n".join(x.name for x in lessons if x.solution)
    about = "Each lesson ends in exercises that check themselves. These are their solutions."
    return f"# Solutions\n\n{about}\n\n```{{toctree}}\n\n{names}\n```\n"


def markdown(text, path, pages, address):
    """A page's text: anchors that other pages find, and links that lead somewhere.

    Args:
        text: Markdown.
        path: of the page, from the root.
        pages: paths of all pages.
        address: of the public repository, or nothing.
    """

    def follow(found):
        words, link, place = found[1], found[2], found[3] or ""
        there = Path(os.path.normpath(path.parent / link))
        if there in pages or not there.exists():  # of the latter Sphinx says so
            return found[0]
        if there == Path("README.md"):
            return f"[{words}]({'../' * len(path.parents[1:])}index.md{place})"
        if there / "index.md" in pages:
            return f"[{words}]({link.rstrip('/')}/index.md)"
        return f"[{words}]({address}/blob/main/{there.as_posix()})" if address else words

    return LINK.sub(follow, ANCHOR.sub(r"[\2]{#\1}", text))


def notebook(text, more=""):
    """A lesson as its page shows it: set-up folded, a figure's words beside the figure.

    Args:
        text: of the notebook.
        more: Markdown to add to the first cell.
    """
    found = json.loads(text)
    if more:
        found["cells"][0]["source"] = [*found["cells"][0]["source"], f"\n\n{more}"]
    for cell in found["cells"]:
        meta = cell["metadata"]
        if FOLDED & set(meta.get("tags", [])):
            meta["tags"] = [*meta["tags"], "hide-input"]
        for output in cell.get("outputs", []):
            # The records of claims and checks: the text beside them says the same.
            for mime in [x for x in output.get("data", {}) if "vnd.course-lib" in x]:
                del output["data"][mime]
            if picture := output.get("metadata", {}).get("image/png"):
                alt, width = picture["alt"], f"{picture['width']}px"
                meta["mystnb"] = {"image": {"alt": alt, "width": width}}
    return json.dumps(found, ensure_ascii=False)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
