import os
import subprocess
import sys

import pytest

from course_lib.lesson import sizes
from course_lib.lesson.environment import without_startup_noise


def python(code, **environment):
    # As a learner starts it: TensorFlow, once imported, leaves a level in this process.
    inherited = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=True,
    )


def test_start_is_quiet_and_seeds_everything():
    code = (
        "from course_lib.lesson import start; start(3)\n"
        "import random, numpy, keras\n"
        "print(random.random(), numpy.random.rand(), float(keras.random.uniform(())))"
    )
    first, second = python(code), python(code)
    assert first.stdout == second.stdout
    assert first.stdout.startswith("Python 3.")
    assert first.stderr == ""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_start_is_quiet_where_tensorflow_is_only_seeded(backend):
    pytest.importorskip(backend)
    code = (
        "from course_lib.lesson import start; start(3)\n"
        "import sys, numpy as np, keras\n"
        "model = keras.Sequential([keras.layers.Dense(1)])\n"
        "model.compile('adam', 'mse'); model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)\n"
        "print('tensorflow' in sys.modules)"
    )
    ran = python(code, KERAS_BACKEND=backend)
    assert f"on {backend}" in ran.stdout
    assert ran.stderr == ""


def test_start_does_not_follow_settings_for_other_work(tmp_path):
    (tmp_path / "keras.json").write_text(
        '{"floatx": "float16", "image_data_format": "channels_first", "epsilon": 1e-7}', "utf-8"
    )
    code = (
        "from course_lib.lesson import start; start(0)\n"
        "import keras; print(keras.config.floatx(), keras.layers.Dense(1).dtype,"
        " keras.config.image_data_format())"
    )
    ran = python(code, KERAS_HOME=str(tmp_path)).stdout
    assert ran.splitlines()[-1] == "float32 float32 channels_last"


def test_only_startup_noise_is_held_back(capfd):
    with without_startup_noise():
        os.write(2, b"I0000 00:00:1.2 port.cc:153] oneDNN is on.\nsomething real\n")
    assert capfd.readouterr().err == "something real\n"


def test_an_error_inside_still_shows_what_was_written(capfd):
    def start():
        with without_startup_noise():
            os.write(2, b"before it broke\n")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        start()
    assert capfd.readouterr().err == "before it broke\n"


def test_lesson_does_not_import_keras_before_it_is_started():
    code = "import course_lib.lesson, sys; print('keras' in sys.modules)"
    assert python(code).stdout == "False\n"


def test_sizes():
    assert vars(sizes("smoke", a=(1, 2, 3), b=("x", "y", "z"))) == {"a": 1, "b": "x"}
    assert vars(sizes("paper", a=(1, 2, 3))) == {"a": 3}
    with pytest.raises(ValueError, match="scale must be one of smoke, lesson, paper"):
        sizes("large", a=(1, 2, 3))
    with pytest.raises(ValueError, match="a must be a tuple"):
        sizes("smoke", a=(1, 2))
