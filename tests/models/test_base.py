import keras
import numpy as np
import pytest
from keras import ops

from course_lib.models import Autoencoder


@pytest.fixture
def x():
    return np.random.default_rng(0).random((50, 6)).astype("float32")


def small(likelihood="gaussian", units=3, activation="tanh", **kwargs):
    keras.utils.set_random_seed(1)
    return Autoencoder(
        keras.layers.Dense(units, activation=activation, **kwargs),
        keras.layers.Dense(6),
        likelihood=likelihood,
    )


def weights_of(model):
    return [ops.convert_to_numpy(w) for w in model.trainable_weights]


def numpy_terms(model, x):
    """−log p(x | g(f(x))) written again, in float64, without Keras."""
    a, b, w, c = (v.astype("float64") for v in weights_of(model))
    out = np.tanh(x @ a + b) @ w + c
    return 0.5 * ((x - out) ** 2 + np.log(2 * np.pi)).sum(1)


def test_evaluate_is_the_mean_over_examples_at_any_batch_size(x):
    model = small()
    model.compile()
    for batch_size in (50, 16, 7):
        logs = model.evaluate(x, batch_size=batch_size, verbose=0, return_dict=True)
        assert set(logs) == {"loss", "reconstruction"}
        expected = numpy_terms(model, x).mean()
        assert logs["loss"] == pytest.approx(expected, rel=1e-5)
        assert logs["reconstruction"] == pytest.approx(expected, rel=1e-5)


def test_fit_with_and_without_target_and_from_batches_is_the_same(x):
    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 5

        def __getitem__(self, i):
            return (x[10 * i : 10 * i + 10],)

    def fitted(*args, **kwargs):
        model = small()
        model.compile(keras.optimizers.SGD(0.1))
        model.fit(*args, epochs=2, shuffle=False, verbose=0, **kwargs)
        return weights_of(model)

    expected = fitted(x, batch_size=10)
    for other in (
        fitted(x, x, batch_size=10),
        fitted(x, x.copy(), batch_size=10),
        fitted(Batches()),
    ):
        for a, b in zip(expected, other, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7)


def test_gradient_descent_step_by_hand(x):
    """Three backends, one answer: SGD on a linear autoencoder, written in NumPy."""
    model = small(activation=None)
    model.compile(keras.optimizers.SGD(0.01))
    model.build((None, 6))
    a, b, w, c = (v.astype("float64") for v in weights_of(model))
    for _ in range(3):
        h = x @ a + b
        error = (h @ w + c - x) / len(x)
        gw, gc, gh = h.T @ error, error.sum(0), error @ w.T
        a, b = a - 0.01 * x.T @ gh, b - 0.01 * gh.sum(0)
        w, c = w - 0.01 * gw, c - 0.01 * gc
    model.fit(x, batch_size=len(x), epochs=3, shuffle=False, verbose=0)
    for mine, theirs in zip((a, b, w, c), weights_of(model), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)


def test_sample_weights_weigh_examples(x):
    model = small()
    model.compile(keras.optimizers.SGD(0.0))
    weights = np.linspace(0, 1, len(x)).astype("float32")
    history = model.fit(x, sample_weight=weights, batch_size=50, verbose=0).history
    expected = (weights * numpy_terms(model, x)).mean()
    assert history["loss"][0] == pytest.approx(expected, rel=1e-5)


def test_penalties_of_layers_are_added_once(x):
    model = small(kernel_regularizer=keras.regularizers.L2(0.1))
    model.compile(keras.optimizers.SGD(0.0))
    logs = model.evaluate(x, batch_size=25, verbose=0, return_dict=True)
    penalty = 0.1 * (weights_of(model)[0] ** 2).sum()
    assert logs["loss"] - logs["reconstruction"] == pytest.approx(penalty, rel=1e-3)


def test_a_step_runs_the_encoder_once(x):
    calls = []

    class Counting(keras.layers.Dense):
        def call(self, inputs, training=None):
            calls.append(training)
            return super().call(inputs)

    model = Autoencoder(Counting(2), keras.layers.Dense(6))
    model.build((None, 6))
    model.compile(run_eagerly=True, jit_compile=False, steps_per_execution=1)
    if keras.backend.backend() == "jax":
        pytest.skip("JAX has no eager steps: what it traces once it may trace again")
    model.fit(x, batch_size=50, epochs=1, verbose=0)
    assert calls == [True]
    model.evaluate(x, batch_size=50, verbose=0)
    assert calls == [True, False]


def test_terms_and_weights_of_a_subclass_add_up(x):
    class Weighted(Autoencoder):
        @property
        def term_weights(self):
            return {"reconstruction": 1.0, "size": 0.5}

        def loss_terms(self, x, y=None, training=False):
            codes = self.encoder(x)
            return {
                "reconstruction": self.likelihood.call(x, self.decoder(codes)),
                "size": ops.sum(ops.square(codes), axis=-1),
            }

    model = Weighted(keras.layers.Dense(3), keras.layers.Dense(6))
    model.compile()
    held_out = x[:20] + 0.1
    history = model.fit(x, validation_data=held_out, batch_size=20, verbose=0).history
    for prefix in ("", "val_"):
        total = history[f"{prefix}reconstruction"][0] + 0.5 * history[f"{prefix}size"][0]
        assert history[f"{prefix}loss"][0] == pytest.approx(total, rel=1e-5)


