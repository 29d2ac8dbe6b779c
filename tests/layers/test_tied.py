import importlib.util
import os
import subprocess
import sys

import h5py
import keras
import numpy as np
import pytest
from keras import ops
from keras.src.testing import TestCase

from course_lib.layers import TiedDense
from course_lib.models.base import Autoencoder

to_numpy = ops.convert_to_numpy
FEATURES, UNITS = 6, 3


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def pair(**kwargs):
    encode = keras.layers.Dense(UNITS, activation="tanh", name="encode")
    return encode, TiedDense(encode, activation="sigmoid", name="decode", **kwargs)


def functional():
    encode, decode = pair()
    x = keras.Input((FEATURES,))
    return keras.Model(x, decode(encode(x)))


def sequential():
    return keras.Sequential([keras.Input((FEATURES,)), *pair()])


@keras.saving.register_keras_serializable("tests")
class TwoHalves(keras.Model):
    """Encoder and decoder as models of their own, as an autoencoder holds them."""

    order = ("encoder", "decoder")

    def __init__(self, encoder=None, decoder=None, **kwargs):
        super().__init__(**kwargs)
        if encoder is None:
            encode, decode = pair()
            encoder = keras.Sequential([keras.Input((FEATURES,)), encode])
            decoder = keras.Sequential([keras.Input((UNITS,)), decode])
        self.encoder, self.decoder = encoder, decoder

    def call(self, x):
        return self.decoder(self.encoder(x))

    def get_config(self):
        halves = {"encoder": self.encoder, "decoder": self.decoder}
        serialize = keras.saving.serialize_keras_object
        return {**super().get_config(), **{k: serialize(v) for k, v in halves.items()}}

    @classmethod
    def from_config(cls, config):
        for half in cls.order:
            config[half] = keras.saving.deserialize_keras_object(config[half])
        return cls(**config)


@keras.saving.register_keras_serializable("tests")
class DecoderFirst(TwoHalves):
    order = ("decoder", "encoder")


def autoencoder():
    halves = TwoHalves()
    return Autoencoder(halves.encoder, halves.decoder)


MODELS = [functional, sequential, TwoHalves, DecoderFirst, autoencoder]


def find(model, name):
    """The layer of that name, wherever in the model it sits."""
    return next(layer for layer in model._flatten_layers() if layer.name == name)


def randomise(model):
    model.set_weights([draw(*w.shape, seed=i) for i, w in enumerate(model.weights)])


def by_hand(model, x):
    encode, decode = find(model, "encode"), find(model, "decode")
    W, b, c = (to_numpy(w) for w in (encode.kernel, encode.bias, decode.bias))
    return 1 / (1 + np.exp(-(np.tanh(x @ W + b) @ W.T + c)))


@pytest.mark.parametrize("make", MODELS)
def test_decodes_with_the_transposed_kernel(make, float64):
    model = make()
    x = draw(5, FEATURES)
    model(x)
    randomise(model)
    np.testing.assert_allclose(to_numpy(model(x)), by_hand(model, x), rtol=1e-12)


@pytest.mark.parametrize("make", MODELS)
def test_weights_are_counted_once(make):
    model = make()
    model(np.ones((1, FEATURES), "float32"))
    assert model.count_params() == FEATURES * UNITS + UNITS + FEATURES
    assert len(model.trainable_variables) == len(model.variables) == 3


@pytest.mark.parametrize("make", [functional, sequential, TwoHalves])
def test_gradients_flow_from_both_uses(make, jacobian):
    """One step of gradient descent moves W by the whole derivative, found by differences."""
    model = make()
    x, target = draw(5, FEATURES), np.random.default_rng(1).uniform(size=(5, FEATURES))
    model(x)
    randomise(model)
    kernel = find(model, "encode").kernel
    start = to_numpy(kernel).copy()

    def loss_at(W):
        kernel.assign(W)
        return np.mean((to_numpy(model(x)) - target) ** 2)[None]

    expected = jacobian(loss_at, start)[0].reshape(start.shape)
    kernel.assign(start)
    model.compile(keras.optimizers.SGD(1.0), "mse", jit_compile=False)
    model.train_on_batch(x, target)
    np.testing.assert_allclose(start - to_numpy(kernel), expected, atol=1e-8)


