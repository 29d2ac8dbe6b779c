"""What the tests of notebooks share: nbval, in a process of its own, replaying a run."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def replay():
    """Compare a notebook's stored outputs with those of its run in a folder."""

    def with_nbval(notebook, folder):
        command = [sys.executable, "-m", "pytest", "-p", "tests.notebooks.replay", "--nbval-lax"]
        command += ["--nbval-replay", folder, "-p", "no:cacheprovider", "-c", "/dev/null"]
        # Without the conftest of the library's tests, which imports Keras.
        command += ["--rootdir", ROOT, "--noconftest", notebook]
        return subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True)

    return with_nbval