def test_a_term_without_a_weight_is_refused(x):
    class Extra(Autoencoder):
        def loss_terms(self, x, y=None, training=False):
            return super().loss_terms(x, y, training) | {"extra": ops.zeros(ops.shape(x)[:1])}

    model = Extra(keras.layers.Dense(3), keras.layers.Dense(6))
    model.compile()
    with pytest.raises(ValueError, match="terms and weights must have the same names"):
        model.fit(x, verbose=0)


def test_reconstruct_is_the_mean_of_the_likelihood(x):
    gaussian, bernoulli = small(), small("bernoulli")
    logits = ops.convert_to_numpy(bernoulli(x))
    np.testing.assert_allclose(
        ops.convert_to_numpy(bernoulli.reconstruct(x)), 1 / (1 + np.exp(-logits)), rtol=1e-5
    )
    np.testing.assert_allclose(
        ops.convert_to_numpy(gaussian.reconstruct(x)), ops.convert_to_numpy(gaussian(x)), rtol=1e-6
    )
    np.testing.assert_array_equal(
        ops.convert_to_numpy(gaussian.predict(x, verbose=0)).shape, x.shape
    )


@pytest.mark.slow
def test_a_resumed_run_equals_one_never_interrupted(x, tmp_path):
    def fit(model, epochs):
        model.fit(x, batch_size=16, epochs=epochs, shuffle=False, verbose=0)

    straight = small("bernoulli")
    straight.compile(keras.optimizers.Adam(0.01))
    fit(straight, 4)
    resumed = small("bernoulli")
    resumed.compile(keras.optimizers.Adam(0.01))
    fit(resumed, 2)
    resumed.save(tmp_path / "half.keras")
    resumed = keras.saving.load_model(tmp_path / "half.keras", safe_mode=True)
    fit(resumed, 2)
    for a, b in zip(weights_of(straight), weights_of(resumed), strict=True):
        np.testing.assert_array_equal(a, b)


def test_deep_and_shaped_models_save(tmp_path):
    images = np.random.default_rng(0).random((4, 8, 8, 1)).astype("float32")
    model = Autoencoder(
        keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(5)], name="encoder"),
        keras.Sequential([keras.layers.Dense(64), keras.layers.Reshape((8, 8, 1))]),
        likelihood="bernoulli",
    )
    expected = ops.convert_to_numpy(model.reconstruct(images))
    model.build(images.shape)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(expected, ops.convert_to_numpy(loaded.reconstruct(images)))
    encoder = loaded.encoder
    encoder.save(tmp_path / "encoder.keras")
    alone = keras.saving.load_model(tmp_path / "encoder.keras", safe_mode=True)
    np.testing.assert_array_equal(
        ops.convert_to_numpy(alone(images)), ops.convert_to_numpy(model.encode(images))
    )


GOOD = np.full((4, 6), 0.5, "float32")
BAD_INPUT = {
    "nan": (GOOD * np.nan, {}, "x must be finite"),
    "integers": (GOOD.astype("int32"), {}, "x must hold floats"),
    "above one": (GOOD * 3, {}, r"x must lie in \[0, 1\]"),
    "empty": (GOOD[:0], {}, "x must not be empty"),
    "labels": (GOOD, {"y": np.zeros(4)}, "y must have 2 or .* axes, but its shape is"),
    "target above one": (GOOD, {"y": GOOD + 1}, r"y must lie in \[0, 1\]"),
    "shorter target": (GOOD, {"y": GOOD[:2]}, "y must have the 4 examples of x, but has 2"),
    "class weights": (GOOD, {"class_weight": {0: 1.0}}, "class_weight must be absent"),
    "weights of pixels": (GOOD, {"sample_weight": GOOD}, "sample_weight must be one number an"),
    "validation nan": (GOOD, {"validation_data": GOOD * np.nan}, "validation_data must be finite"),
    "validation labels": (GOOD, {"validation_data": (GOOD, np.zeros(4))}, "y must have 2 or"),
}


@pytest.mark.parametrize(("x", "kwargs", "sentence"), BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_input(x, kwargs, sentence):
    model = small("bernoulli")
    model.compile()
    with pytest.raises(ValueError, match=sentence):
        model.fit(x, verbose=0, **kwargs)


def test_bad_arguments():
    with pytest.raises(ValueError, match="likelihood"):
        small("cauchy")
    with pytest.raises(ValueError, match="loss must be absent"):
        small().compile("adam", loss="mse")
    with pytest.raises(ValueError, match="metrics must be absent"):
        small().compile("adam", metrics=["mse"])
