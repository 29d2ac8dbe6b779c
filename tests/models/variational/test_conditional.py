"""Where every term is known: x = W z + b_y + noise, z ~ N(0, I), so x|y ~ N(b_y, W Wᵀ + I)."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy import stats

from course_lib.models import ConditionalVAE

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)
# Orthogonal columns: then the true posterior's covariance is diagonal.
W = np.linalg.qr(RNG.normal(size=(5, 2)))[0] * [2.0, 0.5]
B = 3 * RNG.normal(size=(3, 5))
PRECISION = 1 + (W**2).sum(0)
Y = RNG.integers(3, size=40)
X = (RNG.normal(size=(40, 2)) @ W.T + B[Y] + RNG.normal(size=(40, 5))).astype("float32")
DATA = [X, Y]


def linear_gaussian(**kwargs):
    """The model above with its true posterior."""
    kwargs = {"likelihood": "gaussian", "seed": 1, "classes": 3} | kwargs
    model = ConditionalVAE(keras.layers.Dense(4), keras.layers.Dense(5), **kwargs)
    model.build([(None, 5), (None,)])
    posterior = W / PRECISION
    of_x = np.hstack([posterior, np.zeros((5, 2))])
    of_y = np.hstack([-B @ posterior, np.zeros((3, 2))])
    bias = np.concatenate([np.zeros(2), -np.log(PRECISION)])
    model.encoder.set_weights([np.vstack([of_x, of_y]), bias])
    model.decoder.set_weights([np.vstack([W.T, B]), np.zeros(5)])
    return model


@pytest.mark.slow
def test_every_weight_is_the_likelihood_given_the_label():
    model = linear_gaussian()
    log_p = [
        stats.multivariate_normal(B[y], W @ W.T + np.eye(5)).logpdf(x)
        for x, y in zip(*DATA, strict=True)
    ]
    log_weights = to_numpy(model.log_weights(DATA, 8))
    np.testing.assert_allclose(log_weights, np.repeat(np.array(log_p)[:, None], 8, 1), atol=5e-5)
    terms = [model.loss_terms(DATA) for _ in range(400)]
    loss = np.mean([to_numpy(t["reconstruction"] + t["kl"]) for t in terms])
    assert loss == pytest.approx(-np.mean(log_p), abs=0.05)


def test_codes_know_the_label_and_means_too():
    model = linear_gaussian()
    z = (X - B[Y]) @ (W / PRECISION)
    np.testing.assert_allclose(to_numpy(model.encode(DATA)), z, atol=1e-5)
    np.testing.assert_allclose(to_numpy(model.reconstruct(DATA)), z @ W.T + B[Y], atol=1e-4)
    np.testing.assert_array_equal(to_numpy(model(DATA)), to_numpy(model.reconstruct(DATA)))


def test_what_is_generated_has_the_moments_of_its_class():
    means = to_numpy(linear_gaussian().generate(np.full(20_000, 2), seed=3))
    np.testing.assert_allclose(means.mean(0), B[2], atol=0.08)
    np.testing.assert_allclose(np.cov(means.T), W @ W.T, atol=0.15)


def test_images_get_the_label_as_channels():
    x = RNG.random((6, 4, 4, 2)).astype("float32")
    encoder = keras.Sequential([keras.layers.Conv2D(3, 3), keras.layers.Flatten()])
    encoder.add(keras.layers.Dense(4))
    decoder = keras.Sequential([keras.layers.Dense(32), keras.layers.Reshape((4, 4, 2))])
    model = ConditionalVAE(encoder, decoder, classes=3)
    model.build([(None, 4, 4, 2), (None,)])
    assert model.reconstruct([x, Y[:6]]).shape == x.shape
    seen = to_numpy(model._labelled(x, Y[:6]))
    np.testing.assert_array_equal(seen[..., :2], x)
    np.testing.assert_array_equal(seen[:, 1, 2, 2:], np.eye(3)[Y[:6]])


@pytest.mark.slow
def test_fit_evaluate_resume(tmp_path):
    def fresh():
        model = linear_gaussian(warmup=20, beta=2.0)
        model.compile(keras.optimizers.Adam(0.01))
        return model

    options = {"batch_size": 8, "shuffle": False, "verbose": 0, "validation_data": DATA}
    straight, half = fresh(), fresh()
    history = straight.fit(DATA, epochs=4, **options).history
    assert {"loss", "kl", "reconstruction", "val_kl"} <= set(history)
    half.fit(DATA, epochs=2, **options)
    half.save(tmp_path / "half.keras")
    resumed = keras.saving.load_model(tmp_path / "half.keras", safe_mode=True)
    resumed.fit(DATA, epochs=2, **options)
    for a, b in zip(straight.weights, resumed.weights, strict=True):
        np.testing.assert_array_equal(to_numpy(a), to_numpy(b))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: linear_gaussian(classes=1), "classes must be a whole number of at least 2"),
        (lambda: linear_gaussian().fit([X, Y + 1]), r"x\[1\] must lie in \[0, 2\]"),
        (lambda: linear_gaussian().fit([X, Y * 1.0]), r"x\[1\] must hold integers"),
        (lambda: linear_gaussian(likelihood="bernoulli").fit(DATA), r"x\[0\] must lie in \[0, 1\]"),
        (lambda: linear_gaussian().fit(X), "x must be a pair"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
