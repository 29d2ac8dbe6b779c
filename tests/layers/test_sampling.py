import keras
import numpy as np
import pytest
from keras import ops
from keras.src.testing import TestCase
from scipy import stats

from course_lib.autodiff import gradient
from course_lib.layers import GaussianSampling

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)
MEAN = RNG.normal(size=(6, 3)).astype("float32")
LOG_VARIANCE = RNG.normal(size=(6, 3)).astype("float32")


def test_draws_are_the_gaussian_asked_for():
    z = to_numpy(GaussianSampling(seed=0)(MEAN, LOG_VARIANCE, samples=20_000))
    standard = (z - MEAN[:, None]) / np.exp(LOG_VARIANCE / 2)[:, None]
    assert stats.kstest(standard.ravel(), "norm").pvalue > 1e-3
    together = standard.transpose(1, 0, 2).reshape(20_000, -1)
    correlations = np.corrcoef(together, rowvar=False) - np.eye(18)
    assert np.abs(correlations).max() < 5 / np.sqrt(20_000)


def test_gradients_pass_to_mean_and_log_variance():
    """∂z/∂m = 1 and ∂z/∂s = ½ exp(s/2) ε = ½ (z − m), at the same noise."""
    weights = RNG.normal(size=(6, 3)).astype("float32")

    def of_mean(mean):
        return ops.sum(ops.multiply(weights, GaussianSampling(seed=1)(mean, LOG_VARIANCE)), 1)

    def of_log_variance(log_variance):
        return ops.sum(ops.multiply(weights, GaussianSampling(seed=1)(MEAN, log_variance)), 1)

    z = to_numpy(GaussianSampling(seed=1)(MEAN, LOG_VARIANCE))
    np.testing.assert_allclose(to_numpy(gradient(of_mean, MEAN)[1]), weights, rtol=1e-6)
    slope = to_numpy(gradient(of_log_variance, LOG_VARIANCE)[1])
    np.testing.assert_allclose(slope, weights * 0.5 * (z - MEAN), rtol=1e-4, atol=1e-6)


def test_the_seed_fixes_the_noise_and_calls_differ():
    first, second = GaussianSampling(seed=3), GaussianSampling(seed=3)
    a, b = first(MEAN, LOG_VARIANCE), first(MEAN, LOG_VARIANCE)
    np.testing.assert_array_equal(to_numpy(a), to_numpy(second(MEAN, LOG_VARIANCE)))
    assert np.abs(to_numpy(a) - to_numpy(b)).min() > 0


@pytest.mark.parametrize(("given", "held"), [(-200, -30), (5000, 20)])
def test_the_log_variance_is_held(given, held):
    z, expected = (
        to_numpy(GaussianSampling(seed=0)(MEAN, np.full_like(MEAN, s), samples=2))
        for s in (given, held)
    )
    np.testing.assert_array_equal(z, expected)
    np.testing.assert_allclose(z, np.stack([MEAN, MEAN], 1), atol=6 * np.exp(held / 2))


def test_maps_are_drawn_like_rows():
    """First axis the batch, last the units: the same noise, in the shape of the mean."""
    mean, s = RNG.normal(size=(2, 4, 5, 3, 2)).astype("float32")
    flat = GaussianSampling(seed=2)(mean.reshape(4, -1), s.reshape(4, -1))
    z = GaussianSampling(seed=2)(mean, s)
    np.testing.assert_array_equal(to_numpy(z), to_numpy(flat).reshape(mean.shape))
    several = to_numpy(GaussianSampling(seed=2)(mean, s, samples=np.int64(400)))
    assert several.shape == (4, 400, 5, 3, 2)
    standard = (several - mean[:, None]) / np.exp(s / 2)[:, None]
    assert stats.kstest(standard.ravel(), "norm").pvalue > 1e-3
    symbolic = GaussianSampling()(keras.Input((None, 3, 2)), keras.Input((None, 3, 2)), samples=7)
    assert symbolic.shape == (None, 7, None, 3, 2)


def test_the_state_of_the_noise_is_saved(tmp_path):
    mean, log_variance = keras.Input((3,)), keras.Input((3,))
    z = GaussianSampling(seed=4)(mean, log_variance)
    model = keras.Model([mean, log_variance], z)
    model([MEAN, LOG_VARIANCE])
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras", safe_mode=True)
    expected = to_numpy(model([MEAN, LOG_VARIANCE]))
    np.testing.assert_array_equal(to_numpy(loaded([MEAN, LOG_VARIANCE])), expected)


def test_keras_harness():
    TestCase("run_layer_test").run_layer_test(
        GaussianSampling,
        init_kwargs={"seed": 1},
        input_shape={"mean_shape": (4, 3), "log_variance_shape": (4, 3)},
        expected_output_shape=(4, 3),
        expected_num_trainable_weights=0,
        expected_num_non_trainable_weights=0,
        expected_num_seed_generators=1,
        expected_num_losses=0,
        supports_masking=False,
        run_training_check=False,
        run_mixed_precision_check=False,
    )


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: GaussianSampling(seed=-1), "seed must be a whole number from 0 to"),
        (lambda: GaussianSampling()(MEAN[0], MEAN), "mean must have 2 or 3 or 4 or 5 axes"),
        (lambda: GaussianSampling()(MEAN, MEAN[:, :2]), "log_variance must have the shape of mean"),
        (
            lambda: GaussianSampling()(MEAN, MEAN, samples=0),
            "samples must be a whole number of at least 1",
        ),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
