"""The site, built once for all tests that look at it, and a browser to look at it with."""

import functools
import http.server
import shutil
import subprocess
import sys
import threading

import pytest

from docs import pages

LOADED = """
const done = arguments[0];
const set = () => (window.MathJax?.startup?.promise ?? Promise.resolve()).then(() => done());
document.readyState === "complete" ? set() : addEventListener("load", set);
"""


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """How Sphinx ended, and the folder that it wrote."""
    pytest.importorskip("myst_nb", reason="the extra site is not installed")
    folder = tmp_path_factory.mktemp("site")
    pages.write(folder / "pages")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-c", "docs"]
    done = subprocess.run(
        [*command, "-d", folder / "trees", folder / "pages", folder / "site"],
        capture_output=True,
        text=True,
    )
    return done, folder / "site"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def address(built):
    _, folder = built
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
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


@pytest.fixture
def show(browser, address):
    """Opens a page, that wide and in that theme, and waits until its equations are set."""

    def open_page(page, width, theme):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        if not browser.current_url.startswith(address):
            browser.get(address)  # a theme is kept for each site by itself
        for key in ("mode", "theme"):
            browser.execute_script("localStorage.setItem(arguments[0], arguments[1])", key, theme)
        browser.get_log("browser")
        browser.get(address + page)
        browser.execute_async_script(LOADED)

    return open_page
