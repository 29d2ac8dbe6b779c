"""The detector: scores made in another way, thresholds, models, files, and bounded memory."""

import io
import pickle
import random
import tracemalloc

import joblib
import keras
import numpy as np
import pytest
from keras import ops
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from course_lib import models
from course_lib.anomaly import AnomalyDetector, criteria
from course_lib.anomaly.detector import BATCH
from course_lib.layers import GaussianCorruption, GaussianPrior
from course_lib.losses.likelihood import gaussian_nll

RNG = np.random.default_rng(0)
dense = keras.layers.Dense
# A plane in six dimensions, and some noise.
X = (RNG.normal(size=(120, 2)) @ RNG.normal(size=(2, 6)) + 0.1 * RNG.normal(size=(120, 6))).astype(
    "float32"
)
FAR = X[:20] + RNG.normal(size=(20, 6)).astype("float32")


def linear(features, units, run_eagerly=False):
    model = models.LinearAutoencoder(features, units)
    model.compile(keras.optimizers.Adam(0.03), run_eagerly=run_eagerly)
    return model


def briefly(features, units):
    """For a step or two, which are not worth tracing; JAX compiles even what it runs eagerly."""
    return linear(features, units, run_eagerly=keras.backend.backend() != "jax")


def variational(features, units):
    return models.VAE(dense(2 * units), dense(features), likelihood="gaussian")


def made(shape, units):
    return models.MADE(shape, (units,))


@keras.saving.register_keras_serializable("tests")
class Scored(models.Autoencoder):
    def scores(self, x, batch_size=None):
        return np.abs(x).sum(axis=1)


def scored(features, units):
    return Scored(dense(units), dense(features))


@pytest.fixture(scope="module")
def fitted():
    return AnomalyDetector(linear, units=2, batch_size=16, random_state=0).fit(X)


def test_scores_are_squared_errors(fitted):
    error = ((FAR.astype(float) - fitted.model_.reconstruct(FAR)) ** 2).sum(axis=1)
    np.testing.assert_allclose(-fitted.score_samples(FAR), error, rtol=1e-4)
    np.testing.assert_allclose(-fitted.score_samples(X), fitted.decision_scores_, rtol=1e-4)


def test_threshold_is_a_quantile_of_training_scores(fitted):
    assert fitted.threshold_ == np.quantile(fitted.decision_scores_, 0.9)
    assert fitted.offset_ == -fitted.threshold_
    assert fitted.labels_.sum() == 12
    np.testing.assert_array_equal(fitted.labels_, fitted.decision_scores_ > fitted.threshold_)
    decision = fitted.decision_function(FAR)
    np.testing.assert_allclose(decision, fitted.score_samples(FAR) - fitted.offset_)
    np.testing.assert_array_equal(fitted.predict(FAR), np.where(decision < 0, -1, 1))
    assert (fitted.predict(FAR) == -1).mean() > 0.8


def test_contamination_moves_the_threshold_and_no_score(fitted):
    other = clone(fitted).set_params(contamination=0.5).fit(X)
    np.testing.assert_array_equal(other.decision_scores_, fitted.decision_scores_)
    assert other.labels_.sum() == 60


