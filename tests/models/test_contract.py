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


# The rows that `make quick` takes, and those that a step, a file or a format of numbers of another
# backend could break: `make test` tries these on every backend, and all rows on its own. The rest
# say nothing that a backend could change: `KERAS_BACKEND=jax pytest tests/models` tries them too.
QUICK = {
    "builds_itself_from_the_first_batch",
    "encodes_in_batches",
    "keeps_the_weight_of_a_subclass",
    "refuses_nan",
    "weighs_each_example",
}
EVERYWHERE = QUICK | {
    "accumulates_gradients",
    "ends_in_a_batch_of_one",
    "fits_tensors",
    "generates_from_a_seed",
    "goes_on_from_a_file_as_if_never_interrupted",
    "learns_nothing_from_padded_steps",
    "leaves_frozen_layers_alone",
    "lets_a_subclass_call_the_model_in_its_loss",
    "makes_exactly_the_updates_asked_for",
    "pays_for_a_target_of_its_own",
    "pays_for_activity_once_a_phase",
    "pays_nothing_for_padded_steps",
    "pays_penalties_alone_where_all_weights_are_zero",
    "reduces_its_rates_on_a_plateau",
    "repeats_bit_for_bit",
    "takes_float64_as_its_dtype",
    "takes_weights_as_a_column",
    "trains_batch_by_batch",
    "trains_in_mixed_bfloat16",
    "trains_on_a_layers_regulariser",
    "weighs_draws",
}


def marked(name, row):
    marks = [] if name in QUICK else [pytest.mark.slow]
    marks += [pytest.mark.everywhere] if name in EVERYWHERE else []
    return pytest.param(row, id=name, marks=marks)


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


def test_marked_rows_exist():
    assert set(ROWS) >= EVERYWHERE


@pytest.mark.parametrize("row", [marked(*item) for item in ROWS.items()])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_contract(case, row, request):
    hold(case, row, request)
