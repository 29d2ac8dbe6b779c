"""A pass in one loop is a pass of `fit`."""

import keras
import numpy as np
import pytest

from course_lib.layers import GaussianPrior
from course_lib.models import VAE, AdversarialAutoencoder, PixelRNN

on_jax = pytest.mark.skipif(keras.backend.backend() != "jax", reason="the loop is JAX's")
rng = np.random.default_rng(0)
X, Y = rng.random((60, 6)).astype("float32"), rng.integers(0, 3, 60)
IMAGES = rng.integers(0, 2, (60, 4, 4, 1)).astype("float32")
dense = keras.layers.Dense


def vae():
    return built(VAE(dense(4), dense(6)), X)


def players():
    return built(AdversarialAutoencoder(dense(2), dense(6), dense(1), GaussianPrior(2)), X)


def pixels():
    return built(PixelRNN((4, 4, 1), units=2, kind="diagonal"), IMAGES)


def classifier():
    model = keras.Sequential([keras.Input((6,)), dense(5, "tanh"), dense(3)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    return model


def built(model, x):
    model.build((None, *x.shape[1:]))
    model.compile(keras.optimizers.Adam(0.01))
    return model


def seeded(make, seed=0):
    keras.utils.set_random_seed(seed)
    return make()


def scanned(models, data, batch_size=10, **options):
    # Not above: the module needs JAX.
    from tests.benchmarks.scanning import Scanned

    return Scanned(models, data, batch_size, **options)


def assert_same(weights, others, tolerance=1e-6):
    for weight, other in zip(weights, others, strict=True):
        np.testing.assert_allclose(weight, other, rtol=0, atol=tolerance)


@on_jax
@pytest.mark.parametrize(
    ("make", "data", "count"),
    [
        (vae, (X,), 1),
        (players, (X,), 2),
        (pixels, (IMAGES,), 1),
        (classifier, (X, Y), 2),
    ],
)
def test_two_passes_give_the_weights_of_fit_on_the_same_batches(make, data, count):
    fitted = seeded(make)
    history = fitted.fit(*data, batch_size=10, epochs=2, shuffle=False, verbose=0).history
    training = scanned([seeded(make, seed) for seed in range(count)], data)
    logs = [training.train(order=np.arange(60)) for _ in range(2)]
    assert_same(fitted.get_weights(), training.written()[0].get_weights())
    for name, values in history.items():
        np.testing.assert_allclose([log[name][0] for log in logs], values, rtol=1e-5)


@on_jax
def test_models_side_by_side_go_their_own_ways_at_their_own_rates():
    training = scanned([seeded(vae, seed) for seed in (0, 0, 1)], X)
    before = [model.get_weights() for model in training.models]
    training.train([0.0, 0.01, 0.01], order=np.arange(60))
    still, moved, other = (model.get_weights() for model in training.written())
    assert_same(still[:2], before[0][:2], tolerance=0)
    assert np.abs(moved[0] - before[1][0]).max() > 1e-3
    alone = scanned([seeded(vae, 1)], X)
    alone.train([0.01], order=np.arange(60))
    assert_same(alone.written()[0].get_weights(), other)


@on_jax
def test_each_may_have_data_of_its_own():
    own = np.stack([X, X[::-1] ** 2])
    training = scanned([seeded(vae), seeded(vae)], own, own=True)
    training.train(order=np.arange(60))
    for model, x in zip(training.written(), own, strict=True):
        alone = scanned([seeded(vae)], x)
        alone.train(order=np.arange(60))
        assert_same(alone.written()[0].get_weights(), model.get_weights())


@on_jax
def test_passes_differ_in_their_order_and_see_every_example():
    seen = []
    training = scanned([seeded(classifier)], (X, Y))
    training._train = lambda state, data, orders: (seen.append(orders), (state, {}))[1]
    for _ in range(2):
        training.train()
    assert all(sorted(order.ravel()) == list(range(60)) for order in seen)
    assert not np.array_equal(*seen)
    assert seen[0].shape == (1, 6, 10)


@on_jax
def test_evaluation_is_that_of_keras():
    training = scanned([seeded(classifier), seeded(classifier, 1)], (X, Y))
    training.train()
    values = training.evaluate((X, Y))
    for i, model in enumerate(training.written()):
        for name, value in model.evaluate(X, Y, verbose=0, return_dict=True).items():
            np.testing.assert_allclose(values[name][i], value, rtol=1e-5)


@on_jax
def test_the_weights_that_are_kept_are_those_of_the_lowest_value():
    training = scanned([seeded(classifier), seeded(classifier, 1)], (X, Y))
    found = []
    for values in ([3.0, 1.0], [2.0, 2.0], [2.5, 0.5]):
        training.train()
        training.keep(values)
        found.append([model.get_weights() for model in training.written()])
    first, second = (model.get_weights() for model in training.restore())
    assert_same(first, found[1][0], tolerance=0)
    assert_same(second, found[2][1], tolerance=0)
    assert list(training.best) == [2.0, 0.5]


@on_jax
def test_each_phase_has_the_rate_that_it_is_given():
    def make():
        model = seeded(players)
        model.compile({phase.name: keras.optimizers.SGD(1.0) for phase in model.phases()})
        return model

    names = [phase.name for phase in make().phases()]
    order = rng.permutation(len(X))
    for still in names:
        rates = [[0.0 if name == still else 0.1] for name in names]
        training, alone = scanned([make()], X), make()
        alone.optimizer.by_phase[still].learning_rate = 0.0
        for name in set(names) - {still}:
            alone.optimizer.by_phase[name].learning_rate = 0.1
        training.train(rates, order)
        alone.fit(X[order], batch_size=10, shuffle=False, verbose=0)
        assert_same(training.written()[0].get_weights(), alone.get_weights(), tolerance=1e-5)


@on_jax
def test_rates_of_too_few_phases_are_refused():
    training = scanned([seeded(players)], X)
    with pytest.raises(ValueError, match="rates must be of 3 phases, but are of 2"):
        training.train([[0.1], [0.1]])


@on_jax
def test_what_is_no_batches_is_refused():
    with pytest.raises(ValueError, match="60 examples are no batches of 7"):
        scanned([seeded(vae)], X, batch_size=7)


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="there it runs")
def test_other_backends_are_refused_in_a_sentence():
    pytest.importorskip("jax")
    with pytest.raises(ValueError, match="KERAS_BACKEND must be jax, but is"):
        scanned([seeded(vae)], X)
