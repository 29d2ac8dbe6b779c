"""What the tests of several folders need."""

import re

import keras
import numpy as np
import pytest
from keras.src.backend.common import dtypes

# Files that take minutes: begun first, so that the others fill the time beside them.
LONG = (
    "assignments/test_lessons.py",
    "models/test_contract.py",
    "notebooks/test_lessons.py",
    "tests/test_backends.py",
    "pipeline/test_interruptions.py",
)


def pytest_collection_modifyitems(items):
    # Two processes that share the tests would not agree on such a name.
    if named := [item.nodeid for item in items if re.search(r"at ?0x[0-9a-f]{6,}", item.nodeid)]:
        raise pytest.UsageError(f"the name of {named[0]} holds an address: give its case an id.")
    items.sort(key=lambda item: not str(item.path.as_posix()).endswith(LONG))


def pytest_terminal_summary(terminalreporter):
    """How many pairs of the contract were held, broken, and not tried; why not, `-ra` lists."""
    pairs = {
        outcome: sum("test_contract[" in getattr(report, "nodeid", "") for report in reports)
        for outcome, reports in terminalreporter.stats.items()
        if outcome in ("passed", "failed", "skipped")
    }
    if any(pairs.values()):
        told = ", ".join(f"{count} {outcome}" for outcome, count in pairs.items())
        terminalreporter.write_line(
            f"contract: {sum(pairs.values())} pairs of model and row: {told}"
        )


@pytest.fixture
def float64(monkeypatch):
    """Compute in double precision, so that finite differences are worth comparing with."""
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    # Off TensorFlow, Keras rounds every result of two arguments to 32 bits.
    monkeypatch.setitem(dtypes.BIT64_TO_BIT32_DTYPE, "float64", "float64")
    if keras.backend.backend() == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)
    yield
    keras.config.set_floatx(before[0])
    keras.config.set_dtype_policy(before[1])
    if keras.backend.backend() == "jax":
        jax.config.update("jax_enable_x64", False)


@pytest.fixture
def jacobian(float64):
    """The dense Jacobian of a function of one NumPy array, by central differences."""

    def by_central_differences(function, x, step=1e-5):
        columns = []
        for i in np.ndindex(x.shape):
            shift = np.zeros_like(x)
            shift[i] = step
            difference = np.asarray(function(x + shift)) - np.asarray(function(x - shift))
            columns.append(difference.ravel() / (2 * step))
        return np.stack(columns, axis=-1)

    return by_central_differences
