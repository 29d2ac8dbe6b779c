import importlib.util
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops
from keras.src.testing import TestCase
from scipy import stats

from course_lib.layers import GaussianCorruption, MaskingCorruption, SaltAndPepperCorruption

to_numpy = ops.convert_to_numpy
KINDS = {
    "gaussian": (GaussianCorruption, {"sigma": 0.7}),
    "masking": (MaskingCorruption, {"rate": 0.3}),
    "salt and pepper": (SaltAndPepperCorruption, {"rate": 0.3}),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


def make(kind, seed=0, **kwargs):
    layer, arguments = KINDS[kind]
    return layer(**arguments, seed=seed, **kwargs)


def noisy(layer, x):
    return to_numpy(layer(x, training=True))


def constant(value, n=200_000):
    return np.full((n // 100, 100), value, "float32")


# Statistics, each within five standard errors of its closed form


@pytest.mark.parametrize("sigma", [0.1, 1.0, 5.0])
def test_gaussian_noise_is_gaussian(sigma):
    x = constant(0.4)
    noise = (noisy(GaussianCorruption(sigma, seed=0), x) - x).ravel() / sigma
    assert stats.kstest(noise, "norm").pvalue > 1e-3
    assert abs(noise.mean()) < 5 / np.sqrt(noise.size)
    assert abs(noise.var() - 1) < 5 * np.sqrt(2 / noise.size)


@pytest.mark.parametrize("rate", [0.001, 0.1, 0.5, 0.9])
def test_masking_sets_a_share_to_zero_and_rescales_nothing(rate):
    x = constant(0.4)
    corrupted = noisy(MaskingCorruption(rate, seed=0), x)
    left = corrupted != 0
    np.testing.assert_array_equal(corrupted[left], x[left])
    error = 5 * np.sqrt(rate * (1 - rate) / x.size)
    assert abs(corrupted.mean() - (1 - rate) * 0.4) < 0.4 * error
    # Dropout keeps the mean instead.
    dropped = to_numpy(keras.layers.Dropout(rate, seed=0)(x, training=True))
    assert abs(dropped.mean() - 0.4) < 0.4 * error / (1 - rate)


@pytest.mark.parametrize("rate", [0.001, 0.2, 0.8])
def test_salt_and_pepper_is_a_fair_coin(rate):
    x = constant(0.25)
    corrupted = noisy(SaltAndPepperCorruption(rate, seed=0), x)
    error = 5 * np.sqrt(rate / 2 * (1 - rate / 2) / x.size)
    assert set(np.unique(corrupted)) == {0, 0.25, 1}
    assert abs((corrupted == 0).mean() - rate / 2) < error
    assert abs((corrupted == 1).mean() - rate / 2) < error
    assert abs(corrupted.mean() - ((1 - rate) * 0.25 + rate / 2)) < 2 * error


@every_kind
def test_inputs_are_corrupted_independently(kind):
    """No input's noise tells that of another input, example or call."""
    layer, x = make(kind), np.full((5000, 4), 0.4, "float32")
    draws = np.concatenate([noisy(layer, x), noisy(layer, x), np.roll(noisy(layer, x), 1, 0)], 1)
    correlations = np.corrcoef(draws, rowvar=False) - np.eye(12)
    assert np.abs(correlations).max() < 5 / np.sqrt(5000)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_small_rate_is_right_at_any_precision(dtype):
    """8 bits of mantissa would make 0.001 of a uniform number 0.004."""
    x = constant(0.5)
    corrupted = noisy(MaskingCorruption(0.001, seed=0, dtype=dtype), x).astype("float32")
    assert abs((corrupted == 0).mean() - 0.001) < 5 * np.sqrt(0.001 / x.size)
    noise = noisy(GaussianCorruption(2.0, seed=0, dtype=dtype), x).astype("float32") - x
    assert abs(noise.std() / 2 - 1) < 5 / np.sqrt(2 * x.size)


@every_kind
@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
def test_output_has_the_compute_dtype(kind, dtype):
    layer = make(kind, dtype=dtype)
    for training in (False, True):
        y = layer(constant(0.5, 1000), training=training)
        assert keras.backend.standardize_dtype(y.dtype) == layer.compute_dtype


def test_double_precision_noise_has_double_precision(float64):
    noise = noisy(GaussianCorruption(1.0, seed=0), np.zeros((10, 10)))
    assert noise.dtype == "float64"
    assert (noise != noise.astype("float32")).any()


# When


@every_kind
def test_only_in_training(kind):
    layer, x = make(kind), constant(0.4, 1000)
    state = to_numpy(layer.seed_generator.state)
    np.testing.assert_array_equal(to_numpy(layer(x)), x)
    np.testing.assert_array_equal(to_numpy(layer(x, training=False)), x)
    np.testing.assert_array_equal(to_numpy(layer.seed_generator.state), state)
    assert (noisy(layer, x) != x).any()
    model = keras.Sequential([layer])
    np.testing.assert_array_equal(model.predict(x, verbose=0), x)


def test_nothing_and_everything():
    x = constant(0.4, 1000)
    for layer in (GaussianCorruption(0), MaskingCorruption(0), SaltAndPepperCorruption(0)):
        np.testing.assert_array_equal(noisy(layer, x), x)
    assert not noisy(MaskingCorruption(1), x).any()
    assert set(np.unique(noisy(SaltAndPepperCorruption(1), x))) == {0, 1}


@every_kind
def test_what_is_overwritten_gets_no_gradient(kind):
    """Through masked inputs nothing flows back, through the others everything."""
    layer = make(kind)
    x = np.random.default_rng(0).uniform(0.2, 0.8, (20, 30)).astype("float32")
    embedding = keras.layers.Embedding(20, 30, weights=[x])
    index = keras.Input((), dtype="int32")
    model = keras.Model(index, layer(embedding(index)))
    model.compile(keras.optimizers.SGD(1.0), lambda _, y: ops.sum(y) / 20, jit_compile=False)
    state = to_numpy(layer.seed_generator.state)
    model.fit(np.arange(20), np.zeros(20), batch_size=20, shuffle=False, verbose=0)
    moved = x - to_numpy(embedding.embeddings)
    layer.seed_generator.state.assign(state)
    kept = np.ones_like(x) if kind == "gaussian" else noisy(layer, x) == x
    np.testing.assert_allclose(20 * moved, kept, atol=1e-5)
    assert not moved[kept == 0].any()


# Randomness


@every_kind
def test_a_seed_fixes_the_noise(kind):
    x = constant(0.4, 1000)
    first, again, other = make(kind), make(kind), make(kind, seed=1)
    a, b = noisy(first, x), noisy(first, x)
    assert (a != b).any()
    np.testing.assert_array_equal(noisy(again, x), a)
    np.testing.assert_array_equal(noisy(again, x), b)
    assert (noisy(other, x) != a).any()
    keras.utils.set_random_seed(3)
    a = noisy(make(kind, seed=None), x)
    keras.utils.set_random_seed(3)
    np.testing.assert_array_equal(noisy(make(kind, seed=None), x), a)


@every_kind
def test_a_file_holds_where_the_noise_is(kind, tmp_path):
    x = constant(0.4, 1000)
    model = keras.Sequential([keras.Input((100,)), make(kind, seed=None)])
    noisy(model, x)
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "model.weights.h5")
    expected = [noisy(model, x), noisy(model, x)]
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    for y in expected:
        np.testing.assert_array_equal(noisy(loaded, x), y)
    loaded.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(noisy(loaded, x), expected[0])


OTHER = {"tensorflow": "jax", "jax": "torch", "torch": "tensorflow"}[keras.backend.backend()]


@pytest.mark.slow
@pytest.mark.skipif(not importlib.util.find_spec(OTHER), reason=f"{OTHER} is not installed")
def test_a_file_loads_on_another_backend(tmp_path):
    model = keras.Sequential([keras.Input((100,)), *map(make, KINDS)])
    noisy(model, constant(0.4, 1000))
    model.save(tmp_path / "model.keras")
    program = """
import sys, keras, course_lib.layers
model = keras.saving.load_model(sys.argv[1])
print([[int(n) for n in keras.ops.convert_to_numpy(layer.seed_generator.state)]
       for layer in model.layers])
"""
    run = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "model.keras"],
        env={**os.environ, "KERAS_BACKEND": OTHER},
        check=True,
        capture_output=True,
        text=True,
    )
    assert run.stdout.strip() == "[[0, 1], [0, 1], [0, 1]]"


