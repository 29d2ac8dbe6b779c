"""The site, built once for all tests that look at it."""

import subprocess
import sys

import pytest

from docs import pages


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
