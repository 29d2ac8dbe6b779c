"""What `import course_lib` gives, how little it costs, and that saved files load after it."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import course_lib
from course_lib.registry import registered_classes

PACKAGE = Path(course_lib.__file__).parent


def fresh(program, **environment):
    """What a Python process of its own prints."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_rooms_are_found_by_name():
    public = set(dir(course_lib)) - {"__version__"}
    assert public >= {path.parent.name for path in PACKAGE.glob("*/__init__.py")} - {
        *("assignments", "pipeline")
    }
    for room in public:
        assert getattr(course_lib, room).__name__ == f"course_lib.{room}"
    with pytest.raises(AttributeError, match="no attribute 'modells'"):
        course_lib.modells  # noqa: B018


@pytest.mark.parametrize("jedi", [True, False])
def test_tab_finds_a_model(jedi):
    program = (
        "import course_lib\n"
        "from IPython.core.completer import provisionalcompleter\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell(user_ns={'course_lib': course_lib})\n"
        f"shell.Completer.use_jedi = {jedi}\n"
        "for word in ('course_lib.mod', 'course_lib.models.VA'):\n"
        "    with provisionalcompleter():\n"
        "        for found in shell.Completer.completions(word, len(word)):\n"
        "            print(found.text.split('.')[-1])\n"
    )
    assert fresh(program).split() == ["models", "VAE"]


def test_it_waits_for_nothing_but_the_standard_library():
    program = (
        "import sys; before = set(sys.modules)\nimport course_lib\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(new - set(sys.stdlib_module_names))"
    )
    assert fresh(program) == "{'course_lib'}\n"


def test_the_source_names_every_registered_class():
    for later in registered_classes():
        __import__(later.module)
    registered = {
        key: value
        for key, value in keras.saving.get_custom_objects().items()
        if key.startswith("course_lib>")
    }
    found = {
        f"course_lib>{later.name}": (later.module, later.name) for later in registered_classes()
    }
    assert {key: (v.__module__, v.__qualname__) for key, v in registered.items()} == found
    assert len(found) > 35


ORDERS = {
    "course_lib first": "import course_lib, keras",
    "keras first": "import keras, course_lib",
    "from a room": "from course_lib.losses import gaussian_nll; import keras",
}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_every_registered_class_is_found_in_a_fresh_process(order):
    """Each name, asked for alone, hands its configuration to the class itself."""
    program = f"""
{order}
import importlib

for module, name in {[(later.module, later.name) for later in registered_classes()]}:
    found = keras.saving.get_registered_object("course_lib>" + name)
    cls = getattr(importlib.import_module(module), name)
    cls.from_config = staticmethod(lambda config: (name, config))
    assert found.from_config({{"units": 1}}) == (name, {{"units": 1}})
    assert keras.saving.get_registered_object("course_lib>" + name) is cls
print("all")
"""
    assert fresh(program) == "all\n"


def small_vae():
    encoder = keras.Sequential([keras.Input((8,)), course_lib.layers.TopK(3), dense(4)])
    return course_lib.models.VAE(encoder, dense(8), seed=1)


def small_aae():
    prior = course_lib.layers.RingPrior()
    return course_lib.models.AdversarialAutoencoder(dense(2), dense(8), dense(1), prior, seed=1)


def small_own():
    encode = dense(3)
    return keras.Sequential([keras.Input((8,)), encode, course_lib.layers.TiedDense(encode)])


def dense(units):
    return keras.layers.Dense(units)


@pytest.mark.parametrize("make", [small_vae, small_aae, small_own])
def test_a_trained_model_loads_after_import_course_lib_alone(make, tmp_path):
    model, x = make(), np.random.default_rng(0).uniform(size=(4, 8)).astype("float32")
    if make is small_own:
        model.compile("adam", course_lib.losses.BernoulliNLL())
    elif make is small_aae:
        model.compile({phase.name: "adam" for phase in model.phases()})
    else:
        model.compile("adam")
    model.fit(x, x, verbose=0)
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "x.npy", x)
    out = fresh(
        "import course_lib, keras, sys, numpy as np\n"
        f"folder = {str(tmp_path)!r}\n"
        "model = keras.saving.load_model(folder + '/model.keras', safe_mode=True)\n"
        "x = np.load(folder + '/x.npy')\n"
        "made = getattr(model, 'reconstruct', model.predict)(x)\n"
        "np.save(folder + '/y.npy', keras.ops.convert_to_numpy(made))\n"
        "print(type(model).__name__, 'course_lib.plots' in sys.modules)"
    )
    assert out.splitlines()[-1] == f"{type(model).__name__} False"
    made = getattr(model, "reconstruct", model.predict)(x)
    np.testing.assert_allclose(
        np.load(tmp_path / "y.npy"), keras.ops.convert_to_numpy(made), rtol=1e-5
    )
