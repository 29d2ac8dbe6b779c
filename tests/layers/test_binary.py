"""Binary codes: exact values, the gradient that a sign lets through, noise of the right size."""

import keras
import numpy as np
import pytest
from keras import ops

from course_lib.autodiff import gradient
from course_lib.layers import BinaryCode

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)
U = RNG.normal(2.0, 3.0, size=(50, 4)).astype("float32")
GAIN = np.array([0.5, 1.0, 2.0, 4.0], "float32")


def layer(**kwargs):
    made = BinaryCode(**kwargs)
    made.build((None, 4))
    made.normalise.gamma.assign(GAIN)
    return made


def normalised(u):
    return GAIN * (u - u.mean(0)) / np.sqrt(u.var(0) + 1e-3)


def tanh_half(v):
    """2 sigmoid(v) − 1, in another way."""
    return np.tanh(v / 2)


def test_values_in_training_are_those_of_the_batch():
    h = to_numpy(layer()(U, training=True))
    np.testing.assert_allclose(h, tanh_half(normalised(U)), rtol=1e-4, atol=1e-5)


def test_values_afterwards_are_those_of_running_moments():
    made = layer(noise=3.0)
    for _ in range(2):
        made(U, training=True)
    mean = U.mean(0) * (1 - 0.9**2)
    variance = 0.9**2 + U.var(0) * (1 - 0.9**2)
    wanted = tanh_half(GAIN * (U - mean) / np.sqrt(variance + 1e-3))
    np.testing.assert_allclose(to_numpy(made(U)), wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_a_sign_is_one_or_minus_one_exactly(training):
    h = to_numpy(layer(straight_through=True)(U, training=training))
    real = to_numpy(layer()(U, training=training))
    np.testing.assert_array_equal(h, np.where(real < 0, -1, 1))
    assert set(np.unique(h)) == {-1.0, 1.0}


def test_the_sign_of_zero_is_one():
    h = BinaryCode(straight_through=True)(np.zeros((2, 3), "float32"))
    np.testing.assert_array_equal(to_numpy(h), np.ones((2, 3)))


@pytest.mark.parametrize("training", [True, False])
def test_the_gradient_of_the_sign_is_that_of_the_sigmoid(training):
    """Weighed, so that a gradient that mixes units or examples would show."""
    weights = RNG.normal(size=U.shape).astype("float32")
    slopes = []
    for through in (True, False):
        made = layer(straight_through=through)

        def of_each(u, made=made):
            # Weights as a tensor of the backend: NumPy would take the product to itself.
            return ops.sum(made(u, training=training) * ops.convert_to_tensor(weights), axis=1)

        slopes.append(to_numpy(gradient(of_each, U)[1]))
    np.testing.assert_allclose(slopes[0], slopes[1], rtol=1e-5, atol=1e-6)
    assert np.abs(slopes[0]).max() > 1e-2


def test_the_gradient_outside_of_training_in_closed_form():
    h = tanh_half(GAIN * U / np.sqrt(1 + 1e-3))
    wanted = (1 - h**2) / 2 * GAIN / np.sqrt(1 + 1e-3)
    made = layer(straight_through=True)
    slope = to_numpy(gradient(lambda u: ops.sum(made(u), axis=1), U)[1])
    np.testing.assert_allclose(slope, wanted, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("sigma", [0.5, 2.0])
def test_noise_is_added_before_the_sigmoid(sigma):
    """Taken back through the sigmoid it is normal, with this deviation, and free of the data."""
    u = RNG.normal(size=(20_000, 4)).astype("float32")
    made = layer(noise=sigma, seed=1)
    h = to_numpy(made(u, training=True)).astype("float64")
    inside = np.abs(h) < 0.999
    noise = (2 * np.arctanh(np.where(inside, h, 0)) - normalised(u))[:, 0]
    noise = noise[inside[:, 0]]
    assert inside[:, 0].mean() > 0.99
    assert noise.mean() == pytest.approx(0, abs=0.03 * sigma)
    assert noise.std() == pytest.approx(sigma, rel=0.03)


def test_noise_flips_bits_as_often_as_it_should():
    """P(v + σn < 0) for v = 1 and σ = 1 is .1587."""
    made = layer(noise=1.0, straight_through=True, seed=1)
    made.normalise.gamma.assign(np.ones(4, "float32"))
    u = np.tile(np.array([[1.0], [-1.0]], "float32"), (20_000, 4))
    h = to_numpy(made(u, training=True))
    assert (h[::2] < 0).mean() == pytest.approx(0.1587, abs=0.005)


def test_nothing_is_drawn_outside_of_training():
    made = layer(noise=2.0, seed=1)
    before = to_numpy(made.seed_generator.state.value)
    np.testing.assert_array_equal(to_numpy(made(U)), to_numpy(made(U)))
    np.testing.assert_array_equal(to_numpy(made.seed_generator.state.value), before)
    assert not np.array_equal(to_numpy(made(U, training=True)), to_numpy(made(U, training=True)))


def test_a_file_keeps_the_noise_that_is_to_come(tmp_path):
    inputs = keras.Input((4,))
    model = keras.Model(inputs, BinaryCode(noise=1.0, straight_through=True, seed=3)(inputs))
    model(U, training=True)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(
        to_numpy(again(U, training=True)), to_numpy(model(U, training=True))
    )


@pytest.mark.parametrize("noise", [-1, np.nan, "2", None])
def test_bad_noise(noise):
    with pytest.raises(ValueError, match="noise must be a finite number of at least 0"):
        BinaryCode(noise=noise)


def test_bad_input():
    for bad in (U[0], U.astype("int32")):
        with pytest.raises(ValueError, match="u must"):
            BinaryCode()(bad)
