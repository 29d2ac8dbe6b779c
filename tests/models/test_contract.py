"""One contract that holds every public model: each row of it, on each model of the table.

A public model that is not in the table fails. A pair that is not tried says why; the numbers of
pairs are printed at the end of a run.
"""

import keras
import pytest
from keras.src.backend.common import dtypes

from course_lib import models
from tests.models.contract import (
    callbacks,
    codes,
    containers,
    distribution,
    execution,
    inputs,
    masks,
    precision,
    saving,
    targets,
    weighing,
)
from tests.models.contract.cases import CASES
from tests.models.contract.rows import hold, rows_of

ROWS = rows_of(
    containers,
    targets,
    weighing,
    masks,
    callbacks,
    execution,
    distribution,
    precision,
    saving,
    inputs,
    codes,
)


@pytest.fixture
def wide(monkeypatch):
    """Doubles where they are asked for by name, and single precision where they are not."""
    monkeypatch.setitem(dtypes.BIT64_TO_BIT32_DTYPE, "float64", "float64")
    if keras.backend.backend() == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)
    yield
    if keras.backend.backend() == "jax":
        jax.config.update("jax_enable_x64", False)


def test_every_public_model_is_in_the_table():
    public = {name for name in dir(models) if not name.startswith("_")} | set(models.__all__)
    found = {
        name
        for name in public
        if isinstance(getattr(models, name), type)
        and issubclass(getattr(models, name), keras.Model)
    }
    assert found == set(CASES)


def test_reasons_name_models_and_backends_that_exist():
    for row in ROWS.values():
        assert set(row.without) <= set(CASES)
        assert set(row.backends) <= {"tensorflow", "jax", "torch"}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_contract(case, row, request):
    hold(case, row, request)
