"""Data come in every container that Keras takes, and the weights are those of the array."""

from importlib.util import find_spec

import keras
import numpy as np
import pytest

from tests.models.contract.acts import (
    STEPS,
    compiled,
    dataset,
    evaluate,
    fit,
    generator,
    loader,
    pydataset,
    ready,
    same,
    state,
    tensors,
    to_numpy,
    trained,
    updates,
)
from tests.models.contract.cases import BATCH, ROWS
from tests.models.contract.rows import row, unless_torch_convolves

PAIR = {
    name: "it takes no target of its own, and a repeated x is tried from arrays"
    for name in ("PredictiveSparseDecomposition", "ConvolutionalPSD")
}


def fits(case, *data, **kwargs):
    model = ready(case)
    fit(case, model, *data, **kwargs)
    same(trained(case.name), state(model))


@row()
def fits_x_and_x(case):
    fits(case, case.x, case.array)
    if case.name not in PAIR:
        fits(case, case.x, case.array.copy())


@row()
def fits_positional_arguments(case):
    model = ready(case)
    model.fit(case.x, None, BATCH, 1, 0, None, 0.0, None, False, **case.options)
    same(trained(case.name), state(model))


@row()
def builds_itself_from_the_first_batch(case):
    """Of every container, and of `train_on_batch`: what it trains is the same."""
    part, options = case.rows(slice(BATCH)), case.options
    acts = {
        "array": lambda model: fit(case, model, part),
        "dataset": lambda model: fit(case, model, dataset((part,))),
        "pydataset": lambda model: fit(case, model, pydataset((part,))),
        "generator": lambda model: fit(case, model, generator((part,)), steps_per_epoch=1),
        "train_on_batch": lambda model: model.train_on_batch(part, **options),
    }
    states = {}
    for name, act in acts.items():
        model = compiled(case.make())
        act(model)
        states[name] = state(model)
    for made in states.values():
        same(states["array"], made)


@row()
def fits_a_dataset(case):
    fits(case, dataset((case.x,)))


@row({"ConditionalVAE": "a dataset's bare element of two is data and labels, as in the next row"})
def fits_a_dataset_of_bare_elements(case):
    import tensorflow as tf

    fits(case, tf.data.Dataset.from_tensor_slices(case.x).batch(BATCH))


@row(PAIR)
def fits_a_dataset_of_pairs(case):
    fits(case, dataset((case.x, case.array)))


@row()
def fits_a_pydataset(case):
    fits(case, pydataset((case.x,)))


@row()
def fits_a_generator(case):
    fits(case, generator((case.x,)), steps_per_epoch=STEPS)


@row()
def fits_a_loader(case):
    if find_spec("torch") is None:
        pytest.skip(f"{case.name} × fits_a_loader: PyTorch, whose loader it is, is not installed")
    # A loader makes lists of its tuples, and Keras takes no list for an input.
    fits(case, loader(tuple(case.x) if isinstance(case.x, list) else (case.x,)))


@row()
def fits_tensors(case):
    fits(case, tensors(case.x))


@row()
def fits_a_memory_map(case, tmp_path):
    def mapped(array):
        path = tmp_path / f"{array.ndim}.npy"
        np.save(path, array)
        return np.load(path, mmap_mode="r")

    fits(case, keras.tree.map_structure(mapped, case.x))


@row()
def fits_float64_arrays(case):
    model = ready(case)
    fit(case, model, case.like(case.array.astype("float64")))
    same(trained(case.name), state(model), rtol=1e-4, atol=1e-5)


@row()
def fits_arrays_of_another_layout(case):
    backwards = np.asfortranarray(case.array)
    every_second = np.repeat(case.array, 2, axis=0)[::2]
    fits(case, case.like(backwards))
    fits(case, case.like(every_second))


