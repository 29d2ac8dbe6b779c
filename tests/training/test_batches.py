import keras
import numpy as np
import pytest

from course_lib.models import LinearAutoencoder
from course_lib.training.batches import epoch_batches, steps_together

on_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="other backends take arrays as they are"
)
X = np.arange(20, dtype="float32").reshape(10, 2)


def epoch(dataset):
    return [batch.numpy() for batch in dataset]


@pytest.mark.parametrize(
    ("count", "batch_size", "most", "together"),
    [
        (1_000, 100, 16, 10),
        (60_000, None, 16, 15),
        (400, 20, 50, 20),
        (60_000, 128, 16, 10),  # 469 steps: no divisor but 7
        (20_000, 128, 16, 16),  # 157 steps, a prime
        (58_000, 128, 16, 13),  # 454 steps, twice a prime
    ],
)
def test_steps_that_go_together_fill_an_epoch(count, batch_size, most, together):
    # Keras' loop for PyTorch refuses more than one.
    wanted = 1 if keras.backend.backend() == "torch" else together
    assert steps_together(count, batch_size, most) == wanted


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((0, 10), "count must be"),
        ((10, 0), "batch_size must be"),
        ((10, 10, 0), "most must be"),
        ((10.5, 10), "count must be"),
    ],
)
def test_steps_that_cannot_be(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        steps_together(*arguments)


@on_tensorflow
def test_a_prime_number_of_steps_is_made_exactly_and_as_one_by_one():
    """17 steps in calls of nine and eight."""
    x = np.random.default_rng(0).normal(size=(34, 2)).astype("float32")
    weights = []
    for asked in (None, 1):
        keras.utils.set_random_seed(0)
        model = LinearAutoencoder(features=2, units=1)
        model.compile(keras.optimizers.Adam(0.1), steps_per_execution=asked)
        model.fit(x, batch_size=2, epochs=2, shuffle=False, verbose=0)
        assert int(model.optimizer.iterations) == 34
        weights.append(np.concatenate([w.ravel() for w in model.get_weights()]))
    np.testing.assert_array_equal(*weights)


@on_tensorflow
def test_every_example_once_an_epoch_in_a_new_order():
    dataset = epoch_batches(X, 4)
    assert len(dataset) == 3
    first, second = epoch(dataset), epoch(dataset)
    assert [len(batch) for batch in first] == [4, 4, 2]
    for rows in (np.concatenate(first), np.concatenate(second)):
        np.testing.assert_array_equal(rows[np.argsort(rows[:, 0])], X)
    assert not np.array_equal(np.concatenate(first), np.concatenate(second))


@on_tensorflow
def test_without_shuffling_the_order_is_the_arrays():
    np.testing.assert_array_equal(np.concatenate(epoch(epoch_batches(X, 4, shuffle=False))), X)


@pytest.mark.slow
@on_tensorflow
def test_a_seed_repeats_training_bit_for_bit():
    x = np.random.default_rng(0).random((100, 6)).astype("float32")

    def trained():
        keras.utils.set_random_seed(3)
        model = LinearAutoencoder(6, 2)
        model.compile(keras.optimizers.Adam(0.01))
        history = model.fit(x, batch_size=7, epochs=3, validation_data=x[:5], verbose=0)
        return [keras.ops.convert_to_numpy(w) for w in model.weights], history.history

    (weights, history), (again, history_again) = trained(), trained()
    for a, b in zip(weights, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert history == history_again
