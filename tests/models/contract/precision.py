"""Mixed and double precision: as a global policy, and as a model's own."""

from contextlib import contextmanager

import keras
import numpy as np
import pytest

from tests.models.contract.acts import (
    answer,
    by_hand,
    compiled,
    differ,
    evaluate,
    fit,
    of_batch,
    ready,
    state,
    tensors,
    terms_of,
    to_numpy,
)
from tests.models.contract.rows import row, unless_torch_convolves

# bfloat16 has 8 significant bits, float16 has 11; a loss here is a sum of some ten numbers.
CLOSE = {"mixed_bfloat16": 0.1, "mixed_float16": 0.02}


@contextmanager
def everywhere(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def trains_in_half(case, policy, wanted, **kwargs):
    """Weights stay single and finite, layers compute in half, the loss is about the same."""
    model = case.built(**kwargs)
    assert {v.dtype for v in model.trainable_variables} == {"float32"}
    assert model.compute_dtype == policy.removeprefix("mixed_")
    compiled(model, keras.optimizers.SGD(0.01))
    logs = evaluate(case, model)
    assert logs == pytest.approx(wanted, rel=CLOSE[policy], abs=CLOSE[policy])
    start = _trainable(model)
    history = fit(case, model)
    assert np.isfinite(history["loss"]).all()
    assert differ(start, _trainable(model))
    assert all(np.isfinite(v).all() for v in state(model))
    assert np.isfinite(to_numpy(getattr(model, "reconstruct", answer(model))(case.x))).all()


def _trainable(model):
    return [to_numpy(v.value) for v in model.trainable_variables]


def _single(case):
    return evaluate(case, ready(case))


@row()
def trains_in_mixed_bfloat16(case):
    wanted = _single(case)
    with everywhere("mixed_bfloat16"):
        trains_in_half(case, "mixed_bfloat16", wanted)


@row()
def trains_in_mixed_float16(case):
    wanted = _single(case)
    with everywhere("mixed_float16"):
        trains_in_half(case, "mixed_float16", wanted)


@row()
def takes_mixed_bfloat16_as_its_dtype(case):
    trains_in_half(case, "mixed_bfloat16", _single(case), dtype="mixed_bfloat16")


@row()
def takes_mixed_float16_as_its_dtype(case):
    trains_in_half(case, "mixed_float16", _single(case), dtype="mixed_float16")


def trains_in_double(case, rel, **kwargs):
    """Nothing on the way from data to loss is rounded to single precision."""
    double = case.like(case.array.astype("float64"))
    model = case.built(**kwargs)
    assert {v.dtype for v in model.trainable_variables} == {"float64"}
    assert keras.backend.standardize_dtype(model(double).dtype) == "float64"
    logs = evaluate(case, compiled(model), double, batch_size=len(case.array))
    twin = case.built(**kwargs)
    wanted = by_hand(twin, tensors(double), tensors(case.array.astype("float64")))
    assert of_batch(logs) == pytest.approx(wanted, rel=rel)
    fit(case, model, double)
    assert all(np.isfinite(v).all() for v in state(model))
    terms = terms_of(case, case.built(**kwargs), case.array.astype("float64"))
    assert {name: keras.backend.standardize_dtype(t.dtype) for name, t in terms.items()} == (
        dict.fromkeys(terms, "float64")
    )


@row()
def trains_in_float64(case, float64):
    unless_torch_convolves(case)
    # A metric is a double, too, where the whole of Keras is.
    trains_in_double(case, rel=1e-12)


@row()
def takes_float64_as_its_dtype(case, wide):
    unless_torch_convolves(case)
    trains_in_double(case, rel=1e-6, dtype="float64")


@row()
def warms_up_in_float64(case, float64):
    if "warmup" not in case.whole:
        pytest.skip(f"{case.name} × warms_up_in_float64: it has no warm-up")
    model = compiled(case.make(warmup=5))
    history = fit(case, model, case.like(case.array.astype("float64")))
    assert np.isfinite(history["loss"]).all()
