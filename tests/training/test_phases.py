"""Two players on a line, whose every step is known; and what Keras itself would do."""

import keras
import numpy as np
import pytest
from keras import ops

from course_lib.training.phases import Phase, PhasedModel

to_numpy = ops.convert_to_numpy
BACKEND = keras.backend.backend()
X = np.random.default_rng(0).normal(size=(24, 3)).astype("float32")


@keras.saving.register_keras_serializable("tests")
class Chase(PhasedModel):
    """Player a minimises (a(x) − b(x))², then b minimises its negative; `idle` is never used."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        options = {"use_bias": False, "dtype": self.dtype_policy}
        self.a = keras.layers.Dense(1, **options)
        self.b = keras.layers.Dense(1, **options)
        self.idle = keras.layers.Dense(1, **options)

    def build(self, input_shape):
        for layer in (self.a, self.b, self.idle):
            layer.build(input_shape)
        super().build(input_shape)

    def distance(self, x, y, training):
        return ops.square(self.a(x) - self.b(x))[:, 0]

    def flight(self, x, y, training):
        return -self.distance(x, y, training)

    def phases(self):
        return [
            Phase("chase", self.distance, [self.a, self.idle]),
            Phase("flee", self.flight, [self.b]),
        ]

    def get_config(self):
        return {"name": self.name, "dtype": self.dtype_policy.name}


START = {"a": np.array([[1.0], [-0.5], [0.2]]), "b": np.array([[0.3], [0.4], [-1.0]])}


def chase(optimizers=None, dtype="float32", **kwargs):
    keras.utils.set_random_seed(0)
    model = Chase(dtype=dtype)
    model.build((None, 3))
    model.a.set_weights([START["a"]])
    model.b.set_weights([START["b"]])
    model.compile(
        optimizers or {"chase": keras.optimizers.SGD(0.1), "flee": keras.optimizers.SGD(0.02)},
        **kwargs,
    )
    return model


def fit(model, epochs=1, **kwargs):
    return model.fit(X, batch_size=8, epochs=epochs, shuffle=False, verbose=0, **kwargs).history


def weights(model):
    return [to_numpy(v) for v in model.weights]


def test_every_step_is_the_one_on_paper():
    a, b = START["a"].copy(), START["b"].copy()
    losses = {"chase": [], "flee": []}
    for _ in range(2):
        for x in np.split(X.astype("float64"), 3):
            losses["chase"].append(((x @ (a - b)) ** 2).mean())
            a -= 0.1 * 2 * x.T @ (x @ (a - b)) / len(x)
            # The second phase sees where the first has gone.
            losses["flee"].append(-((x @ (a - b)) ** 2).mean())
            b -= 0.02 * 2 * x.T @ (x @ (a - b)) / len(x)
    model = chase()
    history = fit(model, epochs=2)
    np.testing.assert_allclose(to_numpy(model.a.kernel), a, atol=1e-5)
    np.testing.assert_allclose(to_numpy(model.b.kernel), b, atol=1e-5)
    for name, values in losses.items():
        epochs = np.mean(np.split(np.array(values), 2), axis=1)
        np.testing.assert_allclose(history[name], epochs, rtol=1e-4)
    np.testing.assert_allclose(
        history["loss"], np.add(history["chase"], history["flee"]), atol=1e-5
    )


@pytest.mark.parametrize("alone", ["chase", "flee"])
def test_a_phase_moves_its_own_weights_and_no_others(alone):
    rates = {name: 0.1 if name == alone else 0.0 for name in ("chase", "flee")}
    model = chase({name: keras.optimizers.SGD(rate) for name, rate in rates.items()})
    fit(model)
    moved, still = (model.a, model.b) if alone == "chase" else (model.b, model.a)
    start = {"chase": START["b"], "flee": START["a"]}[alone]
    np.testing.assert_array_equal(to_numpy(still.kernel), start.astype("float32"))
    other = {"chase": START["a"], "flee": START["b"]}[alone]
    assert np.abs(to_numpy(moved.kernel) - other).min() > 1e-3


def test_what_a_loss_does_not_reach_stays():
    model = chase({"chase": keras.optimizers.Adam(0.1), "flee": keras.optimizers.Adam(0.1)})
    before = to_numpy(model.idle.kernel).copy()
    fit(model, epochs=3)
    np.testing.assert_array_equal(to_numpy(model.idle.kernel), before)


def test_one_phase_is_plain_training():
    """Adam of one phase and Keras' own `fit` make the same weights."""

    class Alone(Chase):
        def phases(self):
            return [Phase("error", lambda x, y, training: ops.square(self.a(x))[:, 0], [self.a])]

    model = Alone()
    model.build((None, 3))
    model.a.set_weights([START["a"]])
    model.compile({"error": keras.optimizers.Adam(0.05)})
    fit(model, epochs=4)
    plain = keras.Sequential([keras.layers.Dense(1, use_bias=False)])
    plain.build((None, 3))
    plain.set_weights([START["a"]])
    plain.compile(keras.optimizers.Adam(0.05), "mse")
    plain.fit(X, np.zeros((24, 1)), batch_size=8, epochs=4, shuffle=False, verbose=0)
    np.testing.assert_allclose(
        to_numpy(model.a.kernel), to_numpy(plain.layers[0].kernel), rtol=1e-5
    )


