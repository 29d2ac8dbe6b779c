"""What is written loads: at once, in a fresh process, on another backend, and as a subclass."""

import copy
import functools
import json
import os
import pickle
import subprocess
import sys
import tempfile
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.models.contract.acts import (
    STEPS,
    check_sentence,
    compiled,
    fit,
    same,
    state,
    tensors,
    to_numpy,
    trained,
    turns,
    updates,
)
from tests.models.contract.cases import CASES
from tests.models.contract.rows import row

ROOT = Path(__file__).parents[3]
OTHERS = sorted({"tensorflow", "jax", "torch"} - {keras.backend.backend()})


def outputs(case, model):
    return to_numpy(model(case.x))


def close(case, one, other):
    np.testing.assert_allclose(outputs(case, one), outputs(case, other), rtol=1e-5, atol=1e-6)


@row(stack=True)
def is_made_anew_from_its_config(case):
    model = case.built()
    config = model.get_config()
    again = type(model).from_config(config)
    assert type(again) is type(model)
    assert json.dumps(again.get_config()) == json.dumps(config)
    again.build(case.shape)
    again.set_weights(model.get_weights())
    close(case, model, again)


@row(stack=True)
def is_cloned(case):
    model = case.built()
    clone = keras.models.clone_model(model)
    if not clone.built:
        clone.build(case.shape)
    assert type(clone) is type(model)
    shapes = [v.shape for v in model.weights]
    assert [v.shape for v in clone.weights] == shapes
    assert shapes
    clone.set_weights(model.get_weights())
    close(case, model, clone)


@row(stack=True)
def is_copied_and_pickled(case):
    model = case.built()
    for copied in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        same(state(model), state(copied), 0, 0)
        close(case, model, copied)


@row(stack=True)
def saves_before_it_is_compiled(case, tmp_path):
    model = case.built()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert not loaded.compiled
    same(state(model), state(loaded), 0, 0)
    close(case, model, loaded)


@row()
def saves_compiled_but_untrained(case, tmp_path):
    model = compiled(case.built())
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert loaded.compiled
    fit(case, loaded)
    same(trained(case.name), state(loaded))


@row()
def goes_on_from_a_file_as_if_never_interrupted(case, tmp_path):
    """Noise, moments of the optimiser and warm-up included, bit for bit."""
    sgd = partial(keras.optimizers.SGD, 0.02, momentum=0.9)
    straight, half = (compiled(case.built(), sgd()) for _ in range(2))
    fit(case, straight, epochs=2)
    fit(case, half)
    half.save(tmp_path / "half.keras")
    resumed = keras.saving.load_model(tmp_path / "half.keras", safe_mode=True)
    assert updates(resumed) == {STEPS}
    fit(case, resumed)
    same(state(straight), state(resumed), 0, 0)


def _subclass(case, **members):
    made = type(f"Own{case.name}", (case.model,), members)
    return keras.saving.register_keras_serializable("contract")(made)


@row(stack=True)
def keeps_the_weight_of_a_subclass(case, tmp_path):
    def build(self, input_shape):
        case.model.build(self, input_shape)
        if not hasattr(self, "own"):
            self.own = self.add_weight(shape=(), initializer="ones", trainable=False, name="own")

    model = case.built(cls=_subclass(case, build=build))
    model.own.assign(7.0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert type(loaded) is type(model)
    assert float(loaded.own) == 7.0
    model.save_weights(tmp_path / "only.weights.h5")
    fresh = case.built(cls=type(model))
    fresh.load_weights(tmp_path / "only.weights.h5")
    assert float(fresh.own) == 7.0


@row()
def lets_a_subclass_call_the_model_in_its_loss(case):
    """Terms that begin with `self(x)`, and leave the loss as it is."""
    asked = []

    def ask(model, terms, x, *rest, **kwargs):
        asked.append(tuple(model(x).shape))
        return terms(x, *rest, **kwargs)

    def loss_terms(self, *data, **kwargs):
        return ask(self, partial(case.model.loss_terms, self), *data, **kwargs)

    def phases(self):
        return [replace(p, terms=partial(ask, self, p.terms)) for p in case.model.phases(self)]

    members = {"loss_terms": loss_terms} if turns(case.make()) == 1 else {"phases": phases}
    model = compiled(case.make(cls=_subclass(case, **members)))
    fit(case, model)
    same(trained(case.name), state(model))
    assert asked
    assert all(shape[1:] == outputs(case, model).shape[1:] for shape in asked)


@functools.cache
def written():
    """A folder with a file of every model, before and after `compile`, and what went wrong."""
    folder = tempfile.TemporaryDirectory()
    for case in CASES.values():
        try:
            model = case.built()
            model.save(Path(folder.name) / f"{case.name}.plain.keras")
            if case.name != "StackedAutoencoder":
                compiled(model, "adam")
                fit(case, model, case.rows(slice(8)))
                model.save(Path(folder.name) / f"{case.name}.keras")
            np.save(Path(folder.name) / f"{case.name}.npy", outputs(case, model))
        except Exception as error:
            print(f"{case.name} was not written: {error}", file=sys.stderr)
    return folder


@functools.cache
def loaded(backend):
    """What a fresh process on a backend makes of those files: `{model: its findings}`."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.models.contract.load", written().name],
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": backend, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def check_loaded(case, backend):
    if find_spec(backend) is None:
        pytest.skip(f"{case.name} × loads on {backend}: it is not installed")
    found = loaded(backend)[case.name]
    assert set(found.values()) == {"ok"}, found


@row(stack=True)
def loads_in_a_fresh_process(case):
    check_loaded(case, keras.backend.backend())


@row(stack=True)
def loads_on_another_backend(case):
    check_loaded(case, OTHERS[0])


@row(stack=True)
def loads_on_the_third_backend(case):
    check_loaded(case, OTHERS[1])


@row(stack=True)
def is_quantised_rightly_or_refuses(case):
    """int8 moves outputs by about a hundredth of their range, not more."""
    model = case.built()
    before = outputs(case, model)
    try:
        model.quantize("int8")
    except (ValueError, NotImplementedError, TypeError) as error:
        check_sentence(error)
        return
    after = outputs(case, model)
    assert np.abs(after - before).max() < 0.05 * np.ptp(before)
    if case.name in ("ConvAutoencoder", "ConvolutionalPSD"):
        # Keras has no int8 for convolutions, and leaves them as they are.
        np.testing.assert_array_equal(after, before)
        return
    assert "int8" in {keras.backend.standardize_dtype(v.dtype) for v in model.variables}


@row(
    stack=True,
    backends={
        "torch": "Keras exports no SavedModel from PyTorch",
        "jax": "Keras exports from JAX by way of jax2tf, which is TensorFlow's row again",
    },
)
def exports_what_it_computes(case, tmp_path):
    import tensorflow as tf

    model = case.built()
    model(case.x)
    model.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(str(tmp_path / "exported"))
    x = keras.tree.map_structure(lambda a: tf.constant(a, "float32"), case.x)
    served = exported.serve(x)
    np.testing.assert_allclose(to_numpy(served), outputs(case, model), rtol=1e-5, atol=1e-6)


@row(stack=True)
def is_a_layer_of_a_functional_model(case):
    inputs = keras.tree.map_structure(
        lambda a: keras.Input(a.shape[1:], dtype=str(a.dtype)), case.x
    )
    model = case.built()
    whole = keras.Model(inputs, model(inputs))
    wanted = outputs(case, model)
    assert whole.output_shape[1:] == wanted.shape[1:]
    np.testing.assert_allclose(to_numpy(whole(tensors(case.x))), wanted, rtol=1e-5, atol=1e-6)
