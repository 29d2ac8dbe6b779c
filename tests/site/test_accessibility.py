"""Every page of the site, wide and narrow, for readers who use keys, a voice or large letters.

axe-core, which npm brings, finds nothing that it calls serious or critical.
"""

import shutil
import subprocess
import tarfile

import pytest

pytestmark = pytest.mark.slow

FOUND = """
const done = arguments[0];
const told = x => [x.id, x.impact, x.nodes.map(node => node.html.slice(0, 200))];
const set = window.MathJax?.startup?.promise ?? Promise.resolve();
set.then(() => axe.run(document, { resultTypes: ["violations"] })).then(
  found => done(found.violations.filter(x => /serious|critical/.test(x.impact)).map(told)),
  error => done([String(error)]),
);
"""


@pytest.fixture(scope="module")
def axe(tmp_path_factory):
    """The source of axe-core."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("there is no npm")
    folder = tmp_path_factory.mktemp("axe")
    command = [npm, "pack", "axe-core@4", "--pack-destination", folder]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode:
        pytest.skip("npm did not bring axe-core")
    with tarfile.open(next(folder.glob("*.tgz"))) as packed:
        return packed.extractfile("package/axe.min.js").read().decode()


@pytest.fixture(scope="module")
def tried(axe, browser, address):
    """Tries a page, and gives what is serious or critical."""
    browser.set_script_timeout(120)

    def found(page):
        browser.get(f"{address}{page}")
        browser.execute_script(axe)
        return browser.execute_async_script(FOUND)

    return found


@pytest.mark.parametrize("width", [1300, 390])
def test_no_page_has_a_serious_finding(tried, built, browser, width):
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    _, folder = built
    paths = [path for path in folder.rglob("*.html") if "_static" not in path.parts]
    pages = sorted(path.relative_to(folder).as_posix() for path in paths)
    assert len(pages) > 50
    findings = {page: tried(page) for page in pages}
    assert {page: found for page, found in findings.items() if found} == {}


def test_a_serious_finding_would_be_found(tried, built):
    _, folder = built
    page = folder / "bad.html"
    page.write_text('<html><body><img src="favicon.ico"><p>words</p></body></html>', "utf-8")
    try:
        assert {"image-alt", "html-has-lang"} <= {found[0] for found in tried("bad.html")}
    finally:
        page.unlink()
