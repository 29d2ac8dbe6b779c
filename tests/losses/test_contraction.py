import keras
import numpy as np
import pytest
from keras import ops

from course_lib.autodiff import compiled
from course_lib.losses import (
    contraction_chain,
    contraction_dense,
    contraction_exact,
    contraction_probe,
    curvature_probe,
    dense_stack,
)

to_numpy = ops.convert_to_numpy
ACTIVATIONS = [None, "sigmoid", "tanh", "relu", "softplus", "gelu", "elu", ops.square]


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def stack(*widths, features=5, activation="tanh", seed=0, **kwargs):
    layers = [keras.layers.Dense(w, activation=activation, **kwargs) for w in widths]
    return with_weights(keras.Sequential(layers), (None, features), seed)


def dense(units=4, features=5, activation="tanh", **kwargs):
    layer = keras.layers.Dense(units, activation=activation, **kwargs)
    return with_weights(layer, (None, features))


def with_weights(encoder, shape, seed=0):
    encoder.build(shape)
    rng = np.random.default_rng(seed)
    encoder.set_weights(
        [1.5 * rng.normal(size=w.shape) / w.shape[0] ** 0.5 for w in encoder.weights]
    )
    return encoder


def convolutional(dtype=None):
    layers = [
        keras.layers.Conv2D(3, 3, activation="tanh", dtype=dtype),
        keras.layers.Flatten(dtype=dtype),
        keras.layers.Dense(2, activation="sigmoid", dtype=dtype),
    ]
    return with_weights(keras.Sequential(layers), (None, 4, 4, 1))


@pytest.fixture
def jacobians(jacobian):
    """∂f/∂x of every example, (B, K, D), by central differences."""

    def of(encoder, x):
        J = [
            jacobian(lambda x: to_numpy(encoder(x, training=False)), x[i : i + 1])
            for i in range(len(x))
        ]
        return np.stack(J)

    return of


def numbers(result):
    return to_numpy(result[1])


# Four ways, one number


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_one_layer(activation, jacobians):
    layer, x = dense(activation=activation, use_bias=activation != "tanh"), draw(6, 5)
    expected = np.sum(jacobians(layer, x) ** 2, axis=(1, 2))
    assert expected.max() > 1e-1
    for contraction in (contraction_dense, contraction_chain, contraction_exact):
        codes, value = contraction(layer, x)
        np.testing.assert_allclose(to_numpy(codes), to_numpy(layer(x)), rtol=1e-12)
        np.testing.assert_allclose(to_numpy(value), expected, rtol=1e-7)


@pytest.mark.parametrize("activation", ["sigmoid", "relu", ops.square])
@pytest.mark.parametrize("widths", [(4, 3), (7, 6, 2), (3, 4, 5, 1)])
def test_stacks(widths, activation, jacobians):
    encoder, x = stack(*widths, activation=activation), draw(6, 5)
    expected = np.sum(jacobians(encoder, x) ** 2, axis=(1, 2))
    assert expected.max() > 1e-5
    for contraction in (contraction_chain, contraction_exact):
        codes, value = contraction(encoder, x)
        np.testing.assert_allclose(to_numpy(codes), to_numpy(encoder(x)), rtol=1e-12)
        np.testing.assert_allclose(to_numpy(value), expected, rtol=1e-6)


