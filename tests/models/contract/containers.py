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
    same,
    state,
    tensors,
    to_numpy,
    trained,
    updates,
)
from tests.models.contract.cases import BATCH
from tests.models.contract.rows import row

PAIR = {
    name: "it takes no target of its own, and a repeated x is tried from arrays"
    for name in ("PredictiveSparseDecomposition", "ConvolutionalPSD")
}


def fits(case, *data, **kwargs):
    model = compiled(case.make())
    fit(case, model, *data, **kwargs)
    same(trained(case.name), state(model))


@row()
def fits_x_and_x(case):
    fits(case, case.x, case.array)
    fits(case, case.x, case.array.copy())


@row()
def fits_positional_arguments(case):
    model = compiled(case.make())
    model.fit(case.x, None, BATCH, 1, 0, None, 0.0, None, False, **case.options)
    same(trained(case.name), state(model))


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
    fits(case, loader((case.x,)))


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
    model = compiled(case.make())
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
    model = compiled(case.make(), "adam", run_eagerly=False)
    endless = dataset((case.x,)).repeat()
    fit(case, model, endless, steps_per_epoch=2, epochs=2)
    assert updates(model) == {4}
    fit(case, model, generator((case.x,)), steps_per_epoch=1)
    assert updates(model) == {5}
    fit(case, model, epochs=3, initial_epoch=2)
    assert updates(model) == {5 + STEPS}


@row()
def takes_exactly_the_validation_steps_asked_for(case):
    endless = dataset((case.x,)).repeat()
    first, other = (compiled(case.make(), keras.optimizers.SGD(0.0)) for _ in range(2))
    asked = fit(
        case, first, endless, steps_per_epoch=1, validation_data=endless, validation_steps=2
    )
    wanted = fit(
        case, other, endless, steps_per_epoch=1, validation_data=dataset((case.rows(slice(16)),))
    )
    assert asked["val_loss"] == pytest.approx(wanted["val_loss"], rel=1e-6)


@row()
def evaluates_and_predicts_exactly_the_steps_asked_for(case):
    endless = dataset((case.x,)).repeat()
    first, other = (compiled(case.built()) for _ in range(2))
    asked = evaluate(case, first, endless, steps=2)
    assert asked == pytest.approx(evaluate(case, other, case.rows(slice(16))), rel=1e-6)
    predicted = first.predict(endless, steps=2, verbose=0)
    np.testing.assert_allclose(predicted, to_numpy(first(case.x))[:16], rtol=1e-5, atol=1e-6)


@row()
def validates_on_every_container(case):
    """All of them evaluate the same, and training does not notice."""
    logs = []
    for held_out in (
        case.x if isinstance(case.x, np.ndarray) else (case.x,),
        (case.x, case.array),
        (case.x, case.array, np.ones(len(case.array), "float32")),
        dataset((case.x,)),
        pydataset((case.x,)),
    ):
        model = compiled(case.make())
        logs.append(fit(case, model, validation_data=held_out)["val_loss"])
    for other in logs[1:]:
        assert other == pytest.approx(logs[0], rel=1e-5)
    seldom = fit(case, model, validation_data=dataset((case.x,)), validation_freq=2, epochs=2)
    assert (len(seldom["loss"]), len(seldom["val_loss"])) == (2, 1)


@row()
def splits_off_validation_data(case):
    model = compiled(case.make())
    history = fit(case, model, validation_split=1 / 3)
    other = compiled(case.make())
    wanted = fit(
        case, other, case.rows(slice(16)), validation_data=pydataset((case.rows(slice(16, 24)),))
    )
    same(state(other), state(model))
    assert history["val_loss"] == pytest.approx(wanted["val_loss"], rel=1e-5)


@row()
def trains_on_one_batch_unbuilt(case):
    model = compiled(case.make())
    for i in range(STEPS):
        part = case.rows(slice(i * BATCH, (i + 1) * BATCH))
        logs = model.train_on_batch(part, return_dict=True, **case.options)
    assert np.isfinite(logs["loss"])
    same(trained(case.name), state(model))


@row()
def evaluates_unbuilt(case):
    unbuilt, built = compiled(case.make()), compiled(case.built())
    assert evaluate(case, unbuilt) == pytest.approx(evaluate(case, built), rel=1e-6)
    assert evaluate(case, compiled(case.make()), dataset((case.x,))) == pytest.approx(
        evaluate(case, compiled(case.built())), rel=1e-6
    )


@row()
def ends_in_a_batch_of_one(case):
    """Nothing that a batch estimates is NaN, or nonsense, where it has one row."""
    model = compiled(case.make())
    history = fit(case, model, case.rows(slice(BATCH + 1)))
    assert np.isfinite(history["loss"]).all()
    assert all(np.isfinite(v).all() for v in state(model))
    logs = evaluate(case, model, case.rows(slice(1)))
    assert all(np.isfinite(value) for value in logs.values())
    # An estimate from one row is no estimate: MMD² and total correlation are 0, not negative.
    for name in case.of_batch & logs.keys() & {"mmd", "total_correlation"}:
        assert logs[name] >= 0