@pytest.mark.slow
def test_a_resumed_run_equals_one_never_interrupted(tmp_path):
    x = np.random.default_rng(0).random((40, 6)).astype("float32")

    def fit(model, epochs):
        model.fit(x, x, batch_size=16, epochs=epochs, shuffle=False, verbose=0)

    def fresh():
        keras.utils.set_random_seed(0)
        corruptions = [make(kind, seed=None) for kind in KINDS]
        model = keras.Sequential([keras.Input((6,)), *corruptions, keras.layers.Dense(6)])
        model.compile("adam", "mse")
        return model

    straight, half = fresh(), fresh()
    fit(straight, 4)
    fit(half, 2)
    half.save(tmp_path / "half.keras")
    resumed = keras.saving.load_model(tmp_path / "half.keras", safe_mode=True)
    fit(resumed, 2)
    for a, b in zip(straight.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    fit(half, 2)  # the noise goes on, it does not begin again
    np.testing.assert_array_equal(half.get_weights()[0], resumed.get_weights()[0])


@every_kind
@pytest.mark.parametrize("shape", [(2, 3), (2, 4, 4, 1)])
def test_keras_harness(kind, shape):
    layer, arguments = KINDS[kind]
    TestCase("run_layer_test").run_layer_test(
        layer,
        init_kwargs={**arguments, "seed": 1},
        input_shape=shape,
        call_kwargs={"training": True},
        expected_output_shape=shape,
        expected_num_trainable_weights=0,
        expected_num_non_trainable_weights=0,
        expected_num_non_trainable_variables=1,
        expected_num_seed_generators=1,
        expected_num_losses=0,
        supports_masking=True,
    )


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: GaussianCorruption(-0.1), "sigma must be .* at least 0, but is -0.1"),
        (lambda: GaussianCorruption(np.nan), "sigma must be .* but is nan"),
        (lambda: GaussianCorruption(np.inf), "sigma must be a finite number"),
        (lambda: GaussianCorruption("0.1"), "sigma must be .* but is '0.1'"),
        (lambda: MaskingCorruption(-0.1), "rate must be a finite number from 0 to 1, but is -0.1"),
        (lambda: MaskingCorruption(1.1), "rate must be a finite number from 0 to 1"),
        (lambda: SaltAndPepperCorruption(None), "rate must be a finite number .* but is None"),
        (lambda: SaltAndPepperCorruption(np.nan), "rate must be a finite number from 0 to 1"),
        (lambda: MaskingCorruption(0.1, seed=0.5), "seed must be a whole number from 0 to"),
        (lambda: MaskingCorruption(0.1, seed=-1), "seed must be a whole number from 0 to"),
        (lambda: MaskingCorruption(0.1, seed=2**31), "seed must be a whole number from 0 to"),
        (lambda: MaskingCorruption(0.1)(np.ones((2, 3), "int32")), "inputs must hold floats"),
        (lambda: MaskingCorruption(0.1)(np.ones((0, 3), "float32")), "inputs must not be empty"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