@pytest.mark.parametrize("make", MODELS)
def test_the_tie_survives_saving(make, tmp_path):
    model = make()
    x = draw(5, FEATURES).astype("float32")
    model(x)
    randomise(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(to_numpy(loaded(x)), to_numpy(model(x)))
    assert len(loaded.variables) == 3

    encode, decode = find(loaded, "encode"), find(loaded, "decode")
    assert decode.dense is encode
    h = draw(5, UNITS).astype("float32")
    before = to_numpy(decode(h))
    encode.kernel.assign(2 * encode.kernel)
    assert np.abs(to_numpy(decode(h)) - before).max() > 0.1
    np.testing.assert_allclose(to_numpy(loaded(x)), by_hand(loaded, x), rtol=1e-5)


@pytest.mark.parametrize("make", MODELS)
def test_the_file_holds_the_kernel_once(make, tmp_path):
    model = make()
    model(np.ones((1, FEATURES), "float32"))
    model.save_weights(tmp_path / "model.weights.h5")
    sizes = []
    with h5py.File(tmp_path / "model.weights.h5") as file:
        file.visititems(lambda _, item: sizes.append(getattr(item, "size", 0)))
    assert sum(sizes) == model.count_params()


def test_the_decoder_alone_brings_the_kernel_along(tmp_path):
    model = TwoHalves()
    model(np.ones((1, FEATURES), "float32"))
    randomise(model)
    model.decoder.save(tmp_path / "decoder.keras")
    decoder = keras.saving.load_model(tmp_path / "decoder.keras")
    h = draw(5, UNITS).astype("float32")
    np.testing.assert_array_equal(to_numpy(decoder(h)), to_numpy(model.decoder(h)))


OTHER = {"tensorflow": "jax", "jax": "torch", "torch": "tensorflow"}[keras.backend.backend()]


@pytest.mark.slow
@pytest.mark.skipif(not importlib.util.find_spec(OTHER), reason=f"{OTHER} is not installed")
def test_the_tie_survives_another_backend(tmp_path):
    model = functional()
    x = draw(5, FEATURES).astype("float32")
    randomise(model)
    model.save(tmp_path / "model.keras")
    program = """
import sys, numpy as np, keras, course_lib.layers
model = keras.saving.load_model(sys.argv[1])
encode, decode = model.get_layer("encode"), model.get_layer("decode")
assert decode.dense is encode and len(model.variables) == 3
np.save(sys.argv[2], model.predict(np.load(sys.argv[2]), verbose=0))
"""
    np.save(tmp_path / "x.npy", x)
    subprocess.run(
        [sys.executable, "-c", program, tmp_path / "model.keras", tmp_path / "x.npy"],
        env={**os.environ, "KERAS_BACKEND": OTHER},
        check=True,
    )
    np.testing.assert_allclose(np.load(tmp_path / "x.npy"), to_numpy(model(x)), rtol=1e-4)


def test_training_keeps_the_tie(tmp_path):
    model = sequential()
    model.compile("adam", "mse")
    x = np.random.default_rng(0).uniform(size=(32, FEATURES)).astype("float32")
    history = model.fit(x, x, epochs=5, verbose=0).history["loss"]
    assert history[-1] < history[0]
    np.testing.assert_allclose(to_numpy(model(x)), by_hand(model, x), rtol=1e-4)


@pytest.mark.parametrize(("shape", "use_bias"), [((2, UNITS), True), ((2, 4, UNITS), False)])
def test_keras_harness(shape, use_bias):
    dense = keras.layers.Dense(UNITS, use_bias=False)
    dense.build((None, FEATURES))
    TestCase("run_layer_test").run_layer_test(
        TiedDense,
        init_kwargs={"dense": dense, "activation": "relu", "use_bias": use_bias},
        input_shape=shape,
        expected_output_shape=(*shape[:-1], FEATURES),
        expected_num_trainable_weights=1 + use_bias,
        expected_num_non_trainable_weights=0,
        expected_num_seed_generators=0,
        expected_num_losses=0,
        supports_masking=True,
    )


def built(units=UNITS):
    dense = keras.layers.Dense(units)
    dense.build((None, FEATURES))
    return dense


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: TiedDense(UNITS), "dense must be a keras.layers.Dense, but is of type int"),
        (lambda: TiedDense(keras.layers.Conv2D(2, 3)), "dense must be a .* is of type Conv2D"),
        (lambda: TiedDense(keras.layers.Dense(3))(np.ones((2, 3))), "dense must be built"),
        (lambda: TiedDense(keras.layers.Dense(3)).compute_output_shape((2, 3)), "must be built"),
        (lambda: TiedDense(built())(np.ones((2, 4))), r"last axis of 3.* shape is \(2, 4\)"),
        (lambda: TiedDense(built(), activation="rely"), "rely"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
