"""Where every term is known: x = W z + b + noise, z ~ N(0, I), so x ~ N(b, W Wᵀ + I)."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy import stats

from course_lib.autodiff import gradient
from course_lib.losses import kl_to_standard_normal
from course_lib.metrics import importance_bound, importance_nll
from course_lib.models import IWAE, VAE, BetaTCVAE

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)
# Orthogonal columns: then the true posterior's covariance is diagonal.
W = np.linalg.qr(RNG.normal(size=(5, 2)))[0] * [2.0, 0.5]
B = RNG.normal(size=5)
PRECISION = 1 + (W**2).sum(0)
X = (RNG.normal(size=(40, 2)) @ W.T + B + RNG.normal(size=(40, 5))).astype("float32")
LOG_P = stats.multivariate_normal(B, W @ W.T + np.eye(5)).logpdf(X)


def linear_gaussian(mean_shift=0.0, log_variance_shift=0.0, make=VAE, **kwargs):
    """The model above with its true posterior, or one that is off by so much."""
    kwargs = {"likelihood": "gaussian", "seed": 1} | kwargs
    model = make(keras.layers.Dense(4), keras.layers.Dense(5), **kwargs)
    model.build((None, 5))
    posterior = W / PRECISION
    mean_bias = -B @ posterior + mean_shift
    spread = -np.log(PRECISION) + log_variance_shift
    model.encoder.set_weights(
        [np.hstack([posterior, np.zeros((5, 2))]), np.concatenate([mean_bias, spread])]
    )
    model.decoder.set_weights([W.T, B])
    return model


def test_with_the_true_posterior_every_weight_is_the_likelihood():
    log_weights = to_numpy(linear_gaussian().log_weights(X, 8))
    np.testing.assert_allclose(log_weights, np.repeat(LOG_P[:, None], 8, 1), atol=2e-5)


def test_the_gap_of_the_bound_is_the_divergence_from_the_true_posterior():
    """log p(x) − ELBO = KL(q ‖ p(z|x)), here ½ Σ [ e^d − 1 − d + Λ shift² ]."""
    shift, d = 0.4, 0.7
    model = linear_gaussian(shift, d)
    gap = 0.5 * (np.exp(d) - 1 - d + PRECISION * shift**2).sum()
    log_weights = to_numpy(model.log_weights(X, 4000))
    error = log_weights.std(1) / np.sqrt(4000)
    elbo = importance_bound(log_weights, 1)
    assert (np.abs(elbo - (LOG_P - gap)) < 5 * error).all()
    terms = [model.loss_terms(X) for _ in range(400)]
    loss = np.mean([to_numpy(t["reconstruction"] + t["kl"]) for t in terms])
    assert loss == pytest.approx(-(LOG_P - gap).mean(), abs=0.05)


def test_bounds_close_in_on_the_likelihood():
    log_weights = to_numpy(linear_gaussian(0.4, 0.7).log_weights(X, 4000))
    bounds = [importance_bound(log_weights, k).mean() for k in (1, 5, 50, 4000)]
    assert np.all(np.diff(bounds) > 0)
    assert bounds[-1] == pytest.approx(LOG_P.mean(), abs=0.02)
    nll = importance_nll(linear_gaussian(0.4, 0.7).log_weights, X, 2000, batch_size=16)
    np.testing.assert_allclose(nll, -LOG_P, atol=0.15)


def test_the_kl_term_is_the_closed_form():
    model = linear_gaussian(0.3, -0.5)
    terms = model.loss_terms(X)
    np.testing.assert_allclose(
        to_numpy(terms["kl"]), to_numpy(kl_to_standard_normal(*model.posterior(X))), rtol=1e-6
    )


def test_codes_are_deterministic_and_samples_are_not():
    model = linear_gaussian()
    np.testing.assert_array_equal(to_numpy(model.encode(X)), to_numpy(model.encode(X)))
    np.testing.assert_array_equal(to_numpy(model(X)), to_numpy(model.reconstruct(X)))
    np.testing.assert_allclose(to_numpy(model.encode(X)), (X - B) @ (W / PRECISION), atol=1e-5)
    first, second = (to_numpy(model.loss_terms(X)["reconstruction"]) for _ in range(2))
    assert (first != second).all()


def test_what_is_generated_has_the_moments_of_the_model():
    means = to_numpy(linear_gaussian().generate(50_000, seed=2))
    np.testing.assert_allclose(means.mean(0), B, atol=0.05)
    np.testing.assert_allclose(np.cov(means.T), W @ W.T, atol=0.1)


def test_iwae_of_one_draw_is_the_elbo():
    """At the same noise, value by value."""
    one = to_numpy(linear_gaussian(0.4, 0.7, IWAE, k=1).loss_terms(X)["bound"])
    terms = linear_gaussian(0.4, 0.7).log_weights(X, 1)
    np.testing.assert_allclose(one, -to_numpy(terms)[:, 0], rtol=1e-6)


def test_iwae_is_the_bound_of_its_weights_and_favours_the_best_draw():
    model = linear_gaussian(0.4, 0.7, IWAE, k=6)
    log_weights = to_numpy(linear_gaussian(0.4, 0.7).log_weights(X, 6))
    loss = to_numpy(model.loss_terms(X)["bound"])
    np.testing.assert_allclose(loss, -importance_bound(log_weights), rtol=1e-5)

    # ∂(−L)/∂ log wᵢ is minus the draw's share: largest for the best draw.
    def bound(weights):
        return -(ops.logsumexp(weights, axis=1) - np.log(6))

    slope = to_numpy(gradient(bound, log_weights.astype("float32"))[1])
    shares = np.exp(log_weights - np.logaddexp.reduce(log_weights, axis=1, keepdims=True))
    np.testing.assert_allclose(slope, -shares, atol=1e-5)
    assert (slope.argmin(1) == log_weights.argmax(1)).all()


def test_the_parts_of_tcvae_sum_to_the_elbo_of_its_draw():
    model = linear_gaussian(0.4, 0.7, BetaTCVAE, dataset_size=500, beta=1.0)
    total = sum(to_numpy(term) for term in model.loss_terms(X).values())
    elbo = to_numpy(linear_gaussian(0.4, 0.7).log_weights(X, 1))[:, 0]
    np.testing.assert_allclose(total, -elbo, rtol=1e-4)


def test_tcvae_pays_beta_for_total_correlation_alone():
    model = linear_gaussian(make=BetaTCVAE, dataset_size=40, beta=5.0, warmup=4)
    model.compile(keras.optimizers.SGD(0.0))
    logs = model.evaluate(X, batch_size=40, return_dict=True, verbose=0)
    parts = [logs[name] for name in ("reconstruction", "mutual_information", "unit_kl")]
    assert logs["loss"] == pytest.approx(sum(parts) + 5 * logs["total_correlation"], rel=1e-5)
    history = model.fit(X, batch_size=40, verbose=0).history
    parts = [history[name][0] for name in ("reconstruction", "mutual_information", "unit_kl")]
    now = 5 * 0.25 * history["total_correlation"][0]
    assert history["loss"][0] == pytest.approx(sum(parts) + now, rel=1e-5)


def test_terms_know_no_batch():
    model = linear_gaussian()
    whole = to_numpy(model.loss_terms(X)["kl"])
    parts = [to_numpy(model.loss_terms(X[i : i + 7])["kl"]) for i in range(0, 40, 7)]
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-5)


@pytest.mark.parametrize("beta", [0.0, 1.0, 4.0])
def test_beta_weighs_the_divergence(beta):
    model = linear_gaussian(beta=beta)
    model.compile()
    logs = model.evaluate(X, return_dict=True, verbose=0)
    assert logs["loss"] == pytest.approx(logs["reconstruction"] + beta * logs["kl"], rel=1e-5)


def test_warmup_raises_beta_step_by_step_and_evaluation_pays_all_of_it():
    model = linear_gaussian(beta=3.0, warmup=10)
    model.compile(keras.optimizers.SGD(0.0))
    seen = []
    for _ in range(4):
        history = model.fit(X, batch_size=10, shuffle=False, verbose=0, validation_data=X).history
        seen.append((history["loss"][0] - history["reconstruction"][0]) / history["kl"][0])
        assert history["val_loss"][0] == pytest.approx(
            history["val_reconstruction"][0] + 3 * history["val_kl"][0], rel=1e-5
        )
    assert int(to_numpy(model._steps)) == 16
    # Steps 1–4, 5–8 and 9–12 of ten; the KL of the four batches differs a little.
    np.testing.assert_allclose(seen[:3], [3 * 0.25, 3 * 0.65, 3 * 0.975], rtol=0.1)
    assert seen[3] == pytest.approx(3, rel=1e-5)  # warm-up is over, and goes no further


@pytest.mark.parametrize("make", [VAE, IWAE])
def test_training_reaches_the_likelihood_of_the_data(make):
    """Nothing can beat the entropy of the true density; a trained linear model comes near."""
    keras.utils.set_random_seed(0)
    x = (RNG.normal(size=(4000, 2)) @ W.T + B + RNG.normal(size=(4000, 5))).astype("float32")
    model = make(keras.layers.Dense(4), keras.layers.Dense(5), likelihood="gaussian")
    model.compile(keras.optimizers.Adam(0.02))
    model.fit(x, batch_size=200, epochs=25, verbose=0)
    nll = importance_nll(model.log_weights, x[:500], 100).mean()
    best = -stats.multivariate_normal(B, W @ W.T + np.eye(5)).logpdf(x[:500]).mean()
    assert best - 0.05 < nll < best + 0.1


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [{"beta": 2.0, "warmup": 9}, {"make": IWAE, "k": 3}, {"make": BetaTCVAE, "dataset_size": 40}],
)
def test_a_resumed_run_equals_one_never_interrupted(arguments, tmp_path):
    def fresh():
        model = linear_gaussian(0.5, 0.5, **arguments)
        model.compile(keras.optimizers.Adam(0.01))
        return model

    def fit(model, epochs):
        model.fit(X, batch_size=8, epochs=epochs, shuffle=False, verbose=0)

    straight, half = fresh(), fresh()
    fit(straight, 4)
    fit(half, 2)
    half.save(tmp_path / "half.keras")
    resumed = keras.saving.load_model(tmp_path / "half.keras", safe_mode=True)
    for name in ("beta", "warmup", "k"):
        assert getattr(resumed, name, None) == getattr(half, name, None)
    fit(resumed, 2)
    for a, b in zip(straight.weights, resumed.weights, strict=True):
        np.testing.assert_array_equal(to_numpy(a), to_numpy(b))


@pytest.mark.slow
@pytest.mark.everywhere
@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_images_through_convolutions(dtype):
    images = RNG.random((12, 8, 8, 1)).astype("float32")
    options = {"padding": "same", "dtype": dtype}
    encoder = keras.Sequential(
        [
            keras.layers.Conv2D(4, 3, 2, activation="relu", **options),
            keras.layers.Flatten(dtype=dtype),
            keras.layers.Dense(6, dtype=dtype),
        ]
    )
    decoder = keras.Sequential(
        [
            keras.layers.Dense(64, dtype=dtype),
            keras.layers.Reshape((4, 4, 4), dtype=dtype),
            keras.layers.Conv2DTranspose(1, 4, 2, **options),
        ]
    )
    vae = VAE(encoder, decoder, dtype=dtype)
    vae.compile()
    history = vae.fit(images, epochs=2, verbose=0, validation_data=images).history
    assert np.isfinite([*history["loss"], *history["val_loss"]]).all()
    assert tuple(vae.generate(3).shape) == (3, 8, 8, 1)
    assert tuple(vae.log_weights(images, 5).shape) == (12, 5)


def test_the_number_of_samples_may_be_numpy_s():
    assert tuple(linear_gaussian().log_weights(X, np.int64(3)).shape) == (len(X), 3)


dense = keras.layers.Dense


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: VAE(dense(4), dense(5), beta=-1), "beta must be a finite number"),
        (lambda: VAE(dense(4), dense(5), warmup=2.5), "warmup must be a whole number"),
        (lambda: VAE(dense(3), dense(5)).build((None, 5)), "encoder must return mean and log-v"),
        (lambda: BetaTCVAE(dense(4), dense(5), 1), "dataset_size must be a whole number"),
        (lambda: IWAE(dense(4), dense(5), k=0), "k must be a whole number of at least 1"),
        (
            lambda: linear_gaussian().log_weights(X, 0),
            "samples must be a whole number of at least 1",
        ),
        (
            lambda: linear_gaussian().log_weights(X, 2.5),
            "samples must be a whole number of at least 1",
        ),
        (lambda: linear_gaussian(likelihood="bernoulli").fit(X), "x must lie in"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
