"""The reference is read from the sources: it says what Python says of the imported library."""

import ast
import doctest
import importlib
import inspect
from pathlib import Path

import pytest

from docs import docstrings, reference, sources

LESSONS = sorted(Path("notebooks").glob("*.ipynb"))
ENTRIES = [(part, entry) for part in sources.PARTS for entry in sources.entries(part)]
each_entry = pytest.mark.parametrize(
    ("part", "entry"), ENTRIES, ids=[f"{part}.{entry.name}" for part, entry in ENTRIES]
)


def there(part, name):
    return getattr(importlib.import_module(f"course_lib.{part}"), name)


@pytest.mark.parametrize("part", sources.PARTS)
def test_every_public_name_is_there(part):
    room = importlib.import_module(f"course_lib.{part}")
    public = {x for x in dir(room) if x[0] != "_" and not inspect.ismodule(getattr(room, x))}
    public = set(getattr(room, "__all__", public - {"extra"}))
    assert {entry.name for entry in sources.entries(part)} == public


@each_entry
def test_a_name_is_documented_as_python_documents_it(part, entry):
    assert entry.doc
    found = there(part, entry.name)
    if callable(found):
        assert entry.doc == inspect.getdoc(found)


@each_entry
def test_a_name_is_called_as_python_calls_it(part, entry):
    found = there(part, entry.name)
    made = found.__init__ if inspect.isclass(found) else found
    if not inspect.isfunction(made) or not made.__module__.startswith("course_lib"):
        return  # a constant, or a class that is made as Keras or Python says
    arguments = list(inspect.signature(made).parameters)[inspect.isclass(found) :]
    call = sources.signature(entry).partition(" -> ")[0]
    read = ast.parse(f"def f{call}: pass").body[0].args
    named = [*read.posonlyargs, *read.args, read.vararg, *read.kwonlyargs, read.kwarg]
    assert [x.arg for x in named if x] == arguments


def test_lessons_are_found_by_what_their_code_uses():
    found = reference.lessons_by_name(LESSONS)
    files = {key: [Path(file).name for _, file in lessons] for key, lessons in found.items()}
    assert "07_variational.ipynb" in files["models", "VAE"]  # from course_lib.models import VAE
    assert "01_autoencoder.ipynb" in files["metrics", "squared_error"]  # metrics.squared_error(
    assert files["lesson", "start"] == [path.name for path in LESSONS]
    assert ("data", "FONTS") not in files  # which no lesson uses


def test_a_name_leads_to_lessons_that_use_it_through_another_and_to_guides():
    found = reference.links_by_name(LESSONS, sorted(Path("docs/teaching").glob("*.md")))
    files = {
        key: {how: [Path(file).name for _, file in pages] for how, pages in of.items()}
        for key, of in found.items()
    }
    assert "07_variational.ipynb" in files["models", "IWAE"]["Lessons"]  # in its text alone
    assert "Used in" not in files["models", "VAE"]
    sampling = files["layers", "GaussianSampling"]  # which `VAE` draws with
    assert "07_variational.ipynb" in sampling["Used in"]
    assert "02_sparse.ipynb" not in sampling["Used in"]
    assert files["lesson", "expect"] == {"Used in": [], "Guides": ["write_an_exercise.md"]}
    page = reference.page("layers", found, "").partition("class} GaussianSampling")[2]
    assert "Used in: [7 · The variational autoencoder](../notebooks/07" in page.partition("::::")[0]


def test_nearly_every_name_leads_to_a_lesson_or_a_guide():
    found = reference.links_by_name(LESSONS, sorted(Path("docs/teaching").glob("*.md")))
    linked = [any(found.get((part, entry.name), {}).values()) for part, entry in ENTRIES]
    assert sum(linked) / len(linked) > 0.9


def test_a_class_names_the_public_ones_it_extends_and_takes_on_the_methods_of_others():
    entries = {entry.name: entry for entry in sources.entries("models")}
    extended, nodes = sources.ancestors(entries["BetaTCVAE"])
    assert [x.name for x in extended] == ["VAE", "Autoencoder"]
    assert {x.name for x in nodes} == {"BetaTCVAE"}
    _, nodes = sources.ancestors(entries["VAE"])
    assert {x.name for x in nodes} == {"VAE", "GaussianLatent"}


def test_the_source_is_linked_where_the_repository_has_an_address():
    text = reference.page("search", {}, "https://example.org/course")
    assert "(https://example.org/course/blob/main/course_lib/search/itq.py#L" in text
    assert (
        "](http" not in reference.page("search", {}, "").partition("Source")[2].partition("\n")[0]
    )


def test_sections_keep_their_order_and_their_text():
    text = inspect.getdoc(there("layers", "LISTA"))
    page = docstrings.markdown(text)
    heads = ["**Args**", "**Call arguments**", "**Returns**", "**Raises**", "**Reference**"]
    places = [page.index(head) for head in [*heads, "**Example**"]]
    assert places == sorted(places)
    assert "```text\nh⁽¹⁾ = S_θ(x W)" in page  # an equation stands by itself
    assert "`units`\n: K." in page
    assert "```pycon\n>>> identity" in page
    assert "<https://icml.cc/Conferences/2010/papers/449.pdf>." in page


@each_entry
def test_no_word_of_a_docstring_is_lost(part, entry):
    """All that a page adds are marks: its letters are the docstring's, in their order."""
    page = docstrings.markdown(entry.doc)
    for mark in ("```pycon", "```text"):
        page = page.replace(mark, "")
    assert _letters(page) == _letters(entry.doc)


def _letters(text):
    return "".join(x for x in text if x.isalnum())


def test_examples_run():
    assert doctest.testmod(docstrings).failed == 0
    assert doctest.testmod(docstrings).attempted > 1