def test_sigmoid_layer_in_numpy():
    """The formula of the paper, Σⱼ (hⱼ(1 − hⱼ))² Σᵢ Wᵢⱼ², at the size of a lesson."""
    layer = with_weights(keras.layers.Dense(100, activation="sigmoid"), (None, 784))
    x = np.random.default_rng(1).random((32, 784)).astype("float32")
    W, b = (w.astype("float64") for w in layer.get_weights())
    h = 1 / (1 + np.exp(-(x @ W + b)))
    expected = (h * (1 - h)) ** 2 @ (W**2).sum(0)
    for contraction in (contraction_dense, contraction_chain, contraction_exact):
        np.testing.assert_allclose(numbers(contraction(layer, x)), expected, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.everywhere
def test_single_precision_agrees_at_the_size_of_a_lesson():
    encoder = stack(64, 32, 8, features=196, activation="sigmoid")
    x = np.random.default_rng(1).random((32, 196)).astype("float32")
    exact = numbers(contraction_exact(encoder, x))
    np.testing.assert_allclose(numbers(contraction_chain(encoder, x)), exact, rtol=1e-5)


@pytest.mark.parametrize("shape", ["code", "image"])
def test_any_encoder(shape, jacobians):
    encoder = convolutional()
    if shape == "image":
        encoder = keras.Sequential(encoder.layers[:1])
        encoder.build((None, 4, 4, 1))
    x = draw(3, 4, 4, 1)
    expected = np.sum(jacobians(encoder, x) ** 2, axis=(1, 2))
    codes, value = contraction_exact(encoder, x)
    np.testing.assert_allclose(to_numpy(codes), to_numpy(encoder(x)), rtol=1e-12)
    np.testing.assert_allclose(to_numpy(value), expected, rtol=1e-7)
    codes, value = contraction_probe(encoder, x, seed=0, probes=3)
    assert tuple(codes.shape) == tuple(encoder(x).shape)
    assert tuple(value.shape) == (3,)


# Probes


@pytest.mark.parametrize("encoder", [stack(6, 4), stack(4, activation="sigmoid"), convolutional()])
def test_probes_are_right_on_average_with_the_variance_of_signs(encoder):
    n, features = 4000, encoder.input_shape[1:]
    x = draw(1, *features).astype("float32")
    J = rows(encoder, x)
    M = J @ J.T
    estimates = numbers(contraction_probe(encoder, np.repeat(x, n, 0), seed=0)).astype("float64")
    variance = 2 * (np.sum(M**2) - np.sum(np.diag(M) ** 2))
    assert abs(estimates.mean() - np.trace(M)) < 4 * np.sqrt(variance / n)
    spread = np.std((estimates - np.trace(M)) ** 2) / np.sqrt(n)
    assert abs(np.mean((estimates - np.trace(M)) ** 2) - variance) < 5 * spread + 1e-6
    # Gaussian probes would pay for the diagonal, too.
    assert variance < 0.8 * 2 * np.sum(M**2)

    averaged = numbers(contraction_probe(encoder, np.repeat(x, n, 0), seed=1, probes=4))
    assert abs(averaged.mean() - np.trace(M)) < 4 * np.sqrt(variance / 4 / n)
    assert np.var(averaged) == pytest.approx(variance / 4, rel=0.2)


def rows(encoder, x):
    """The Jacobian at one x, (K, D), from probes that are unit vectors: the method on trial."""
    from course_lib.autodiff import vjp

    units = to_numpy(encoder(x)).size
    unit_vectors = np.eye(units, dtype="float32")
    return np.stack([to_numpy(vjp(encoder, x, u[None])[1]).ravel() for u in unit_vectors])


def test_one_unit_needs_one_probe():
    """With a single row every sign gives the same, whatever the seed."""
    encoder, x = stack(6, 1), draw(10, 5).astype("float32")
    exact = numbers(contraction_exact(encoder, x))
    for seed in (0, 1, keras.random.SeedGenerator(5)):
        np.testing.assert_allclose(numbers(contraction_probe(encoder, x, seed)), exact, rtol=1e-5)


def test_seeds_of_probes():
    encoder, x = stack(6, 4), draw(10, 5).astype("float32")
    same = [numbers(contraction_probe(encoder, x, seed=3)) for _ in range(2)]
    np.testing.assert_array_equal(*same)
    generator = keras.random.SeedGenerator(3)
    first, second = (numbers(contraction_probe(encoder, x, generator)) for _ in range(2))
    assert np.abs(first - second).max() > 1e-3
    assert to_numpy(generator.state).tolist() == [3, 2]


def test_examples_draw_signs_of_their_own():
    encoder = stack(6, 4)
    x = np.repeat(draw(1, 5).astype("float32"), 50, 0)
    assert len(np.unique(numbers(contraction_probe(encoder, x, seed=0)).round(5))) > 4


# Curvature


def test_curvature_is_the_change_of_the_jacobian(jacobians):
    encoder, n = stack(6, 4), 4000
    x, nearby = draw(1, 5), draw(1, 5, seed=1)
    expected = np.sum((jacobians(encoder, x) - jacobians(encoder, nearby)) ** 2)
    estimates = to_numpy(curvature_probe(encoder, np.repeat(x, n, 0), np.repeat(nearby, n, 0), 0))
    assert abs(estimates.mean() - expected) < 4 * estimates.std() / np.sqrt(n)
    assert 0 < estimates.std() / np.sqrt(n) < 0.05 * expected
    averaged = to_numpy(
        curvature_probe(encoder, np.repeat(x, n, 0), np.repeat(nearby, n, 0), 0, probes=4)
    )
    assert averaged.var() == pytest.approx(estimates.var() / 4, rel=0.2)


def test_curvature_is_zero_where_nothing_bends():
    x, nearby = draw(6, 5).astype("float32"), draw(6, 5, seed=1).astype("float32")
    linear = stack(6, 4, activation=None)
    assert not to_numpy(curvature_probe(linear, x, nearby, seed=0)).any()
    assert not to_numpy(curvature_probe(stack(6, 4), x, x, seed=0)).any()


# Gradients


class Penalised(keras.Model):
    """Trains its encoder on a penalty alone."""

    def __init__(self, encoder, penalty):
        super().__init__()
        self.encoder, self.penalty = encoder, penalty

    def call(self, x):
        return self.encoder(x)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(self.penalty(self.encoder, x))


PENALTIES = {
    "dense": (dense, lambda f, x: contraction_dense(f, x)[1]),
    "chain": (stack, lambda f, x: contraction_chain(f, x)[1]),
    "exact": (stack, lambda f, x: contraction_exact(f, x)[1]),
    "probe": (stack, lambda f, x: contraction_probe(f, x, seed=0, probes=2)[1]),
    "curvature": (stack, lambda f, x: curvature_probe(f, x, 0.5 * x, seed=0)),
}


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_weight_gradient_inside_fit(penalty, jit_compile, jacobian):
    """One step of gradient descent is the derivative, by central differences in float64."""
    if jit_compile and keras.backend.backend() == "torch":
        pytest.skip("torch.compile cannot trace a gradient inside a step")
    make, penalty = PENALTIES[penalty]
    encoder = make(2, features=3) if make is dense else make(3, 2, features=3)
    x, start = draw(4, 3), encoder.get_weights()
    model = Penalised(encoder, penalty)
    model.compile(keras.optimizers.SGD(1.0), jit_compile=jit_compile)

    def loss_at(flat):
        parts = np.split(flat, np.cumsum([w.size for w in start])[:-1])
        encoder.set_weights([p.reshape(w.shape) for p, w in zip(parts, start, strict=True)])
        # Signs of one seed differ between compiled and other code: stay on one side.
        return np.array([model.test_on_batch(x)])

    flat = np.concatenate([w.ravel() for w in start])
    expected = jacobian(loss_at, flat)[0]
    assert np.abs(expected).max() > 1e-2
    loss_at(flat)
    model.train_on_batch(x)
    steps = [w - new for w, new in zip(start, encoder.get_weights(), strict=True)]
    np.testing.assert_allclose(np.concatenate([s.ravel() for s in steps]), expected, atol=1e-7)


@pytest.mark.parametrize("penalty", ["chain", "exact", "probe"])
def test_nothing_flows_where_nothing_depends(penalty):
    """A linear encoder's Jacobian is its kernels: its biases get exactly no gradient."""
    encoder, x = stack(4, 3, activation=None), draw(6, 5).astype("float32")
    model = Penalised(encoder, PENALTIES[penalty][1])
    model.compile(keras.optimizers.SGD(0.1), jit_compile=False)
    before = encoder.get_weights()
    model.train_on_batch(x)
    for old, new in zip(before, encoder.get_weights(), strict=True):
        assert (old == new).all() if old.ndim == 1 else (old != new).all()


# What must not matter


def every_way(encoder, x):
    return [
        numbers(contraction_chain(encoder, x)),
        numbers(contraction_exact(encoder, x)),
        numbers(contraction_probe(encoder, x, seed=0, probes=2)),
    ]


def test_a_batch_does_not_change_an_example(float64):
    encoder, x = stack(6, 1), draw(7, 5)  # one unit: no chance in the probe
    together = every_way(encoder, x)
    alone = [every_way(encoder, x[i : i + 1]) for i in range(7)]
    order = [3, 0, 6, 1, 2, 5, 4]
    shuffled = every_way(encoder, x[order])
    for k, values in enumerate(together):
        np.testing.assert_allclose(values, [a[k][0] for a in alone], rtol=1e-10)
        np.testing.assert_allclose(values[order], shuffled[k], rtol=1e-10)


def test_the_encoder_is_taken_as_at_inference_and_left_alone(jacobians):
    layers = [
        keras.layers.Dense(6, activation="tanh"),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.5),
        keras.layers.Dense(3),
    ]
    encoder = with_weights(keras.Sequential(layers), (None, 5))
    encoder.layers[1].moving_variance.assign(np.full(6, 2.0))
    x = draw(6, 5)
    expected = np.sum(jacobians(encoder, x) ** 2, axis=(1, 2))
    before = [to_numpy(v) for v in encoder.variables]
    np.testing.assert_allclose(numbers(contraction_exact(encoder, x)), expected, rtol=1e-7)
    contraction_probe(encoder, x, seed=0)
    curvature_probe(encoder, x, 2 * x, seed=0)
    for old, new in zip(before, encoder.variables, strict=True):
        np.testing.assert_array_equal(old, to_numpy(new))


