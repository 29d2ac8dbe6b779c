"""The site as it is built: no warning, every page, every link, every picture with its words."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from docs import pages, sources

pytestmark = pytest.mark.slow

NOTEBOOKS = sorted(Path("notebooks").rglob("*.ipynb"))


class Page(HTMLParser):
    """What a page links to, shows and loads."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.images, self.loads, self.folds = set(), [], [], [], 0
        self.text = path.read_text("utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids |= {found["id"]} if "id" in found else set()
        self.links += [found["href"]] if tag == "a" and "href" in found else []
        self.images += [found] if tag == "img" else []
        self.loads += [
            found[x] for x in ("src", "href") if tag in ("script", "link") and x in found
        ]
        self.folds += tag == "details" and "hide" in found.get("class", "")


@pytest.fixture(scope="module")
def site(built):
    """`{path from the root: Page}`."""
    done, folder = built
    assert done.returncode == 0, done.stderr
    found = [path for path in folder.rglob("*.html") if "_static" not in path.parts]
    return {path.relative_to(folder).as_posix(): Page(path) for path in found}


def test_it_is_built_without_a_warning(built):
    done, _ = built
    assert (done.returncode, done.stderr) == (0, "")


def test_every_lesson_has_a_page_with_its_title(site):
    assert len(NOTEBOOKS) > 20
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        title = re.search(r"^# (.+)$", "".join(cells[0]["source"]), re.M)[1]
        heading = re.search(r"<h1>(.*?)<a", site[path.with_suffix(".html").as_posix()].text)[1]
        assert heading == title.replace("'", "’")


def test_set_up_is_folded(site):
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        folded = [
            cell for cell in cells if {"colab", "setup"} & set(cell["metadata"].get("tags", []))
        ]
        assert site[path.with_suffix(".html").as_posix()].folds == len(folded)


def test_every_link_leads_somewhere(site, built):
    _, folder = built
    lost, followed = [], 0
    for name, page in site.items():
        for link in page.links:
            path, _, place = unquote(link).partition("#")
            if re.match(r"[a-z]+:", path):
                continue
            there = (folder / name).parent / path if path else folder / name
            there = there.resolve().relative_to(folder.resolve()).as_posix()
            followed += 1
            known = site[there].ids if there in site else set()
            if not (folder / there).exists() or (place and place not in known):
                lost.append((name, link))
    assert followed > 1000
    assert lost == []


def test_every_picture_is_there_and_says_in_words_what_it_shows(site, built):
    _, folder = built
    for name, page in site.items():
        for image in page.images:
            assert ((folder / name).parent / unquote(image["src"])).exists(), (name, image)
            assert len(image.get("alt", "")) > 3, (name, image)


def test_the_words_are_those_of_the_notebook(site):
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        outputs = [output for cell in cells for output in cell.get("outputs", [])]
        words = [
            x["metadata"]["image/png"]["alt"] for x in outputs if "image/png" in x.get("data", {})
        ]
        shown = [image["alt"] for image in site[path.with_suffix(".html").as_posix()].images]
        assert [alt for alt in words if alt not in shown] == []


def test_every_public_name_is_on_its_page(site):
    names = [(part, entry.name) for part in sources.PARTS for entry in sources.entries(part)]
    there = [
        name for part, name in names if f"course_lib.{part}.{name}" in site[f"api/{part}.html"].ids
    ]
    assert len(there) / len(names) == 1


def test_equations_are_set_and_found(site, built):
    _, folder = built
    loaded = [x for x in site["notebooks/07_variational.html"].loads if "mathjax" in x]
    assert (folder / "notebooks" / loaded[0].partition("?")[0]).exists()
    assert list((folder / "_static/mathjax/output/chtml/fonts/woff-v2").glob("*.woff"))
    assert '"mathcal"' in (folder / "searchindex.js").read_text("utf-8")
    for page in site.values():  # a numbered equation may not stand inside of another environment
        assert not re.search(r"begin\{split\}(?:(?!end\{split\}).)*\\tag", page.text, re.S)


def test_it_needs_no_network(site):
    loaded = [x for page in site.values() for x in page.loads]
    loaded += [image["src"] for page in site.values() for image in page.images]
    assert [x for x in loaded if re.match(r"(?:[a-z]+:)?//", x)] == []


def test_it_is_small(built):
    _, folder = built
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 40e6


@pytest.mark.parametrize("address", ["", "https://example.org/course"])
def test_a_link_to_what_is_no_page_leads_to_the_repository_or_nowhere(address):
    text = "[here](docs/conf.py) and [results](notebooks/results.md#a), [all](notebooks/solutions)"
    known = {Path("notebooks/results.md"), Path("notebooks/solutions/index.md")}
    made = pages.markdown(text, Path("README.md"), known, address)
    here = f"[here]({address}/blob/main/docs/conf.py)" if address else "here"
    assert made == (
        f"{here} and [results](notebooks/results.md#a), [all](notebooks/solutions/index.md)"
    )
