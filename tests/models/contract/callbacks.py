"""Keras' callbacks do with every model what they do with a Sequential."""

import csv
from importlib.util import find_spec

import keras
import numpy as np
import pytest
from keras import ops

from tests.models.contract.acts import (
    STEPS,
    compiled,
    differ,
    evaluate,
    fit,
    optimizers,
    ready,
    same,
    state,
    to_numpy,
    trained,
    updates,
)
from tests.models.contract.rows import row


def rates(model):
    return [float(ops.convert_to_numpy(o.learning_rate)) for o in optimizers(model)]


@row()
def follows_a_schedule_of_rates(case):
    """Every optimiser's rate, and what it moves: at rate 0 nothing."""
    model = ready(case, rate=0.1)
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.0)
    before = [to_numpy(v.value) for v in model.trainable_variables]
    fit(case, model, callbacks=[scheduler])
    assert rates(model) == [0.0] * len(optimizers(model))
    after = [to_numpy(v.value) for v in model.trainable_variables]
    # Atoms of unit length are mended in their last digit.
    same(before, after, rtol=1e-5, atol=1e-6)


@row()
def reduces_its_rates_on_a_plateau(case):
    model = ready(case, rate=0.08)
    reduce = keras.callbacks.ReduceLROnPlateau(
        monitor="loss", mode="min", factor=0.25, patience=1, min_delta=1e6
    )
    fit(case, model, epochs=2, callbacks=[reduce])
    assert rates(model) == pytest.approx([0.02] * len(optimizers(model)))


@row()
def takes_a_schedule_in_its_optimiser(case):
    """A rate that is 0 after the first step: one update, not three."""
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([0], [0.05, 0.0])
    model = compiled(case.make(), keras.optimizers.SGD(schedule))
    fit(case, model)
    once = ready(case)
    fit(case, once, case.rows(slice(8)))
    moved = [to_numpy(v.value) for v in model.trainable_variables]
    same([to_numpy(v.value) for v in once.trainable_variables], moved, rtol=1e-5, atol=1e-6)


@row()
def stops_early_and_restores_the_best(case):
    epochs = []
    keep = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: epochs.append([to_numpy(v.value) for v in model.weights])
    )
    # "max" makes an early epoch the best, whatever the loss does.
    stop = keras.callbacks.EarlyStopping(
        monitor="loss", mode="max", patience=1, restore_best_weights=True
    )
    model = ready(case)
    losses = fit(case, model, epochs=4, callbacks=[keep, stop])["loss"]
    assert len(losses) > 1
    same(epochs[int(np.argmax(losses))], [to_numpy(v.value) for v in model.weights], 0, 0)
    assert differ(epochs[int(np.argmax(losses))], epochs[-1])


@row()
def writes_checkpoints_that_load(case, tmp_path):
    callbacks = [
        keras.callbacks.ModelCheckpoint(tmp_path / "model.keras"),
        keras.callbacks.ModelCheckpoint(tmp_path / "only.weights.h5", save_weights_only=True),
    ]
    model = ready(case)
    fit(case, model, callbacks=callbacks)
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    same(state(model), state(loaded), 0, 0)
    fresh = compiled(case.built())
    fresh.load_weights(tmp_path / "only.weights.h5")
    same(state(model), state(fresh), 0, 0)


@row()
def goes_on_where_it_was_interrupted(case, tmp_path):
    """BackupAndRestore: an interrupted run, begun again, ends as one never interrupted."""

    class PullThePlug(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    def backup():
        return keras.callbacks.BackupAndRestore(tmp_path / "backup")

    with pytest.raises(KeyboardInterrupt):
        fit(case, compiled(case.built()), epochs=2, callbacks=[backup(), PullThePlug()])
    model = compiled(case.built())
    fit(case, model, epochs=2, callbacks=[backup()])
    assert updates(model) == {2 * STEPS}
    same(trained(case.name, 2), state(model))


def held_out(case):
    """Validation data without a target."""
    return (case.x,) if isinstance(case.x, list) else case.x


@row()
def logs_to_csv(case, tmp_path):
    logger = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    model = ready(case)
    history = fit(case, model, epochs=2, validation_data=held_out(case), callbacks=[logger])
    with open(tmp_path / "log.csv") as file:
        lines = list(csv.DictReader(file))
    assert [int(line["epoch"]) for line in lines] == [0, 1]
    for name, values in history.items():
        assert [float(line[name]) for line in lines] == pytest.approx(values, rel=1e-5)


@row(
    backends={
        "jax": "the callback writes by TensorFlow",
        "torch": "the callback writes by TensorFlow",
    }
)
def logs_to_tensorboard(case, tmp_path):
    if find_spec("tensorboard") is None:
        pytest.skip(f"{case.name} × logs_to_tensorboard: TensorBoard is not installed")
    board = keras.callbacks.TensorBoard(tmp_path, histogram_freq=1, write_graph=False)
    fit(case, ready(case), validation_data=held_out(case), callbacks=[board])
    assert {path.parent.name for path in tmp_path.rglob("events*")} == {"train", "validation"}


@row(backends={"jax": "Keras has no weights to write to before an epoch on JAX ends"})
def stops_at_nan(case):
    """Weights are NaN after the first batch, so the second is the last."""
    model = ready(case)
    # The last of all: where a convolution and its rectifier are one operation, NaN becomes 0.
    kernel = getattr(model, "decoder", model).trainable_variables[-1]
    poison = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: kernel.assign(np.full(kernel.shape, np.nan))
    )
    fit(case, model, epochs=3, callbacks=[poison, keras.callbacks.TerminateOnNaN()])
    assert updates(model) == {2}


@row()
def logs_what_it_minimises(case):
    """The same names from `fit`, validation and `evaluate`; `loss` is among them, all finite."""
    model = ready(case)
    history = fit(case, model, validation_data=held_out(case))
    names = {name for name in history if not name.startswith("val_")}
    assert {f"val_{name}" for name in names} == history.keys() - names
    assert names == set(evaluate(case, model))
    assert "loss" in names
    assert len(names) > 1
    assert np.isfinite(list(history.values())).all()


@row()
def calls_back_after_every_batch(case):
    """A progress bar ends at its end: the last batch of an epoch is its last one."""
    ends = []
    count = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: ends.append(batch)
    )
    model = compiled(case.make())
    fit(case, model, callbacks=[count])
    assert ends[-1] == STEPS - 1
    fit(case, model, case.rows(slice(20)), callbacks=[count])
    assert ends[-1] == 2