@pytest.mark.slow
@pytest.mark.everywhere
@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(dtype):
    encoder, half = stack(6, 4), stack(6, 4, dtype=dtype)
    x = draw(6, 5).astype("float32")
    expected = numbers(contraction_exact(encoder, x))
    for value in (
        contraction_chain(half, x)[1],
        contraction_exact(half, x)[1],
        contraction_probe(half, np.repeat(x, 500, 0), seed=0)[1],
    ):
        assert keras.backend.standardize_dtype(value.dtype) == "float32"
        value = to_numpy(value).reshape(6, -1).mean(1)
        np.testing.assert_allclose(value, expected, rtol=0.05)


# Activations that mix units


def mean_free(x):
    return x - ops.mean(x, axis=-1, keepdims=True)


MIXING = {
    "softmax": "softmax",
    "sparsemax": "sparsemax",
    "glu": "glu",
    "layer": keras.layers.Softmax(),
    "normalised": keras.layers.LayerNormalization(),
    "own": mean_free,
}


@pytest.mark.parametrize("activation", MIXING.values(), ids=MIXING)
def test_no_closed_form_where_units_are_mixed(activation):
    encoder = dense(activation=activation)
    x = ops.convert_to_tensor(draw(3, 5).astype("float32"))
    for call in (contraction_chain, compiled(lambda x: contraction_chain(encoder, x)[1])):
        with pytest.raises(ValueError, match="act on each unit alone, but"):
            call(encoder, x) if call is contraction_chain else call(x)


