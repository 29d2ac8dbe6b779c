import keras
import numpy as np
import pytest
from keras import ops

from course_lib.layers import GaussianCorruption, MaskingCorruption
from course_lib.models import Autoencoder, DenoisingAutoencoder

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)
SIGMA = 0.6
MU = np.array([1.0, -2.0, 0.5])
FACTOR = np.array([[1.5, 0.0, 0.0], [0.8, 0.6, 0.0], [-0.3, 0.4, 0.2]])
COVARIANCE = FACTOR @ FACTOR.T
NOISY = COVARIANCE + SIGMA**2 * np.eye(3)
GAIN = COVARIANCE @ np.linalg.inv(NOISY)


def gaussian_data(n, seed=0):
    x = MU + np.random.default_rng(seed).normal(size=(n, 3)) @ FACTOR.T
    return x.astype("float32")


def best_denoiser(x):
    """E[x_clean | x̃ = x] = μ + Σ(Σ + σ²I)⁻¹(x − μ)."""
    return MU + (x - MU) @ GAIN.T


def true_score(x):
    """∇ log N(x; μ, Σ + σ²I)."""
    return -(x - MU) @ np.linalg.inv(NOISY)


def linear(corruption=None):
    keras.utils.set_random_seed(0)
    corruption = GaussianCorruption(SIGMA, seed=0) if corruption is None else corruption
    model = DenoisingAutoencoder(keras.layers.Dense(3), keras.layers.Dense(3), corruption)
    model.build((None, 3))
    return model


def at_the_optimum():
    model = linear()
    model.encoder.set_weights([np.eye(3), -MU])
    model.decoder.set_weights([GAIN.T, MU])
    return model


# The optimum of linear-Gaussian data


def test_score_of_the_best_denoiser_is_that_of_the_noisy_data():
    x = gaussian_data(100)
    model = at_the_optimum()
    np.testing.assert_allclose(to_numpy(model.reconstruct(x)), best_denoiser(x), atol=1e-5)
    np.testing.assert_allclose(to_numpy(model.score(x)), true_score(x), atol=1e-4)


def test_loss_of_the_best_denoiser_is_the_posterior_variance():
    """½ tr(Σ − Σ(Σ + σ²I)⁻¹Σ) with noise, less without: the target is clean, the input is not."""
    x, model = gaussian_data(50_000), at_the_optimum()
    constant = 1.5 * np.log(2 * np.pi)
    nll = to_numpy(model.loss_terms(x, training=True)["reconstruction"]) - constant
    expected = 0.5 * np.trace(COVARIANCE - GAIN @ COVARIANCE)
    assert abs(nll.mean() - expected) < 5 * nll.std() / np.sqrt(len(x))
    clean = to_numpy(model.loss_terms(x)["reconstruction"]) - constant
    residual = (np.eye(3) - GAIN) @ FACTOR
    assert abs(clean.mean() - 0.5 * np.sum(residual**2)) < 5 * clean.std() / np.sqrt(len(x))
    assert clean.mean() < 0.8 * nll.mean()


def test_training_finds_it():
    x, model = gaussian_data(20_000), linear()
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.03, 2000)))
    model.fit(np.tile(x, (10, 1)), batch_size=100, verbose=0)
    held_out = gaussian_data(500, seed=1)
    error = to_numpy(model.score(held_out)) - true_score(held_out)
    assert np.sqrt((error**2).mean() / (true_score(held_out) ** 2).mean()) < 0.05
    # Without noise the same network learns the identity, whose score is zero.
    gap = to_numpy(model.reconstruct(held_out)) - held_out
    assert np.abs(gap).mean() > 0.1


# Where corruption acts


@pytest.fixture
def x():
    return RNG.random((50, 6)).astype("float32")


def small(corruption, likelihood="bernoulli"):
    keras.utils.set_random_seed(1)
    encoder = keras.layers.Dense(4, activation="tanh")
    return DenoisingAutoencoder(encoder, keras.layers.Dense(6), corruption, likelihood)


def test_evaluation_takes_the_data_as_they_are(x):
    model = small(MaskingCorruption(0.9, seed=0))
    plain = Autoencoder(model.encoder, model.decoder, "bernoulli")
    model.compile()
    plain.compile()
    for batch_size in (50, 16):
        theirs = plain.evaluate(x, batch_size=batch_size, verbose=0)
        assert model.evaluate(x, batch_size=batch_size, verbose=0) == pytest.approx(theirs)
    for ours, theirs in [
        (model.encode(x), plain.encode(x)),
        (model.reconstruct(x), plain.reconstruct(x)),
        (model(x, training=True), plain(x)),
    ]:
        np.testing.assert_array_equal(to_numpy(ours), to_numpy(theirs))


