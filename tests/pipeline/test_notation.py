"""The page of symbols and terms: made of the glossary and of the lessons' links."""

import pytest

from course_lib.pipeline import Refusal
from course_lib.pipeline.notation import anchor, glossary


@pytest.fixture
def linked(course, made_up):
    """Two lessons, of which the second links to two terms."""

    def with_links(*links):
        for name, found in (("01_a", links[:1]), ("02_b", links)):
            notebook = made_up.lesson()
            notebook.cells[1].source += "".join(f" [it](notation.md#{link})" for link in found)
            made_up.store(course, name, notebook, made_up.execute(notebook))

    return with_links


def test_terms_name_the_lesson_that_needs_them_first(course, linked, do_publish):
    linked("tied-weights", "kl-divergence")
    do_publish()
    assert "(notation.md)" in (course.folder / "notebooks" / "README.md").read_text("utf-8")
    page = (course.folder / "notebooks" / "notation.md").read_text(encoding="utf-8")
    rows = {line.split("**")[1]: line for line in page.splitlines() if "**" in line}
    assert list(rows) == sorted(rows, key=str.lower)
    assert len(rows) == len(glossary("")["terms"])
    assert rows["tied weights"].startswith('| <a id="tied-weights"></a>**tied weights** |')
    assert rows["tied weights"].endswith("(01_a.ipynb) |")
    assert rows["KL divergence"].endswith("(02_b.ipynb) |")
    assert rows["PCA"].endswith("|  |")
    assert all(symbol in page for symbol in glossary("")["symbols"])


def test_no_link_no_page(course, linked, do_publish):
    linked()
    do_publish()
    assert not (course.folder / "notebooks" / "notation.md").exists()


def test_a_term_that_is_not_there(course, linked, do_publish):
    linked("tied-weights", "tide-weights")
    do_publish()
    code, said = course.check()
    assert code == 1
    assert "02_b: it links to notation.md#tide-weights, a term that" in said


def test_terms_of_ones_own(course, tmp_path):
    (tmp_path / "glossary.toml").write_text('[terms]\n"PCA" = "mine"\n"graph" = "nodes"\n')
    terms = glossary(tmp_path)["terms"]
    assert terms["PCA"] == "mine"
    assert terms["graph"] == "nodes"
    assert "seed" in terms
    (tmp_path / "glossary.toml").write_text("[terms")
    with pytest.raises(Refusal, match=r"glossary\.toml beside the notebooks is no TOML"):
        glossary(tmp_path)


def test_every_term_has_a_place_of_its_own():
    terms = glossary("")["terms"]
    assert len({anchor(term) for term in terms}) == len(terms)
    assert all(meaning and not meaning.endswith(".") for meaning in terms.values())