ALONE = {
    "prelu": keras.layers.PReLU(alpha_initializer="random_normal"),
    "layer": keras.layers.LeakyReLU(0.3),
    "dropout": keras.layers.Dropout(0.5),
    "cubed": lambda x: x**3,
}


@pytest.mark.parametrize("activation", ALONE.values(), ids=ALONE)
def test_a_closed_form_where_they_are_not(activation, jacobian):
    encoder = keras.Sequential([keras.layers.Dense(4, activation), keras.layers.Dense(3, "tanh")])
    encoder.build((None, 5))
    x = draw(3, 5)
    codes, contraction = contraction_chain(encoder, x)
    np.testing.assert_allclose(
        numbers((codes, contraction)), numbers(contraction_exact(encoder, x))
    )
    np.testing.assert_allclose(to_numpy(codes), to_numpy(encoder(x, training=False)))


class InTraining(keras.layers.Layer):
    """A step that trains: what it calls takes training from it, where it is not told."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder

    def call(self, x, training=False):
        return contraction_chain(self.encoder, x)[1]


def test_the_closed_form_is_that_of_inference_in_training_too():
    layers = [keras.layers.Dense(4, keras.layers.Dropout(0.5)), keras.layers.Dense(3, "tanh")]
    encoder = with_weights(keras.Sequential(layers), (None, 5))
    x = draw(3, 5).astype("float32")
    expected = numbers(contraction_exact(encoder, x))
    np.testing.assert_allclose(to_numpy(InTraining(encoder)(x, training=True)), expected, rtol=1e-5)


def test_a_closed_form_met_while_a_step_is_traced():
    encoder = dense(activation=lambda x: ops.tanh(2 * x))
    x = ops.convert_to_tensor(draw(3, 5).astype("float32"))
    traced = compiled(lambda x: contraction_chain(encoder, x)[1])(x)
    np.testing.assert_allclose(to_numpy(traced), numbers(contraction_exact(encoder, x)), rtol=1e-5)


# Bad input

X = np.full((4, 5), 0.5, "float32")
SHORT, DEEP, SOFT = dense(), stack(4, 3), dense(activation="softmax")
EVERY = {
    "dense": lambda f, x: contraction_dense(f, x),
    "chain": lambda f, x: contraction_chain(f, x),
    "exact": lambda f, x: contraction_exact(f, x),
    "probe": lambda f, x: contraction_probe(f, x, 0),
    "curvature": lambda f, x: curvature_probe(f, x, x, 0),
}


@pytest.mark.parametrize("way", EVERY)
@pytest.mark.parametrize(
    ("encoder", "x", "sentence"),
    [
        (ops.tanh, X, "encoder must be a"),
        (keras.layers.Dense(3), X, "encoder must be a built Keras layer"),
        (SHORT, X[:0], "x must not be empty"),
        (SHORT, X.astype("int32"), "x must hold floats"),
        (SHORT, X * np.nan, "x must be finite"),
        (SHORT, X[0], "x must have"),
        (SHORT, None, "x must be an array or tensor"),
    ],
)
def test_bad_input(way, encoder, x, sentence):
    with pytest.raises(ValueError, match=sentence):
        EVERY[way](encoder, x)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: contraction_dense(DEEP, X), "layer must be one dense layer, but is a stack of 2"),
        (
            lambda: contraction_dense(SHORT, X[:, :4]),
            "x must have 5 features, but .* is \\(4, 4\\)",
        ),
        (lambda: contraction_chain(DEEP, X[:, :4]), "x must have 5 features"),
        (lambda: contraction_chain(convolutional(), X), "but has a part of type Conv2D"),
        (lambda: contraction_chain(SOFT, X), "act on each unit alone, but .* has softmax"),
        (lambda: contraction_probe(SHORT, X, -1), "seed must be a whole number"),
        (lambda: contraction_probe(SHORT, X, 0.5), "seed must be a whole number"),
        (lambda: contraction_probe(SHORT, X, 0, probes=0), "probes must be a whole number"),
        (lambda: contraction_probe(SHORT, X, 0, probes=1.5), "probes must be a whole number"),
        (lambda: curvature_probe(SHORT, X, X[:2], 0), "nearby must have the shape of x"),
        (lambda: curvature_probe(SHORT, X, X * np.nan, 0), "nearby must be finite"),
        (lambda: dense_stack(3), "has a part of type int"),
        (lambda: dense_stack(keras.Sequential()), "encoder must .* but is empty"),
    ],
)
def test_bad_argument(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
