import keras
import numpy as np
import pytest
from keras import ops

from course_lib.layers import TiedDense
from course_lib.losses import contraction_exact
from course_lib.models import Autoencoder, ContractiveAutoencoder

to_numpy = ops.convert_to_numpy
dense = keras.layers.Dense


@pytest.fixture
def x():
    return np.random.default_rng(0).random((50, 6)).astype("float32")


def shallow(decoder=None, **kwargs):
    keras.utils.set_random_seed(1)
    return built(ContractiveAutoencoder(dense(4, activation="sigmoid"), decoder, **kwargs))


def deep(decoder=None, **kwargs):
    keras.utils.set_random_seed(1)
    layers = [dense(5, activation="tanh"), dense(3, activation="sigmoid")]
    return built(ContractiveAutoencoder(keras.Sequential(layers), decoder, **kwargs))


def built(model):
    model.build((None, 6))
    rng = np.random.default_rng(2)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    return model


def logs_of(model, x, **kwargs):
    return model.evaluate(x, verbose=0, return_dict=True, **kwargs)


def numpy_terms(model, x):
    """The paper's model, one tied sigmoid layer, written again in float64."""
    W, b = (w.astype("float64") for w in model.encoder.get_weights())
    c = to_numpy(model.decoder.bias).astype("float64")
    h = 1 / (1 + np.exp(-(x @ W + b)))
    nll = 0.5 * ((x - h @ W.T - c) ** 2 + np.log(2 * np.pi)).sum(1)
    return nll, (h * (1 - h)) ** 2 @ (W**2).sum(0)


# What it minimises


@pytest.mark.parametrize("method", ["chain", "exact"])
def test_terms_are_those_of_the_paper_at_any_batch_size(x, method):
    model = shallow(weight=0.7, method=method)
    model.compile()
    nll, contraction = numpy_terms(model, x)
    for batch_size in (50, 16):
        logs = logs_of(model, x, batch_size=batch_size)
        assert logs["reconstruction"] == pytest.approx(nll.mean(), rel=1e-5)
        assert logs["contraction"] == pytest.approx(contraction.mean(), rel=1e-5)
        assert logs["loss"] == pytest.approx((nll + 0.7 * contraction).mean(), rel=1e-5)


def test_probes_estimate_the_same_term(x):
    model = shallow(probes=4)
    _, contraction = numpy_terms(model, x)
    terms = model.loss_terms(np.repeat(x, 200, 0), training=True)
    each = to_numpy(terms["contraction"])
    assert abs(each.mean() - contraction.mean()) < 5 * each.std() / 100
    assert abs(each.mean() / contraction.mean() - 1) < 0.05


@pytest.mark.parametrize("make", [shallow, deep])
@pytest.mark.parametrize("method", ["probe", "chain", "exact"])
def test_codes_and_reconstructions_are_those_of_an_autoencoder(x, make, method):
    model = make(method=method, likelihood="bernoulli")
    plain = Autoencoder(model.encoder, model.decoder, "bernoulli")
    for training in (False, True):
        np.testing.assert_allclose(
            to_numpy(model.loss_terms(x, training=training)["reconstruction"]),
            to_numpy(plain.loss_terms(x, training=training)["reconstruction"]),
            rtol=1e-5,
        )


