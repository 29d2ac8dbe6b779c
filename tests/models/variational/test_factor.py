"""FactorVAE and InfoVAE: what each pays for, and what moves."""

import keras
import numpy as np
import pytest
from keras import ops

from course_lib.autodiff import gradient
from course_lib.losses import kl_to_standard_normal, mmd
from course_lib.models import VAE, BetaTCVAE, FactorVAE, InfoVAE

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)
X = RNG.random((33, 5)).astype("float32")
dense = keras.layers.Dense


def factor(rates=(0.01, 0.01), gamma=5.0, **kwargs):
    keras.utils.set_random_seed(0)
    discriminator = keras.Sequential([dense(16, "relu"), dense(1)])
    model = FactorVAE(dense(4), dense(5), discriminator, gamma=gamma, seed=1, **kwargs)
    model.build((None, 5))
    adam = keras.optimizers.Adam
    model.compile({"vae": adam(rates[0]), "discriminator": adam(rates[1])})
    return model


def fit(model, epochs=1):
    return model.fit(X, batch_size=8, epochs=epochs, shuffle=False, verbose=0).history


@pytest.mark.parametrize(("phase", "moves"), [("vae", {"f", "g"}), ("discriminator", {"d"})])
def test_each_phase_moves_its_own_weights(phase, moves):
    model = factor([0.01 * (name == phase) for name in ("vae", "discriminator")])
    networks = {"f": model.encoder, "g": model.decoder, "d": model.discriminator}
    before = {name: [to_numpy(w) for w in n.weights] for name, n in networks.items()}
    fit(model)
    for name, network in networks.items():
        same = [
            np.array_equal(a, to_numpy(b))
            for a, b in zip(before[name], network.weights, strict=True)
        ]
        assert not any(same) if name in moves else all(same), name


def test_no_gradient_of_the_discriminator_s_loss_reaches_the_encoder():
    model = factor()
    np.testing.assert_array_equal(to_numpy(gradient(model.discriminator_loss, X)[1]), 0)


def test_the_loss_is_that_of_a_vae_and_gamma_times_the_logit():
    model, vae = factor(), VAE(dense(4), dense(5), seed=1)
    vae.build((None, 5))
    vae.encoder.set_weights(model.encoder.get_weights())
    vae.decoder.set_weights(model.decoder.get_weights())
    terms = vae.loss_terms(X)
    again = VAE(vae.encoder, vae.decoder, seed=1)
    z = again.sampling(*again.posterior(X))
    logit = to_numpy(model.discriminator(z))[:, 0]
    expected = to_numpy(terms["reconstruction"] + terms["kl"]) + 5 * logit
    vae_phase = model.phases()[0]
    paid = vae_phase.values(X, X, training=False)
    total = sum(price * to_numpy(paid[name]) for name, price in vae_phase.prices().items())
    np.testing.assert_allclose(total, expected, rtol=1e-5)


def test_the_best_discriminator_knows_the_total_correlation():
    """Codes that are Gaussian with correlation ρ: mean log odds −½ log(1 − ρ²)."""
    keras.utils.set_random_seed(0)
    rho = 0.8
    factors = np.linalg.cholesky([[1, rho], [rho, 1]])
    x = (RNG.normal(size=(8000, 2)) @ factors.T).astype("float32")
    discriminator = keras.Sequential([dense(64, "relu"), dense(64, "relu"), dense(1)])
    model = FactorVAE(dense(4), dense(2), discriminator, likelihood="gaussian")
    model.build((None, 2))
    copy = np.hstack([np.eye(2), np.zeros((2, 2))])
    model.encoder.set_weights([copy, np.array([0, 0, -20, -20])])
    adam = keras.optimizers.Adam
    model.compile({"vae": adam(0.0), "discriminator": adam(3e-3)})
    model.fit(x, batch_size=400, epochs=15, verbose=0)
    odds = to_numpy(model.discriminator(x)).mean()
    assert odds == pytest.approx(-0.5 * np.log(1 - rho**2), abs=0.1)


def test_shuffled_units_keep_their_values():
    seen = []

    class Spy(keras.layers.Layer):
        def call(self, z, training=None):
            seen.append(to_numpy(z))
            return z[:, :1]

    model = FactorVAE(dense(4), dense(5), Spy(), seed=1)
    model.build((None, 5))
    seen.clear()
    model.discriminator_loss(X)
    codes, shuffled = seen
    np.testing.assert_array_equal(np.sort(codes, 0), np.sort(shuffled, 0))
    assert (codes != shuffled).mean() > 0.5


def info(alpha, weight):
    model = InfoVAE(dense(4), dense(5), alpha=alpha, weight=weight, seed=1)
    model.build((None, 5))
    model.compile(keras.optimizers.Adam(0.01))
    return model


def test_info_pays_for_what_it_says():
    model = info(0.25, 30.0)
    logs = model.evaluate(X, batch_size=33, return_dict=True, verbose=0)
    expected = logs["reconstruction"] + 0.75 * logs["kl"] + 29.25 * logs["mmd"]
    assert logs["loss"] == pytest.approx(expected, rel=1e-5)
    model = info(1.0, 100.0)
    terms = {name: to_numpy(term) for name, term in model.loss_terms(X).items()}
    again = keras.random.SeedGenerator(1)
    mean, log_variance = model.posterior(X)
    epsilon = keras.random.normal((33, 2), seed=again)
    z, prior = (
        mean + ops.exp(0.5 * log_variance) * epsilon,
        keras.random.normal((33, 2), seed=again),
    )
    np.testing.assert_allclose(terms["mmd"], float(mmd(z, prior)), atol=1e-5)
    np.testing.assert_allclose(terms["kl"], to_numpy(kl_to_standard_normal(mean, log_variance)))


@pytest.mark.slow
def test_a_last_batch_of_one_example_does_no_harm():
    """33 examples in batches of 8."""
    tcvae = BetaTCVAE(dense(4), dense(5), dataset_size=33)
    tcvae.compile(keras.optimizers.Adam(0.01))
    for model in (info(0.5, 10.0), factor(), tcvae):
        assert np.isfinite(fit(model)["loss"]).all()
        for weight in model.weights:
            assert np.isfinite(to_numpy(weight)).all()


@pytest.mark.slow
@pytest.mark.parametrize("make", [factor, lambda: info(0.5, 10.0)])
def test_a_resumed_run_equals_one_never_interrupted(make, tmp_path):
    straight, half = make(), make()
    for layer, other in ((straight.encoder, half.encoder), (straight.decoder, half.decoder)):
        other.set_weights(layer.get_weights())
    fit(straight, 4)
    fit(half, 2)
    half.save(tmp_path / "half.keras")
    resumed = keras.saving.load_model(tmp_path / "half.keras", safe_mode=True)
    fit(resumed, 2)
    for a, b in zip(straight.weights, resumed.weights, strict=True):
        np.testing.assert_array_equal(to_numpy(a), to_numpy(b))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: factor(gamma=-1), "gamma must be a finite number"),
        (lambda: info(1.5, 10.0), "alpha must be a finite number of at most 1"),
        (lambda: info(0.0, 0.5), "weight must be a finite number of at least 1.0, but is 0.5"),
        (lambda: FactorVAE(dense(3), dense(5), dense(1)).build((None, 5)), "encoder must return"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
