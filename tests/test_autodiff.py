import keras
import numpy as np
import pytest
from keras import ops

from course_lib.autodiff import gradient, jvp, vjp

to_numpy = ops.convert_to_numpy


@pytest.fixture
def encoder(float64):
    """A small network with known weights: (B, 3) → (B, 2)."""
    rng = np.random.default_rng(0)
    model = keras.Sequential(
        [keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(2, activation="sigmoid")]
    )
    model.build((None, 3))
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    return model


def draw(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape)


def test_products_agree_with_the_dense_jacobian(encoder, jacobian):
    x, v, u = draw(5, 3), draw(5, 3, seed=2), draw(5, 2, seed=3)
    J = jacobian(lambda x: to_numpy(encoder(x)), x)

    y, Jv = jvp(encoder, x, v)
    np.testing.assert_allclose(to_numpy(y), to_numpy(encoder(x)), rtol=1e-12)
    np.testing.assert_allclose(to_numpy(Jv).ravel(), J @ v.ravel(), atol=1e-9)

    y, JTu = vjp(encoder, x, u)
    np.testing.assert_allclose(to_numpy(y), to_numpy(encoder(x)), rtol=1e-12)
    np.testing.assert_allclose(to_numpy(JTu).ravel(), J.T @ u.ravel(), atol=1e-9)


def test_products_are_adjoint(encoder):
    x, v, u = draw(5, 3), draw(5, 3, seed=2), draw(5, 2, seed=3)
    forward = np.sum(u * to_numpy(jvp(encoder, x, v)[1]))
    backward = np.sum(to_numpy(vjp(encoder, x, u)[1]) * v)
    assert abs(forward) > 1e-2
    np.testing.assert_allclose(forward, backward, rtol=1e-12)


def test_gradient_is_per_example(encoder, jacobian):
    def energy(x):
        return ops.sum(ops.square(encoder(x)), axis=-1)

    x = draw(4, 3)
    value, slope = gradient(energy, x)
    assert tuple(value.shape) == (4,)
    J = jacobian(lambda x: to_numpy(energy(x)), x).reshape(4, 4, 3)
    np.testing.assert_allclose(to_numpy(slope), J[range(4), range(4)], atol=1e-9)
    alone = [to_numpy(gradient(energy, x[i : i + 1])[1])[0] for i in range(4)]
    np.testing.assert_allclose(to_numpy(slope), alone, rtol=1e-12)


def test_gradient_of_an_image_has_its_shape():
    x = draw(2, 3, 3, 1).astype("float32")
    _, slope = gradient(lambda x: ops.sum(x**2, axis=(1, 2, 3)), x)
    np.testing.assert_allclose(to_numpy(slope), 2 * x, rtol=1e-6)


@pytest.mark.parametrize("output", ["constant", "weight"])
def test_independent_output_gives_zeros(output):
    weight = keras.Variable(np.ones((4, 2), "float32"))

    def function(x):
        return ops.ones((4, 2)) if output == "constant" else ops.multiply(weight, 2.0)

    x, u = draw(4, 3).astype("float32"), draw(4, 2).astype("float32")
    np.testing.assert_array_equal(to_numpy(jvp(function, x, x)[1]), np.zeros((4, 2)))
    np.testing.assert_array_equal(to_numpy(vjp(function, x, u)[1]), np.zeros((4, 3)))
    _, slope = gradient(lambda x: function(x)[:, 0], x)
    np.testing.assert_array_equal(to_numpy(slope), np.zeros((4, 3)))


def test_tangent_takes_the_dtype_of_x():
    x = draw(2, 3).astype("float32")
    for product in (jvp, vjp):
        z = product(ops.sin, x, np.ones((2, 3)))[1]
        assert keras.backend.standardize_dtype(z.dtype) == "float32"
        np.testing.assert_allclose(to_numpy(z), np.cos(x), rtol=1e-5)


def penalty(kind, encoder, x):
    """A loss of shape (B,) that needs a derivative of the encoder."""
    if kind == "jvp":
        return ops.sum(ops.square(jvp(encoder, x, ops.ones_like(x))[1]), axis=-1)
    if kind == "vjp":
        ones = ops.concatenate([ops.ones_like(x[:, :1])] * 2, axis=-1)
        return ops.sum(ops.square(vjp(encoder, x, ones)[1]), axis=-1)
    energy = gradient(lambda x: ops.sum(ops.square(encoder(x)), axis=-1), x)[1]
    return ops.sum(ops.square(energy), axis=-1)


class Penalised(keras.Model):
    """Trains its encoder on the penalty alone."""

    def __init__(self, encoder, kind):
        super().__init__()
        self.encoder, self.kind = encoder, kind

    def call(self, x):
        return self.encoder(x)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(penalty(self.kind, self.encoder, x))


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("kind", ["jvp", "vjp", "gradient"])
def test_weight_gradient_of_a_penalty_inside_fit(kind, jit_compile, encoder, jacobian):
    if jit_compile and keras.backend.backend() == "torch":
        pytest.skip("torch.compile cannot trace a gradient inside a step")
    x = draw(5, 3)
    start = encoder.get_weights()

    def loss_at(flat):
        parts = np.split(flat, np.cumsum([w.size for w in start])[:-1])
        encoder.set_weights([p.reshape(w.shape) for p, w in zip(parts, start, strict=True)])
        return to_numpy(ops.mean(penalty(kind, encoder, x)))[None]

    flat = np.concatenate([w.ravel() for w in start])
    expected = jacobian(loss_at, flat)[0]
    assert np.abs(expected).max() > 1e-2
    loss_at(flat)

    model = Penalised(encoder, kind)
    model.compile(keras.optimizers.SGD(1.0), jit_compile=jit_compile)
    history = model.fit(x, batch_size=5, epochs=1, verbose=0, validation_data=(x, None))
    steps = [w - new for w, new in zip(start, encoder.get_weights(), strict=True)]
    np.testing.assert_allclose(np.concatenate([s.ravel() for s in steps]), expected, atol=1e-8)

    # The loss is computed where Keras turns gradients off, too.
    after = float(np.mean(to_numpy(penalty(kind, encoder, x))))
    np.testing.assert_allclose(history.history["val_loss"], [after], rtol=1e-6)


X = np.zeros((4, 3), "float32")


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: jvp(ops.sin, [1.0], X), "x must be an array or tensor"),
        (lambda: jvp(ops.sin, X.astype("int32"), X), "x must hold floats"),
        (lambda: jvp(ops.sin, X, X[:2]), "tangent must have the shape of x"),
        (lambda: jvp(ops.sin, X, np.full_like(X, np.nan)), "tangent must be finite"),
        (lambda: vjp(ops.sin, X[:0], X), "x must not be empty"),
        (lambda: vjp(ops.sin, X, X[:, :2]), r"cotangent must have the shape of function\(x\)"),
        (lambda: vjp(ops.ones_like, X, X[:2]), r"cotangent must have the shape of function\(x\)"),
        (lambda: vjp(ops.sin, X, X.astype("int32")), "cotangent must hold floats"),
        (lambda: gradient(ops.sin, X), r"function must return shape \(B,\), but returned \(4, 3\)"),
        (lambda: gradient(ops.sum, X), r"function must return shape \(B,\), but returned \(\)"),
        (lambda: gradient(lambda x: x[:2, 0], X), r"function must return shape \(B,\)"),
        (lambda: gradient(ops.sin, None), "x must be an array or tensor"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