@pytest.mark.parametrize("jit_compile", [False, True])
def test_gradient_descent_step(x, jit_compile, jacobian):
    """The step of every weight, of encoder and decoder, is the loss's derivative in float64."""
    if jit_compile and keras.backend.backend() == "torch":
        pytest.skip("torch.compile cannot trace a gradient inside a step")
    x = x[:5].astype("float64")
    model = shallow(weight=0.7, method="chain")
    model.compile(keras.optimizers.SGD(1.0), jit_compile=jit_compile)
    start = [to_numpy(w) for w in model.trainable_weights]

    def loss_at(flat):
        parts = np.split(flat, np.cumsum([w.size for w in start])[:-1])
        for w, part in zip(model.trainable_weights, parts, strict=True):
            w.assign(part.reshape(w.shape))
        nll, contraction = numpy_terms(model, x)
        return (nll + 0.7 * contraction).mean()[None]

    flat = np.concatenate([w.ravel() for w in start])
    expected = jacobian(loss_at, flat)[0]
    loss_at(flat)
    model.fit(x, batch_size=5, epochs=1, verbose=0)
    moved = np.concatenate([to_numpy(w).ravel() for w in model.trainable_weights])
    np.testing.assert_allclose(flat - moved, expected, atol=1e-6)


def test_curvature_of_squares_in_closed_form(x):
    """For f(x) = (xW)², E_ε‖J(x) − J(x + ε)‖² = 4σ² Σⱼ ‖wⱼ‖⁴, whatever x."""
    encoder = dense(3, activation=ops.square, use_bias=False)
    model = ContractiveAutoencoder(
        encoder, dense(6), curvature_weight=0.5, curvature_sigma=0.3, method="chain"
    )
    many = np.repeat(x, 200, 0)
    model.build(many.shape)
    each = to_numpy(model.loss_terms(many, training=True)["curvature"])
    expected = 4 * 0.3**2 * np.sum(np.sum(to_numpy(encoder.kernel) ** 2, 0) ** 2)
    assert abs(each.mean() - expected) < 5 * each.std() / 100
    assert each.std() / 100 < 0.05 * expected
    # And so in evaluation, whose signs must have nothing to do with its noise.
    each = to_numpy(model.loss_terms(many)["curvature"])
    assert abs(each.mean() - expected) < 5 * each.std() / 100
    model.compile()
    logs = logs_of(model, x)
    total = logs["reconstruction"] + 0.1 * logs["contraction"] + 0.5 * logs["curvature"]
    assert logs["loss"] == pytest.approx(total, rel=1e-5)


def test_training_contracts(x):
    def after(weight, **kwargs):
        model = shallow(weight=weight, **kwargs)
        model.compile(keras.optimizers.Adam(0.02))
        model.fit(x, epochs=40, verbose=0)
        return float(np.mean(to_numpy(contraction_exact(model.encoder, x)[1])))

    free = after(0)
    assert after(1.0) < 0.5 * free
    assert after(1.0, method="chain") < 0.5 * free


# Ties


def test_ties_are_the_default(x):
    model = deep()
    W, b, V, c, d, e = (to_numpy(w) for w in model.weights)
    codes = 1 / (1 + np.exp(-(np.tanh(x @ W + b) @ V + c)))
    np.testing.assert_allclose(to_numpy(model.encode(x)), codes, rtol=1e-4)
    expected = np.tanh(codes @ V.T + d) @ W.T + e
    np.testing.assert_allclose(to_numpy(model.reconstruct(x)), expected, rtol=1e-4, atol=1e-5)
    assert isinstance(shallow().decoder, TiedDense)


def test_a_decoder_of_its_own_dodges_the_penalty(x):
    """Half the encoder, twice the decoder: the same reconstructions at a quarter of the price."""
    encoder, decoder = dense(4), dense(6)
    model = built(ContractiveAutoencoder(encoder, decoder, method="chain"))
    before = {k: to_numpy(v) for k, v in model.loss_terms(x).items()}
    encoder.set_weights([w / 2 for w in encoder.get_weights()])
    decoder.kernel.assign(2 * decoder.kernel)
    after = {k: to_numpy(v) for k, v in model.loss_terms(x).items()}
    np.testing.assert_allclose(after["reconstruction"], before["reconstruction"], rtol=1e-4)
    np.testing.assert_allclose(after["contraction"], before["contraction"] / 4, rtol=1e-5)