def test_validation_moves_nothing_and_is_a_mean_over_examples():
    model = chase()
    history = fit(model, validation_data=X[:20], validation_batch_size=8)
    before = weights(model)
    logs = model.evaluate(X[:20], batch_size=7, return_dict=True, verbose=0)
    for a, b in zip(before, weights(model), strict=True):
        np.testing.assert_array_equal(a, b)
    difference = X[:20] @ (to_numpy(model.a.kernel) - to_numpy(model.b.kernel))
    assert logs["chase"] == pytest.approx((difference**2).mean(), rel=1e-5)
    for name in ("chase", "flee", "loss"):
        assert history[f"val_{name}"][0] == pytest.approx(logs[name], rel=1e-5, abs=1e-7)


def test_running_statistics_see_every_phase_and_no_validation():
    class Normalised(Chase):
        def __init__(self):
            super().__init__()
            self.norm = keras.layers.BatchNormalization(momentum=0.9)

        def build(self, input_shape):
            self.norm.build((None, 1))
            super().build(input_shape)

        def distance(self, x, y, training):
            return ops.square(self.norm(self.a(x), training=training) - self.b(x))[:, 0]

    model = Normalised()
    model.build((None, 3))
    model.a.set_weights([START["a"]])
    model.compile({name: keras.optimizers.SGD(0.0) for name in ("chase", "flee")})
    fit(model, epochs=2, validation_data=X + 1)
    mean, variance = 0.0, 1.0
    for outputs in np.split(X @ START["a"], 3) * 2:
        for _ in model.phases():
            mean = 0.9 * mean + 0.1 * outputs.mean()
            variance = 0.9 * variance + 0.1 * outputs.var()
    np.testing.assert_allclose(to_numpy(model.norm.moving_mean), [mean], rtol=1e-4)
    np.testing.assert_allclose(to_numpy(model.norm.moving_variance), [variance], rtol=1e-4)


@pytest.mark.slow
def test_a_resumed_run_equals_one_never_interrupted(tmp_path):
    def fresh():
        return chase({"chase": keras.optimizers.Adam(0.03), "flee": keras.optimizers.RMSprop(0.01)})

    straight, half = fresh(), fresh()
    fit(straight, 4)
    fit(half, 2)
    half.save(tmp_path / "half.keras")
    resumed = keras.saving.load_model(tmp_path / "half.keras", safe_mode=True)
    fit(resumed, 2)
    for a, b in zip(weights(straight), weights(resumed), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "options",
    [
        {"run_eagerly": True},
        {"jit_compile": False},
        pytest.param(
            {"steps_per_execution": 3},
            marks=pytest.mark.skipif(BACKEND == "torch", reason="Keras refuses it on PyTorch"),
        ),
        pytest.param(
            {"jit_compile": True},
            marks=pytest.mark.skipif(BACKEND == "torch", reason="needs a C++ compiler there"),
        ),
    ],
)
def test_how_it_is_run_makes_no_difference(options):
    expected, model = chase(), chase(**options)
    fit(expected, 2)
    fit(model, 2)
    for a, b in zip(weights(expected), weights(model), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    for name, value in options.items():
        assert model.get_compile_config()[name] == value


@pytest.mark.slow
@pytest.mark.everywhere
@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(dtype):
    rates = {"chase": 0.1, "flee": 0.02}
    sgd = {name: keras.optimizers.SGD(rate) for name, rate in rates.items()}
    if dtype == "mixed_float16":
        # Keras' first scale of 2¹⁵ overflows here, and it would skip the first steps.
        scaled = keras.optimizers.LossScaleOptimizer
        sgd = {name: scaled(optimizer, initial_scale=128) for name, optimizer in sgd.items()}
    model = chase(sgd, dtype=dtype)
    fit(model, 2)
    exact = chase()
    fit(exact, 2)
    for a, b in zip(model.trainable_weights[:2], exact.trainable_weights[:2], strict=True):
        assert np.abs(to_numpy(a) - to_numpy(b)).max() < 0.03
    assert np.abs(to_numpy(model.a.kernel) - START["a"]).min() > 1e-2


def test_callbacks_see_every_phase():
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(sorted(logs))

    fit(chase(), 2, callbacks=[Watch()])
    assert seen == [["chase", "flee", "loss"]] * 2


@pytest.mark.parametrize(
    "optimizers", [{"chase": "adam"}, {"chase": "adam", "flee": "adam", "third": "adam"}]
)
def test_optimizers_must_be_those_of_the_phases(optimizers):
    with pytest.raises(ValueError, match="optimizer must be one for all or one for each"):
        Chase().compile(optimizers)
