"""What exercises ask is the same in every lesson, other in each assignment, and always data."""

import contextlib
import importlib

import numpy as np
import pytest

from course_lib.lesson.checks import EXERCISES, answered, judged
from course_lib.lesson.draws import draws, is_assigned, seeded
from course_lib.lesson.trials import Trial, built, reloaded, trial
from tests.lesson.answers import RIGHT

# These begin with something that never changes, and answer in no time.
FIXED = {"convolutional.1", "pixels.1", "retrieval.2", "retrieval.3", "sequences.3"}
FIXED |= {"stacked.1", "zoo.2"}


def asked_of(id):
    """The first question; where that is always the same, all that a right answer gets."""
    asked = []

    def answer(question):
        asked.append(question)
        return answered(RIGHT[id], question) if id in FIXED else 1 / 0

    with contextlib.suppress(RuntimeError):
        judged(id, EXERCISES[id], answer)
    return [part for question in asked for part in arrays(question)]


def arrays(asked):
    given = asked.arguments if isinstance(asked, Trial) else asked
    flat = []
    for one in given:
        flat += list(one) if isinstance(one, list | tuple) else [one]
    return [np.ravel(one).tolist() for one in flat if not callable(one) and one is not None]


@pytest.mark.parametrize("id", sorted(RIGHT.keys() - {"convolutional.6"}))  # nothing is given
def test_what_is_asked_depends_on_the_seed_alone(id):
    importlib.import_module(f"course_lib.lesson.exercises.{id.split('.')[0]}")
    lesson, again = asked_of(id), asked_of(id)
    with seeded(1):
        one, same = asked_of(id), asked_of(id)
    with seeded(2):
        other = asked_of(id)
    assert lesson == again
    assert one == same
    assert lesson != one != other


def test_draws():
    assert not is_assigned()
    np.testing.assert_array_equal(draws(3).random(4), np.random.default_rng(3).random(4))
    with seeded(5):
        assert is_assigned()
        np.testing.assert_array_equal(draws(3).random(4), np.random.default_rng([3, 5]).random(4))
    assert not is_assigned()


def test_a_trial_must_be_known():
    with pytest.raises(ValueError, match=r"function must be one of course_lib\.lesson\.trials"):
        trial(arrays, 1)


def test_a_layer_is_built_and_given_weights():
    keras = pytest.importorskip("keras")
    kernel, bias = np.arange(6.0).reshape(3, 2), np.array([1.0, -1.0])
    x = np.ones((4, 3), "float32")
    weights, y = trial(built, (2,), [kernel, bias], x)(keras.layers.Dense)
    assert [w.shape for w in weights] == [(3, 2), (2,)]
    np.testing.assert_allclose(y, x @ kernel + bias, rtol=1e-6)


def test_a_file_is_loaded_in_safe_mode(tmp_path):
    keras = pytest.importorskip("keras")
    ran = []

    def save(path, layer):
        keras.Sequential([keras.Input((3,)), layer]).save(path)
        return path

    x = np.array([[-1.0, 0.0, 2.0]], "float32")
    path = str(tmp_path / "a.keras")
    y = trial(reloaded, (path,), x)(lambda path: save(path, keras.layers.Activation("relu")))
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(y), [[0, 0, 2]])
    with pytest.raises(ValueError, match=r"[Ll]ambda|unsafe|safe"):
        trial(reloaded, (path,), x)(
            lambda path: save(path, keras.layers.Lambda(lambda z: ran.append(1) or z))
        )