@pytest.mark.parametrize("method", ["probe", "chain", "exact"])
def test_the_penalty_moves_no_decoder(x, method):
    class PenaltyAlone(ContractiveAutoencoder):
        @property
        def term_weights(self):
            return {"reconstruction": 0.0, "contraction": 1.0}

    model = built(PenaltyAlone(dense(4, activation="tanh"), dense(6), method=method))
    model.compile(keras.optimizers.SGD(0.1))
    before = [w.copy() for w in model.get_weights()]
    model.fit(x, batch_size=50, epochs=1, verbose=0)
    moved = [(a != b).any() for a, b in zip(before, model.get_weights(), strict=True)]
    assert moved == [True, True, False, False]


# One pass or two


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX has no eager steps to count in")
@pytest.mark.parametrize("plain", [True, False])
def test_a_plain_stack_runs_once_a_step(x, plain):
    calls = []

    def activation(a):
        calls.append(1)
        return ops.tanh(a)

    layers = [dense(4, activation=activation)] + [keras.layers.Dropout(0.1)] * (not plain)
    model = built(ContractiveAutoencoder(keras.Sequential(layers), dense(6)))
    model.compile(run_eagerly=True, jit_compile=False, steps_per_execution=1)
    # Once, it is asked whether the activation acts on each unit alone.
    model.loss_terms(x)
    calls.clear()
    model.fit(x, batch_size=50, epochs=1, verbose=0)
    assert len(calls) == (1 if plain else 2)


