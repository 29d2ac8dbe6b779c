"""The backend that is installed is taken; what somebody chose and is not there gets a sentence."""

import json
import os
import subprocess
import sys
from importlib.machinery import PathFinder
from pathlib import Path

import pytest

from course_lib.backend import BACKENDS, backend, choose_backend


@pytest.fixture
def only(monkeypatch, tmp_path):
    """An empty home, no KERAS_BACKEND, and of the backends these alone."""

    def install(*names, chosen=None):
        for name in BACKENDS:
            (tmp_path / name).mkdir(exist_ok=True)
            if name in names:
                (tmp_path / name / "__init__.py").touch()
        monkeypatch.setattr("course_lib.backend.find_spec", _find_in(tmp_path))
        if chosen:
            (tmp_path / "keras.json").write_text(json.dumps({"backend": chosen}))

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_BACKEND", "")
    return install


def _find_in(folder):
    """`find_spec` for the packages of one folder; one without `__init__` is a namespace."""
    return lambda name: PathFinder.find_spec(name, [str(folder)])


@pytest.mark.parametrize(
    ("installed", "taken"),
    [
        (("tensorflow", "jax", "torch"), "tensorflow"),
        (("jax", "torch"), "jax"),
        (("torch",), "torch"),
    ],
)
def test_without_a_choice_the_first_installed_one_is_taken(only, installed, taken):
    only(*installed)
    assert backend() == taken
    choose_backend()
    # Nothing is set where Keras would do the same by itself.
    assert (os.environ["KERAS_BACKEND"] or "tensorflow") == taken


def test_the_environment_goes_before_the_file(only, monkeypatch):
    only("jax", "torch", chosen="jax")
    assert backend() == "jax"
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert backend() == "torch"
    monkeypatch.setenv("KERAS_BACKEND", "")
    assert backend() == "jax"


def test_what_keras_itself_writes_into_a_new_file_is_no_choice(only):
    only("torch", chosen="tensorflow")
    choose_backend()
    assert os.environ["KERAS_BACKEND"] == "torch"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null"])
def test_a_broken_keras_json_chooses_nothing(only, tmp_path, text):
    only("jax")
    (tmp_path / "keras.json").write_text(text)
    assert backend() == "jax"


def test_a_choice_that_is_not_installed_gets_a_sentence(only, monkeypatch):
    only("jax", chosen="torch")
    with pytest.raises(ModuleNotFoundError, match=r"keras\.json chooses the backend torch, which"):
        backend()
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    with pytest.raises(ModuleNotFoundError, match=r"^KERAS_BACKEND chooses the backend tensorflow"):
        backend()


def test_no_backend_gets_a_sentence(only):
    only()
    with pytest.raises(ModuleNotFoundError, match=r"^Keras needs a backend and none is installed"):
        backend()


def test_a_backend_that_the_course_does_not_know_is_left_to_keras(only, monkeypatch):
    only("jax")
    monkeypatch.setenv("KERAS_BACKEND", "numpy")
    assert backend() == "numpy"


IMPORTS = ["import course_lib, keras", "import course_lib.models", "from course_lib import layers"]


@pytest.mark.parametrize("line", IMPORTS)
def test_importing_keras_without_a_backend_says_so_from_the_start(line, tmp_path):
    """The sentence, and not what Keras says from deep inside."""
    program = "import sys\n"
    program += "".join(f"sys.modules[{name!r}] = None\n" for name in BACKENDS) + line
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    environment["KERAS_HOME"] = str(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment
    )
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: Keras needs a backend and none is installed")
    # Keras has written nothing yet.
    assert not list(Path(tmp_path).iterdir())
