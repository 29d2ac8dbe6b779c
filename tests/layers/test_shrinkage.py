import keras
import numpy as np
import pytest
from keras import ops
from keras.src.testing import TestCase
from scipy.optimize import minimize_scalar

from course_lib.layers import LISTA, Gain, SoftThreshold, soft_threshold

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)
D = RNG.normal(size=(8, 5))
X = RNG.normal(size=(20, 5)).astype("float32")


def ista(x, D, sparsity, steps):
    """By the book, in double precision."""
    square = np.linalg.norm(D, 2) ** 2
    h = np.zeros((len(x), len(D)))
    for _ in range(steps):
        v = h + (x - h @ D) @ D.T / square
        h = np.sign(v) * np.maximum(np.abs(v) - sparsity / (2 * square), 0)
    return h


def test_soft_threshold_is_the_minimum_of_its_problem():
    for v in RNG.normal(scale=2, size=20):
        best = minimize_scalar(lambda h, v=v: 0.5 * (h - v) ** 2 + 0.7 * abs(h), tol=1e-10).x
        assert float(soft_threshold(ops.array(v), 0.7)) == pytest.approx(best, abs=1e-5)


def test_what_is_below_the_threshold_is_exactly_zero():
    v = np.linspace(-1, 1, 21).astype("float32")
    np.testing.assert_array_equal(to_numpy(soft_threshold(v, 1.5)), 0)


@pytest.mark.parametrize("steps", [1, 2, 7, 30])
@pytest.mark.parametrize("sparsity", [0.0, 0.5])
def test_lista_begins_as_ista(steps, sparsity):
    encoder = LISTA(8, steps, D, sparsity)
    np.testing.assert_allclose(to_numpy(encoder(X)), ista(X, D, sparsity, steps), atol=2e-5)


def test_lista_begins_as_ista_where_keras_builds_it():
    """Inside a model built by `fit`, where values assigned in `build` would be lost."""
    model = keras.Sequential([LISTA(8, 5, D, 0.5)])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    model.fit(X, np.zeros((len(X), 8), "float32"), verbose=0)
    np.testing.assert_allclose(to_numpy(model(X)), ista(X, D, 0.5, 5), atol=2e-5)


@pytest.mark.slow
def test_training_brings_lista_nearer_to_the_optimum():
    keras.utils.set_random_seed(0)
    optimum = ista(X, D, 0.5, 3000).astype("float32")
    model = keras.Sequential([LISTA(8, 2, D, 0.5)])
    model.compile(keras.optimizers.Adam(0.01), "mse")
    before = model.evaluate(X, optimum, verbose=0)
    model.fit(X, optimum, epochs=60, verbose=0)
    assert model.evaluate(X, optimum, verbose=0) < before / 3


def test_learned_thresholds_are_trained_and_stay_above_zero():
    layer = SoftThreshold(0.3, learned=True)
    model = keras.Sequential([layer])
    model.compile(keras.optimizers.SGD(10.0), "mse")
    # The target is the input: no threshold at all would be best.
    model.fit(X, X, epochs=5, verbose=0)
    thresholds = to_numpy(layer.thresholds)
    assert (thresholds >= 0).all()
    assert (thresholds < 0.3).any()


def test_a_file_holds_the_weights(tmp_path):
    model = keras.Sequential([keras.Input((5,)), LISTA(8, 3, D, 0.5)])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    for a, b in zip(loaded.weights, model.weights, strict=True):
        np.testing.assert_array_equal(to_numpy(a), to_numpy(b))
    # PyTorch adds up in another order where a kernel lies transposed in memory.
    np.testing.assert_allclose(to_numpy(loaded(X)), to_numpy(model(X)), atol=1e-6)


def test_the_dictionary_is_part_of_the_config(tmp_path):
    """A copy, a clone and a fresh start are ISTA again, in every digit."""
    layer = LISTA(8, 3, D, 0.5)
    expected = to_numpy(layer(X))
    again = LISTA.from_config(layer.get_config())
    np.testing.assert_array_equal(to_numpy(again(X)), expected)
    model = keras.Sequential([keras.Input((5,)), LISTA(8, 3, D, 0.5)])
    np.testing.assert_array_equal(to_numpy(keras.models.clone_model(model)(X)), expected)
    rebuilt = keras.models.model_from_json(model.to_json())
    np.testing.assert_array_equal(to_numpy(rebuilt(X)), expected)


def test_of_a_dictionary_of_zeros_the_code_is_zero():
    np.testing.assert_array_equal(to_numpy(LISTA(8, 3, 0 * D, 0.5)(X)), 0)


def test_gain_multiplies_each_unit():
    layer = Gain()
    layer.build((None, 3, 5))
    layer.gain.assign([1.0, -2.0, 0.0, 0.5, 3.0])
    x = RNG.normal(size=(2, 3, 5)).astype("float32")
    np.testing.assert_allclose(to_numpy(layer(x)), x * [1, -2, 0, 0.5, 3], rtol=1e-6)


class TestKerasHarness(TestCase):
    def test_soft_threshold(self):
        for learned in (False, True):
            self.run_layer_test(
                SoftThreshold,
                init_kwargs={"threshold": 0.5, "learned": learned},
                input_shape=(3, 4),
                expected_output_shape=(3, 4),
                expected_num_trainable_weights=int(learned),
            )

    def test_lista(self):
        for steps, weights in ((1, 2), (3, 3)):
            self.run_layer_test(
                LISTA,
                init_kwargs={"units": 6, "steps": steps, "sparsity": 0.1},
                input_shape=(3, 4),
                expected_output_shape=(3, 6),
                expected_num_trainable_weights=weights,
            )

    def test_gain(self):
        self.run_layer_test(
            Gain,
            init_kwargs={},
            input_shape=(3, 4),
            expected_output_shape=(3, 4),
            expected_num_trainable_weights=1,
        )


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: SoftThreshold(-1), "threshold must be a finite number of at least 0"),
        (lambda: SoftThreshold(0.1)(np.array([[1]])), "v must hold floats"),
        (lambda: LISTA(0, 1), "units must be a whole number of at least 1"),
        (lambda: LISTA(8, 1.5), "steps must be a whole number of at least 1"),
        (lambda: LISTA(8, 1, sparsity=-1), "sparsity must be a finite number of at least 0"),
        (lambda: LISTA(7, 1, D), "dictionary must have 7 atoms"),
        (lambda: LISTA(8, 1, D)(X[:, :4]), "dictionary must have atoms of the 4 features"),
        (lambda: LISTA(8, 1, D * np.nan), "dictionary must be finite"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