def test_rows_do_not_depend_on_their_batch(fitted, monkeypatch):
    whole = fitted.score_samples(X)
    monkeypatch.setattr("course_lib.anomaly.detector.BATCH", 7)
    np.testing.assert_allclose(fitted.score_samples(X), whole, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(fitted.score_samples(X[::-1])[::-1], whole, rtol=1e-3, atol=1e-5)


def test_latent_is_mahalanobis_distance_of_codes():
    found = AnomalyDetector(linear, units=2, criterion="latent", epochs=2, random_state=0).fit(X)
    codes = np.asarray(found.model_.encode(X), float)
    away = np.asarray(found.model_.encode(FAR), float) - codes.mean(axis=0)
    wanted = np.einsum("ni,ij,nj->n", away, np.linalg.inv(np.cov(codes.T, bias=True)), away)
    np.testing.assert_allclose(-found.score_samples(FAR), wanted, rtol=1e-4)
    # A property of such distances: over the training data their mean is the number of units.
    assert found.decision_scores_.mean() == pytest.approx(2, rel=1e-4)


def linear_vae(features=3, units=2):
    """A model whose bound is known in closed form."""
    model = models.VAE(dense(2 * units), dense(features), likelihood="gaussian", seed=0)
    model.build((None, features))
    w, log_variance = RNG.normal(size=(features, units)), np.array([-1.0, 0.5])
    model.encoder.set_weights([np.concatenate([w, 0 * w], 1), np.append([0.0, 0.0], log_variance)])
    model.decoder.set_weights([RNG.normal(size=(units, features)), np.ones(features)])
    return model


def test_bound_is_the_closed_form_and_what_many_draws_give():
    """E‖x − Wz − b‖² = ‖x − Wm − b‖² + Σⱼ σⱼ² ‖wⱼ‖²."""
    model, x = linear_vae(), RNG.normal(size=(9, 3)).astype("float32")
    found = criteria.likelihood(model, x)
    mean, log_variance = (np.asarray(ops.convert_to_numpy(v), float) for v in model.posterior(x))
    w, b = (np.asarray(v, float) for v in model.decoder.get_weights())
    kl = 0.5 * (np.exp(log_variance) - 1 - log_variance + mean**2).sum(axis=1)
    at_mean = ops.convert_to_numpy(gaussian_nll(x, (mean @ w + b).astype("float32")))
    spread = 0.5 * (np.exp(log_variance) * (w**2).sum(axis=1)).sum(axis=1)
    # The one part that draws only estimate, and the same for every example.
    error = found - (at_mean + kl + spread)
    np.testing.assert_allclose(error, error[0], atol=1e-4)
    assert abs(error[0]) < 0.5 * spread[0]
    many = -np.mean(ops.convert_to_numpy(model.log_weights(x, 4000)), axis=1)
    np.testing.assert_allclose(at_mean + kl + spread, many, atol=0.3)


def test_bound_is_deterministic_and_the_same_for_equal_rows():
    found = AnomalyDetector(variational, 2, "likelihood", epochs=1, random_state=0).fit(X)
    twice = np.concatenate([FAR, FAR[::-1]])
    scores = found.score_samples(twice)
    np.testing.assert_array_equal(scores, found.score_samples(twice))
    np.testing.assert_allclose(scores[:20], scores[20:][::-1], rtol=1e-5)
    assert np.std(scores) > 0


def test_exact_likelihoods_of_images():
    images = (RNG.random((40, 3, 3, 1)) < 0.3).astype("float32")
    found = AnomalyDetector(made, 8, "likelihood", epochs=1, random_state=0).fit(images)
    wanted = np.asarray(ops.convert_to_numpy(found.model_.log_prob(images)))
    np.testing.assert_allclose(found.score_samples(images), wanted, rtol=1e-5)


def test_a_models_own_scores():
    found = AnomalyDetector(scored, 2, "bigan", epochs=1, random_state=0).fit(X)
    np.testing.assert_allclose(-found.score_samples(FAR), np.abs(FAR).sum(axis=1), rtol=1e-6)


def denoising(features, units):
    parts = dense(units), dense(features)
    return models.DenoisingAutoencoder(*parts, GaussianCorruption(0.1))


def wasserstein(features, units):
    return models.InfoVAE(dense(2 * units), dense(features), likelihood="gaussian")


def adversarial(features, units):
    parts = dense(units), dense(features), dense(1)
    return models.AdversarialAutoencoder(*parts, GaussianPrior(units), "gaussian")


@pytest.mark.parametrize(
    ("build", "criterion"),
    [
        (None, "reconstruction"),
        (denoising, "reconstruction"),
        (wasserstein, "likelihood"),
        (adversarial, "latent"),
    ],
)
def test_other_models(build, criterion):
    found = AnomalyDetector(build, 2, criterion, epochs=1, random_state=0).fit(X)
    assert found.score_samples(FAR).shape == (20,)
    again = pickle.loads(pickle.dumps(found))
    np.testing.assert_allclose(again.score_samples(FAR), found.score_samples(FAR), rtol=1e-5)


def test_a_compiled_model_is_fitted_as_it_is():
    def still(features, units):
        model = linear(features, units)
        model.compile(keras.optimizers.SGD(0.0))
        return model

    found = AnomalyDetector(still, 2, epochs=3, random_state=0).fit(X)
    assert int(found.model_.optimizer.iterations) == 6
    before = np.asarray(found.model_.encoder.get_weights()[0])
    found.model_.fit(X, verbose=0)
    np.testing.assert_array_equal(found.model_.encoder.get_weights()[0], before)


def test_images_and_series_keep_their_axes():
    series = X.reshape(120, 3, 2)
    rows = AnomalyDetector(None, 2, epochs=2, random_state=0).fit(X)
    found = AnomalyDetector(None, 2, epochs=2, random_state=0).fit(series)
    assert found.model_.reconstruct(series).shape == series.shape
    np.testing.assert_allclose(found.decision_scores_, rows.decision_scores_, rtol=1e-3)


def test_seeds_repeat_and_leave_other_generators_alone():
    detectors = [AnomalyDetector(briefly, 2, epochs=2, random_state=seed) for seed in (3, 3, 4)]
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    kept = random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002
    a, b, c = (one.fit(X).decision_scores_ for one in detectors)
    np.testing.assert_array_equal(a, b)
    assert not np.allclose(a, c)
    assert random.getstate() == kept[0]
    np.testing.assert_array_equal(np.random.get_state()[1], kept[1])  # noqa: NPY002


def test_without_a_seed_numpys_global_one_counts():
    def scores():
        return AnomalyDetector(briefly, 2, epochs=1).fit(X).decision_scores_

    keras.utils.set_random_seed(5)
    first, second = scores(), scores()
    keras.utils.set_random_seed(5)
    np.testing.assert_array_equal(scores(), first)
    assert not np.allclose(first, second)


def test_pipeline_and_grid_search_and_files():
    """Data in a plane: six units rebuild anomalies as well as they do them, two do not."""
    order = np.random.default_rng(1).permutation(140)
    y = np.append(np.ones(120), -np.ones(20))[order]
    x = (np.concatenate([X, FAR]) * [1, 10, 100, 1, 1, 1])[order]
    detector = AnomalyDetector(linear, batch_size=16, random_state=0)
    pipeline = make_pipeline(StandardScaler(), detector)
    grid = {"anomalydetector__units": [2, 6]}
    search = GridSearchCV(pipeline, grid, scoring="roc_auc", cv=2).fit(x, y)
    assert search.best_params_["anomalydetector__units"] == 2
    assert search.best_score_ > 0.9
    file = io.BytesIO()
    joblib.dump(search, file)
    file.seek(0)
    loaded = joblib.load(file)
    np.testing.assert_allclose(loaded.decision_function(x), search.decision_function(x), rtol=1e-4)
    np.testing.assert_array_equal(loaded.predict(x), search.predict(x))


def test_memory_of_a_million_rows(monkeypatch):
    """What is scored is 80 MB; beside it and the scores there is a batch and no more."""
    found = AnomalyDetector(briefly, 2, epochs=1, random_state=0)
    x = np.zeros((1_000_000, 20), "float32")
    x[:, 0] = np.arange(1_000_000) / 1e6
    found.fit(x[:2000])
    sizes = []

    def first_column(model, part):
        sizes.append(len(part))
        return part[:, 0]

    monkeypatch.setitem(criteria.CRITERIA, "reconstruction", first_column)
    tracemalloc.start()
    scores = -found.score_samples(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(scores, x[:, 0])
    assert max(sizes) <= BATCH
    assert peak < 30e6  # two arrays of scores are 16 MB


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"criterion": "energy"}, "criterion must be one of reconstruction, likelihood, latent"),
        ({"criterion": "likelihood"}, "log_prob or log_weights .* 'likelihood', but Autoencoder"),
        ({"criterion": "bigan"}, "build must make a model with scores"),
        ({"units": 0}, "units must be a whole number"),
        ({"epochs": 1.5}, "epochs must be a whole number"),
        ({"batch_size": 0}, "batch_size must"),
        ({"contamination": 0}, "contamination must be a finite number above 0"),
        ({"contamination": 0.6}, "contamination must be a finite number of at most 0.5"),
    ],
)
def test_bad_arguments_get_a_sentence(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        AnomalyDetector(**options).fit(X)