@row()
def makes_exactly_the_updates_asked_for(case):
    """From data without an end, on the optimiser's own count."""
    model = compiled(case.make())
    fit(case, model, dataset((case.x,)).repeat(), steps_per_epoch=2)
    assert updates(model) == {2}
    fit(case, model, generator((case.x,)), steps_per_epoch=1)
    assert updates(model) == {3}
    fit(case, model, case.rows(slice(BATCH)), epochs=3, initial_epoch=2)
    assert updates(model) == {4}


@row()
def takes_exactly_the_validation_steps_asked_for(case):
    endless, two = dataset((case.x,)).repeat(), dataset((case.rows(slice(16)),))
    options = {"steps_per_epoch": 1, "validation_data": endless, "validation_steps": 2}
    asked = fit(case, compiled(case.make()), endless, **options)
    wanted = fit(case, ready(case), endless, steps_per_epoch=1, validation_data=two)
    assert asked["val_loss"] == pytest.approx(wanted["val_loss"], rel=1e-5)


@row()
def evaluates_and_predicts_exactly_the_steps_asked_for(case):
    endless = dataset((case.x,)).repeat()
    model = compiled(case.built())
    asked = evaluate(case, model, endless, steps=2)
    assert asked == pytest.approx(evaluate(case, ready(case), case.rows(slice(16))), rel=1e-5)
    predicted = model.predict(endless, steps=2, verbose=0)
    np.testing.assert_allclose(predicted, to_numpy(model(case.x))[:16], rtol=1e-5, atol=1e-6)


@row()
def validates_on_every_container(case):
    """All of them evaluate the same, and training does not notice."""
    losses = {}
    for name, held_out in {
        "array": (case.x,) if isinstance(case.x, list) else case.x,
        "pair": (case.x, case.array),
        "weighed": (case.x, case.array, np.ones(ROWS, "float32")),
        "dataset": dataset((case.x,)),
        "pydataset": pydataset((case.x,)),
    }.items():
        model = ready(case)
        losses[name] = fit(case, model, validation_data=held_out)["val_loss"]
    assert losses == dict.fromkeys(losses, pytest.approx(losses["array"], rel=1e-5))
    seldom = fit(case, model, validation_data=dataset((case.x,)), validation_freq=2, epochs=2)
    assert (len(seldom["loss"]), len(seldom["val_loss"])) == (2, 1)


@row()
def splits_off_validation_data(case):
    model = ready(case)
    history, made = fit(case, model, validation_split=1 / 3), state(model)
    held_out = pydataset((case.rows(slice(16, ROWS)),))
    model = ready(case)
    wanted = fit(case, model, case.rows(slice(16)), validation_data=held_out)
    same(state(model), made)
    assert history["val_loss"] == pytest.approx(wanted["val_loss"], rel=1e-5)


@row()
def trains_batch_by_batch(case):
    model = ready(case)
    for i in range(STEPS):
        part = case.rows(slice(i * BATCH, (i + 1) * BATCH))
        logs = model.train_on_batch(part, return_dict=True, **case.options)
    assert np.isfinite(logs["loss"])
    same(trained(case.name), state(model))


@row()
def evaluates_unbuilt(case):
    wanted = evaluate(case, ready(case))
    for data in (case.x, dataset((case.x,))):
        assert evaluate(case, compiled(case.make()), data) == pytest.approx(wanted, rel=1e-5)


@row()
def ends_in_a_batch_of_one(case):
    """Nothing that a batch estimates is NaN, or nonsense, where it has one row."""
    unless_torch_convolves(case)
    model = ready(case)
    history = fit(case, model, case.rows(slice(BATCH + 1)))
    assert np.isfinite(history["loss"]).all()
    assert all(np.isfinite(v).all() for v in state(model))
    logs = evaluate(case, model, case.rows(slice(1)))
    assert all(np.isfinite(value) for value in logs.values())
    # An estimate from one row is no estimate: MMD² and total correlation are 0, not negative.
    for name in case.of_batch & logs.keys() & {"mmd", "total_correlation"}:
        assert logs[name] >= 0
