"""What the tests of notebooks share: nbval, in a process of its own, replaying runs."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def replay(tmp_path_factory):
    """Compare notebooks' stored outputs with those of their runs: `{name: [fault, …]}`."""

    def with_nbval(notebooks, folder):
        """Of notebooks of one folder, and the folder of their runs; a cell's fault may be ""."""
        report = tmp_path_factory.mktemp("nbval") / "report.xml"
        command = [sys.executable, "-m", "pytest", "-p", "tests.notebooks.replay", "--nbval-lax"]
        command += ["--nbval-replay", folder, "-p", "no:cacheprovider", "-c", "/dev/null"]
        # Without the conftest of the library's tests, which imports Keras.
        command += ["--rootdir", notebooks[0].parent, "--noconftest", "--junitxml", report]
        done = subprocess.run(
            list(map(str, [*command, *notebooks])), cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode in (0, 1), done.stdout + done.stderr
        faults = {path.name: [] for path in notebooks}
        for cell in ElementTree.parse(report).iter("testcase"):
            said = [part.text for part in cell if part.tag in ("failure", "error")]
            faults[cell.get("classname")].append("\n".join(said))
        return faults

    return with_nbval
