"""The rate against its equation, at every step; training for as long as was asked."""

import keras
import numpy as np
import pytest

from course_lib.models import LinearAutoencoder
from course_lib.training import train, warm_cosine

X = np.random.default_rng(0).random((50, 6)).astype("float32")


@pytest.mark.parametrize("steps", [1, 19, 20, 60, 1_000])
def test_the_rate_at_every_step(steps):
    schedule, rise = warm_cosine(2e-3, steps), steps // 20
    t = np.arange(steps + 1)
    falling = 1e-3 * (1 + np.cos(np.pi * (t - rise) / (steps - rise)))
    expected = np.where(t < rise, 2e-3 * t / max(rise, 1), falling)
    found = [float(schedule(int(step))) for step in t]
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize(("examples", "epochs"), [(1, 1), (70, 1), (80, 2), (500, 10)])
def test_examples_are_whole_epochs(examples, epochs):
    model = LinearAutoencoder(features=6, units=2)
    history = train(model, X, examples, batch_size=20, verbose=0)
    assert len(history.history["loss"]) == epochs
    assert int(model.optimizer.iterations) == 3 * epochs


def test_it_is_adam_on_that_schedule():
    def weights(fit):
        keras.utils.set_random_seed(0)
        model = LinearAutoencoder(features=6, units=2)
        fit(model)
        return model.get_weights()

    def by_hand(model):
        model.compile(keras.optimizers.Adam(warm_cosine(1e-2, 60)))
        model.fit(X, batch_size=10, epochs=12, verbose=0)

    ours = weights(lambda model: train(model, X, 600, batch_size=10, rate=1e-2, verbose=0))
    for a, b in zip(ours, weights(by_hand), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda m: warm_cosine(0, 10), "rate must be"),
        (lambda m: warm_cosine(1e-3, 0), "steps must be"),
        (lambda m: train(m, X, 0), "examples must be"),
        (lambda m: train(m, X, 10, batch_size=0), "batch_size must be"),
        (lambda m: train(m, X, 10, rate=-1.0), "rate must be"),
    ],
)
def test_bad_input_gets_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(LinearAutoencoder(features=6, units=2))