@pytest.mark.parametrize("method", ["probe", "exact"])
def test_layers_with_state_or_penalty_work_as_in_an_autoencoder(x, method):
    """Moving averages move once a step, and activity is paid for once."""

    def make(cls, **kwargs):
        keras.utils.set_random_seed(0)
        encoder = keras.Sequential(
            [
                dense(5, activation="tanh", activity_regularizer=keras.regularizers.L2(0.3)),
                keras.layers.BatchNormalization(),
                dense(2),
            ]
        )
        model = built(cls(encoder, dense(6), **kwargs))
        model.set_weights([np.abs(w) for w in model.get_weights()])  # variances among them
        model.compile(keras.optimizers.SGD(0.01), jit_compile=False)
        return model

    plain = make(Autoencoder)
    model = make(ContractiveAutoencoder, weight=0.0, method=method)
    for step in ("evaluate", "fit", "fit", "evaluate"):
        results = [getattr(m, step)(x, batch_size=50, verbose=0) for m in (plain, model)]
        if step == "evaluate":
            assert results[1][0] == pytest.approx(results[0][0], rel=1e-5)
    for a, b in zip(plain.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


# Randomness and files


def test_evaluation_is_repeatable_and_draws_nothing(x):
    model = shallow(curvature_weight=0.1)
    model.compile()
    state = to_numpy(model.seed_generator.state)
    assert model.evaluate(x, verbose=0) == model.evaluate(x, verbose=0)
    np.testing.assert_array_equal(to_numpy(model.seed_generator.state), state)
    first, second = (to_numpy(model.loss_terms(x, training=True)["contraction"]) for _ in range(2))
    assert (first != second).any()


@pytest.mark.slow
@pytest.mark.parametrize("curvature_weight", [0.0, 0.1])
def test_a_resumed_run_equals_one_never_interrupted(x, curvature_weight, tmp_path):
    def fit(model, epochs, **kwargs):
        model.fit(x, batch_size=16, epochs=epochs, shuffle=False, verbose=0, **kwargs)

    def fresh():
        model = deep(likelihood="bernoulli", curvature_weight=curvature_weight)
        model.compile(keras.optimizers.Adam(0.01))
        return model

    straight, half = fresh(), fresh()
    fit(straight, 4)
    fit(half, 2, validation_data=x)  # looking at held-out data changes nothing
    half.save(tmp_path / "half.keras")
    resumed = keras.saving.load_model(tmp_path / "half.keras", safe_mode=True)
    fit(resumed, 2)
    for a, b in zip(straight.weights, resumed.weights, strict=True):
        np.testing.assert_array_equal(to_numpy(a), to_numpy(b))


@pytest.mark.parametrize("make", [shallow, deep])
@pytest.mark.parametrize("decoder", [None, dense])
def test_save(x, make, decoder, tmp_path):
    model = make(
        decoder and decoder(6),
        weight=0.3,
        method="exact",
        probes=2,
        curvature_weight=0.2,
        curvature_sigma=0.5,
    )
    model.compile()
    expected = model.evaluate(x, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert loaded.evaluate(x, verbose=0) == expected
    assert len(loaded.trainable_variables) == len(model.trainable_variables)
    assert loaded.probes == 2


@pytest.mark.slow
def test_images_and_mixed_precision():
    images = np.random.default_rng(0).random((8, 8, 8, 1)).astype("float32")
    for dtype in ("float32", "mixed_bfloat16"):
        encoder = [
            keras.layers.Conv2D(4, 3, strides=2, activation="relu", dtype=dtype),
            keras.layers.Flatten(dtype=dtype),
            dense(3, dtype=dtype),
        ]
        decoder = [dense(64, dtype=dtype), keras.layers.Reshape((8, 8, 1), dtype=dtype)]
        model = ContractiveAutoencoder(
            keras.Sequential(encoder),
            keras.Sequential(decoder),
            likelihood="bernoulli",
            dtype=dtype,
        )
        model.compile()
        history = model.fit(images, batch_size=3, verbose=0, validation_data=images).history
        assert np.isfinite([*history["loss"], *history["val_loss"]]).all()


@pytest.mark.slow
@pytest.mark.everywhere
def test_mixed_precision_of_a_stack(x):
    expected = to_numpy(shallow(method="chain").loss_terms(x)["contraction"])
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = shallow(method="chain")
    finally:
        keras.config.set_dtype_policy("float32")
    model.compile()
    assert logs_of(model, x)["contraction"] == pytest.approx(expected.mean(), rel=0.03)
    model.fit(x, verbose=0)


# Bad input

GOOD = np.full((4, 6), 0.5, "float32")
CONV = keras.layers.Conv2D(2, 3)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: shallow(weight=-1), "weight must be a finite number of at least 0, but is -1"),
        (lambda: shallow(weight=np.nan), "weight must be a finite number"),
        (lambda: shallow(weight="0.1"), "weight must be a finite number .* but is '0.1'"),
        (lambda: shallow(curvature_weight=-1), "curvature_weight must be a finite number of at"),
        (lambda: shallow(curvature_sigma=0), "curvature_sigma must be a finite number above 0"),
        (lambda: shallow(method="dense"), "method must be 'probe', 'chain' or 'exact', but is 'de"),
        (lambda: shallow(probes=0), "probes must be a whole number of at least 1, but is 0"),
        (lambda: shallow(probes=1.5), "probes must be a whole number"),
        (lambda: shallow(likelihood="cauchy"), "likelihood must be"),
        (lambda: ContractiveAutoencoder(CONV), "decoder must be given, .* part of type Conv2D"),
        (
            lambda: ContractiveAutoencoder(CONV, CONV, method="chain"),
            "encoder must be a keras.*Conv",
        ),
        (
            lambda: ContractiveAutoencoder(dense(3, "softmax"), dense(6), method="chain"),
            "act on each unit alone",
        ),
    ],
)
def test_bad_argument(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


@pytest.mark.parametrize("method", ["probe", "chain", "exact"])
@pytest.mark.parametrize(
    ("x", "sentence"),
    [
        (GOOD * np.nan, "x must be finite"),
        (GOOD[:0], "x must not be empty"),
        (GOOD.astype("int32"), "x must hold floats"),
    ],
)
def test_bad_data(method, x, sentence):
    model = shallow(method=method)
    model.compile()
    with pytest.raises(ValueError, match=sentence):
        model.fit(x, verbose=0)