@keras.saving.register_keras_serializable("tests")
class Halve(keras.layers.Layer):
    """A corruption without chance, to compute with by hand."""

    def call(self, x, training=False):
        return 0.5 * x if training else x


def test_gradient_descent_step_by_hand(x):
    keras.utils.set_random_seed(1)
    model = DenoisingAutoencoder(keras.layers.Dense(3), keras.layers.Dense(6), Halve())
    model.compile(keras.optimizers.SGD(0.1))
    model.build((None, 6))
    a, b, w, c = (to_numpy(v).astype("float64") for v in model.trainable_weights)
    h = 0.5 * x @ a + b
    error = (h @ w + c - x) / len(x)
    expected = (
        a - 0.1 * 0.5 * x.T @ (error @ w.T),
        b - 0.1 * (error @ w.T).sum(0),
        w - 0.1 * h.T @ error,
        c - 0.1 * error.sum(0),
    )
    history = model.fit(x, batch_size=50, epochs=1, verbose=0).history
    loss = 0.5 * (np.sum((error * len(x)) ** 2, 1) + 6 * np.log(2 * np.pi))
    assert history["loss"][0] == pytest.approx(loss.mean(), rel=1e-5)
    for mine, theirs in zip(expected, model.trainable_weights, strict=True):
        np.testing.assert_allclose(mine, to_numpy(theirs), rtol=1e-4, atol=1e-6)


# Files


@pytest.mark.slow
def test_a_resumed_run_equals_one_never_interrupted(x, tmp_path):
    def fresh():
        keras.utils.set_random_seed(0)
        model = small(GaussianCorruption(0.3))
        model.compile(keras.optimizers.Adam(0.01))
        return model

    def fit(model, epochs):
        model.fit(x, batch_size=16, epochs=epochs, shuffle=False, validation_data=x, verbose=0)

    straight, half = fresh(), fresh()
    fit(straight, 4)
    fit(half, 2)
    half.save(tmp_path / "half.keras")
    resumed = keras.saving.load_model(tmp_path / "half.keras", safe_mode=True)
    fit(resumed, 2)
    for a, b in zip(straight.weights, resumed.weights, strict=True):
        np.testing.assert_array_equal(to_numpy(a), to_numpy(b))


def test_save(x, tmp_path):
    model = small(GaussianCorruption(0.3, seed=2))
    expected = to_numpy(model.score(x))
    model.build(x.shape)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(to_numpy(loaded.score(x)), expected)
    assert loaded.corruption.get_config() == model.corruption.get_config()


@pytest.mark.slow
def test_images_and_mixed_precision():
    images = RNG.random((8, 8, 8, 1)).astype("float32")
    for dtype in ("float32", "mixed_bfloat16"):
        model = DenoisingAutoencoder(
            keras.layers.Conv2D(4, 3, padding="same", activation="relu", dtype=dtype),
            keras.layers.Conv2D(1, 3, padding="same", dtype=dtype),
            MaskingCorruption(0.3, dtype=dtype),
            likelihood="bernoulli",
            dtype=dtype,
        )
        model.compile()
        history = model.fit(images, epochs=2, verbose=0, validation_data=images).history
        assert np.isfinite([*history["loss"], *history["val_loss"]]).all()
        assert tuple(model.reconstruct(images).shape) == images.shape


GOOD = np.full((4, 6), 0.5, "float32")


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: small(0.3), "corruption must be a Keras layer, but is 0.3"),
        (lambda: small(None), "corruption must be a Keras layer, but is None"),
        (lambda: small(MaskingCorruption(0.3)).score(GOOD), "corruption must be a GaussianCorr"),
        (lambda: small(GaussianCorruption(0.0)).score(GOOD), "sigma above 0 for a score"),
        (lambda: small(GaussianCorruption(0.3)).score(GOOD * np.nan), "x must be finite"),
        (lambda: small(GaussianCorruption(0.3)).score(GOOD.astype(int)), "x must hold floats"),
        (lambda: small(GaussianCorruption(0.3)).score(GOOD[:0]), "x must not be empty"),
        (lambda: small(GaussianCorruption(0.3), "cauchy"), "likelihood must be"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
