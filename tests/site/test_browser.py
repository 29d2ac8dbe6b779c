"""Pages of each kind in a browser: wide and narrow, light and dark.

The console names no error, no equation is one, no picture is broken and no page scrolls sideways;
the search finds words, equations and names.
"""

import pytest

pytestmark = pytest.mark.slow

KINDS = ("index", "notebooks/README", "notebooks/07_variational", "notebooks/11_sequences")
KINDS += ("notebooks/results", "notebooks/notation", "api/models", "data/README", "docs/draw")
EQUATIONS = ("notebooks/07_variational", "notebooks/11_sequences", "notebooks/notation")
LOOK = """
return {
  theme: document.documentElement.dataset.theme,
  wider: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  broken: [...document.images].filter(x => !x.naturalWidth && x.loading !== "lazy").length,
  errors: document.querySelectorAll("mjx-merror").length,
  equations: document.querySelectorAll("mjx-container").length,
};
"""
FOUND = """
const done = arguments[0];
const look = () => {
  const found = document.querySelectorAll("#search-results li a").length;
  found ? done(found) : setTimeout(look, 50);
};
look();
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1300, 390])
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_shown_whole(browser, show, kind, width, theme):
    show(f"{kind}.html", width, theme)
    found = browser.execute_script(LOOK)
    equations = found.pop("equations")
    assert found == {"theme": theme, "wider": 0, "broken": 0, "errors": 0}
    logged = [x for x in browser.get_log("browser") if x["level"] in ("SEVERE", "WARNING")]
    assert logged == []
    assert equations > 20 or kind not in EQUATIONS


@pytest.mark.parametrize("word", ["Langevin", "mathcal", "soft_threshold"])
def test_search_finds_words_equations_and_names(browser, show, word):
    show(f"search.html?q={word}", 1300, "light")
    assert browser.execute_async_script(FOUND) > 0
