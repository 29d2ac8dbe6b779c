"""The library on the backends that this run is not on: same tests, other processes."""

import os
import pickle
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import keras
import numpy as np
import pytest

from course_lib.anomaly import AnomalyDetector
from course_lib.layers import TiedDense
from course_lib.models import Autoencoder

ROOT = Path(__file__).parents[1]
LIBRARY = ["layers", "losses", "coding", "models", "metrics", "training", "anomaly"]
# PyTorch's threads would spend their time on waiting for each other beside another process, and
# XLA on programs that run once.
FRUGAL = {"OMP_NUM_THREADS": "1", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
# Many tests compile the same program for JAX: kept in a folder, it is compiled once.
KEPT = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}
OTHERS = sorted({"tensorflow", "jax", "torch"} - {keras.backend.backend()})


@pytest.fixture(params=OTHERS)
def backend(request):
    if find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed, so the library was not tested on it")
    return request.param


def run(backend, folder, *command):
    kept = KEPT | {"JAX_COMPILATION_CACHE_DIR": str(folder)}
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": backend} | FRUGAL | kept,
        capture_output=True,
        text=True,
    )


def test_library(backend, tmp_path):
    tests = [f"tests/{part}" for part in LIBRARY] + ["tests/test_autodiff.py"]
    doctests = [f"course_lib/{part}" for part in LIBRARY] + ["course_lib/autodiff.py"]
    chosen = ["-m", "not slow or everywhere", "-p", "no:cacheprovider"]
    result = run(backend, tmp_path, "-m", "pytest", "-q", *chosen, *tests, *doctests)
    assert result.returncode == 0, result.stdout
    assert " passed" in result.stdout


def test_a_saved_model_loads(backend, tmp_path):
    x = np.random.default_rng(0).random((5, 6)).astype("float32")
    dense = keras.layers.Dense(3, activation="tanh")
    model = Autoencoder(dense, TiedDense(dense), likelihood="bernoulli")
    model.compile(keras.optimizers.Adam(0.01))
    model.fit(x, epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "x.npy", x)
    program = (
        "import sys, numpy as np, keras, course_lib.models, course_lib.layers\n"
        "folder = sys.argv[1]\n"
        "model = keras.saving.load_model(folder + '/model.keras', safe_mode=True)\n"
        "out = model.reconstruct(np.load(folder + '/x.npy'))\n"
        "np.save(folder + '/out.npy', keras.ops.convert_to_numpy(out))\n"
        "print(keras.backend.backend())"
    )
    result = run(backend, tmp_path, "-c", program, tmp_path)
    assert result.stdout.split() == [backend], result.stderr
    np.testing.assert_allclose(
        np.load(tmp_path / "out.npy"),
        keras.ops.convert_to_numpy(model.reconstruct(x)),
        rtol=1e-5,
        atol=1e-6,
    )


def test_a_pickled_detector_loads(backend, tmp_path):
    x = np.random.default_rng(0).random((50, 6))
    detector = AnomalyDetector(units=2, epochs=1, random_state=0).fit(x)
    (tmp_path / "detector.pickle").write_bytes(pickle.dumps((detector, x)))
    program = (
        "import pathlib, pickle, sys, keras\n"
        "detector, x = pickle.loads(pathlib.Path(sys.argv[1]).read_bytes())\n"
        "print(keras.backend.backend(), *detector.score_samples(x))"
    )
    result = run(backend, tmp_path, "-c", program, tmp_path / "detector.pickle")
    name, *scores = result.stdout.split() or [result.stderr]
    assert name == backend
    np.testing.assert_allclose(np.array(scores, float), detector.score_samples(x), rtol=1e-3)
