"""`MirroredStrategy` on two logical CPUs makes the weights, loss and logs of one device."""

import functools
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.models.contract.rows import row

ROOT = Path(__file__).parents[3]
OF_BATCH = {
    "InfoVAE": "MMD belongs to the batch, and each replica has a part of it",
    "ParametricTSNE": "the others of a batch are fewer where each replica has a part of it",
    "BetaTCVAE": "its three terms belong to the batch, and each replica has a part of it",
}
ONLY_TENSORFLOW = "MirroredStrategy is TensorFlow's"


@functools.cache
def mirrored():
    """What a process with two devices found: `{model: its findings}`."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.models.contract.mirror"],
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": "tensorflow"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@row(OF_BATCH, backends={"jax": ONLY_TENSORFLOW, "torch": ONLY_TENSORFLOW})
def trains_on_two_devices_as_on_one(case):
    found = mirrored()[case.name]
    assert "error" not in found, found["error"]
    assert found["two"]["updates"] == found["one"]["updates"] == 3
    for name in ("fit", "evaluate"):
        assert found["two"][name] == pytest.approx(found["one"][name], rel=1e-4), name
    for one, two in zip(found["one"]["weights"], found["two"]["weights"], strict=True):
        np.testing.assert_allclose(two, one, rtol=1e-4, atol=1e-5)
