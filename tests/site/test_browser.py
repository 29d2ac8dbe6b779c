"""Pages of each kind in a browser: wide and narrow, light and dark.

The console names no error, no equation is one, no picture is broken and no page scrolls sideways;
the search finds words, equations and names.
"""

import functools
import http.server
import shutil
import threading

import pytest

pytestmark = pytest.mark.slow

KINDS = ("index", "notebooks/README", "notebooks/07_variational", "notebooks/11_sequences")
KINDS += ("notebooks/results", "notebooks/notation", "api/models", "data/README")
EQUATIONS = ("notebooks/07_variational", "notebooks/11_sequences", "notebooks/notation")
LOADED = """
const done = arguments[0];
const set = () => (window.MathJax?.startup?.promise ?? Promise.resolve()).then(() => done());
document.readyState === "complete" ? set() : addEventListener("load", set);
"""
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


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address(built):
    _, folder = built
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def browser(address, tmp_path_factory):
    programs = [shutil.which(name) for name in ("chromium", "google-chrome", "chrome")]
    driver = shutil.which("chromedriver")
    if not any(programs) or not driver:
        pytest.skip("there is no Chromium with its driver")
    pytest.importorskip("selenium")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = next(filter(None, programs))
    for word in ("headless", "no-sandbox", "disable-gpu", "disable-dev-shm-usage"):
        options.add_argument(f"--{word}")
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('browser')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    found = webdriver.Chrome(options, webdriver.ChromeService(driver))
    found.get(address)
    yield found
    found.quit()


def show(browser, address, width, theme):
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    for key in ("mode", "theme"):
        browser.execute_script("localStorage.setItem(arguments[0], arguments[1])", key, theme)
    browser.get_log("browser")
    browser.get(address)
    browser.execute_async_script(LOADED)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1300, 390])
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_shown_whole(browser, address, kind, width, theme):
    show(browser, f"{address}{kind}.html", width, theme)
    found = browser.execute_script(LOOK)
    equations = found.pop("equations")
    assert found == {"theme": theme, "wider": 0, "broken": 0, "errors": 0}
    logged = [x for x in browser.get_log("browser") if x["level"] in ("SEVERE", "WARNING")]
    assert logged == []
    assert equations > 20 or kind not in EQUATIONS


@pytest.mark.parametrize("word", ["Langevin", "mathcal", "soft_threshold"])
def test_search_finds_words_equations_and_names(browser, address, word):
    show(browser, f"{address}search.html?q={word}", 1300, "light")
    assert browser.execute_async_script(FOUND) > 0
