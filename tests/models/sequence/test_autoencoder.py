"""Padding changes nothing, the truth is fed in training alone, and orders are put right."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from course_lib.layers import RecurrentDecoder
from course_lib.models import SequenceAutoencoder

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)
STEPS = 4
LENGTHS = np.array([4, 2, 1])
X = RNG.normal(size=(3, STEPS, 2)).astype("float32")
PADDED = np.where(np.arange(STEPS)[:, None] < LENGTHS[:, None, None], X, -9).astype("float32")


def model(kind=layers.LSTM, steps=STEPS, both_ways=False, mask=-9, **options):
    keras.utils.set_random_seed(1)
    # JAX compiles a loop each time that it meets one outside a compiled function; but backwards,
    # with a mask, Keras has no other on PyTorch.
    unroll = not both_ways
    encoder, rnn = kind(4, unroll=unroll), kind(4, return_sequences=True, unroll=unroll)
    if both_ways:
        encoder, rnn = layers.Bidirectional(encoder), layers.Bidirectional(rnn)
        options["start"] = "repeat"
    likelihood = options.pop("likelihood", "gaussian")
    made = SequenceAutoencoder(
        keras.Sequential([encoder, layers.Dense(3)]),
        RecurrentDecoder(rnn, steps, 2, **options),
        likelihood=likelihood,
        mask_value=mask,
    )
    made.build((None, steps, 2))
    return made


def losses(made, x, training=False):
    return to_numpy(made.loss_terms(ops.convert_to_tensor(x), training=training)["reconstruction"])


KINDS = {
    "LSTM": {},
    "GRU": {"kind": layers.GRU},
    "bidirectional": {"both_ways": True},
    "reversed": {"reverse": True},
    "fed": {"feedback": True},
    "fed, reversed": {"feedback": True, "reverse": True},
}


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_padding_changes_neither_code_nor_loss(options):
    """Each sequence padded, and bare in a model of its length with the same weights."""
    long = model(**options)
    codes, shown = long.encode(PADDED), long.reconstruct(PADDED)
    paid = [losses(long, PADDED, training) for training in (False, True)]
    for row, length in enumerate(LENGTHS):
        bare, short = X[row : row + 1, :length], model(steps=int(length), mask=None, **options)
        np.testing.assert_allclose(codes[row], short.encode(bare)[0], atol=1e-6)
        for training, nats in enumerate(paid):
            wanted = losses(short, bare, bool(training))
            np.testing.assert_allclose(nats[row : row + 1], wanted, rtol=1e-6)
        np.testing.assert_allclose(shown[row, :length], short.reconstruct(bare)[0], atol=1e-6)
        np.testing.assert_array_equal(shown[row, length:], -9)


def test_a_step_of_padding_in_between_is_a_step():
    x = X.copy()
    x[:, 1] = -9
    np.testing.assert_allclose(model().encode(x), model(mask=None).encode(x), atol=1e-6)
    assert losses(model(), x) == pytest.approx(losses(model(mask=None), x))


def test_nothing_but_padding_costs_nothing():
    nothing = np.full((1, STEPS, 2), -9, "float32")
    assert losses(model(), nothing) == 0
    np.testing.assert_array_equal(model().reconstruct(nothing), nothing)


@pytest.mark.parametrize("reverse", [False, True])
def test_it_is_told_the_truth_in_training_alone(reverse):
    made = model(feedback=True, reverse=reverse, mask=None)
    nll = made.likelihood.call
    forced, free = losses(made, X, training=True), losses(made, X)
    np.testing.assert_allclose(forced, to_numpy(nll(X, made.forced(X))), rtol=1e-5)
    np.testing.assert_allclose(free, to_numpy(nll(X, made.reconstruct(X))), rtol=1e-5)
    assert np.abs(forced - free).max() > 1e-3
    np.testing.assert_allclose(to_numpy(made(X)), made.reconstruct(X), atol=1e-6)
    np.testing.assert_allclose(made.decode(made.encode(X)), made.reconstruct(X), atol=1e-6)
    made.compile(keras.optimizers.SGD(0.0))
    history = made.fit(X, validation_data=X, verbose=0).history
    assert history["loss"][0] == pytest.approx(forced.mean(), rel=1e-5)
    assert history["val_loss"][0] == pytest.approx(free.mean(), rel=1e-5)


def test_it_is_told_the_target_where_there_is_one():
    made, y = model(feedback=True, mask=None), X[::-1].copy()
    x, y = ops.convert_to_tensor(X), ops.convert_to_tensor(y)
    terms = to_numpy(made.loss_terms(x, y, training=True)["reconstruction"])
    wanted = made.likelihood.call(y, made.decoder(made.encoder(x), truth=y))
    np.testing.assert_allclose(terms, to_numpy(wanted), rtol=1e-6)


def test_binary_steps_are_fed_back_as_probabilities():
    made = model(likelihood="bernoulli", feedback=True, mask=None)
    codes = made.encode(X)
    told = np.zeros_like(X)
    for t in range(STEPS):
        logits = to_numpy(made.decoder(codes, truth=told))
        told[:, t] = 1 / (1 + np.exp(-logits[:, t]))
    np.testing.assert_allclose(made.decode(codes), told, atol=1e-5)


def test_any_layers_go_together():
    encoder = keras.Sequential([layers.Conv1D(4, 3, 2, "same"), layers.LSTM(3)])
    decoder = keras.Sequential([layers.Dense(8), layers.Reshape((STEPS, 2))])
    made = SequenceAutoencoder(encoder, decoder)
    made.compile("adam")
    made.fit(X, verbose=0)
    assert made.encode(X).shape == (3, 3)
    assert made.reconstruct(X).shape == X.shape


def test_padding_costs_nothing_to_a_decoder_that_writes_all_at_once():
    decoder = keras.Sequential([layers.Dense(8), layers.Reshape((STEPS, 2))])
    made = SequenceAutoencoder(layers.GRU(3), decoder, mask_value=-9)
    made.build((None, STEPS, 2))
    squares = np.square(PADDED - to_numpy(made(PADDED))) + np.log(2 * np.pi)
    wanted = 0.5 * (squares.sum(axis=2) * (np.arange(STEPS) < LENGTHS[:, None])).sum(axis=1)
    np.testing.assert_allclose(losses(made, PADDED), wanted, rtol=1e-5)


def test_save(tmp_path):
    made = model(feedback=True, reverse=True)
    made.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert loaded.mask_value == -9
    np.testing.assert_array_equal(loaded.reconstruct(PADDED), made.reconstruct(PADDED))


def built(encoder, **options):
    made = SequenceAutoencoder(
        encoder, RecurrentDecoder(layers.GRU(4, return_sequences=True), STEPS, 2), **options
    )
    made.compile("adam")
    made.build(X.shape)
    return made


CONVOLUTION = [layers.Conv1D(4, 3, name="filters"), layers.LSTM(3)]
BAD = {
    "convolution": (
        lambda: built(keras.Sequential(CONVOLUTION), mask_value=0.0),
        "mask_value must be absent, because the encoder's layer 'filters', a Conv1D, takes no",
    ),
    "no number": (lambda: built(layers.GRU(3), mask_value="0"), "mask_value must be a finite"),
    "no vector": (
        lambda: built(layers.GRU(3, return_sequences=True)),
        "encoder must make one code of a sequence",
    ),
    "other steps": (
        lambda: built(layers.GRU(3)).fit(X[:, :3], verbose=0),
        r"x must have the shape \(N, 4, 2\) of what the decoder writes, but .* \(3, 3, 2\)",
    ),
    "no axes": (lambda: built(layers.GRU(3)).fit(X[:, :, 0], verbose=0), "x must have 3 axes"),
    "not fed": (lambda: built(layers.GRU(3)).forced(X), "must be a RecurrentDecoder with feed"),
}


@pytest.mark.parametrize(("act", "sentence"), BAD.values(), ids=BAD)
def test_bad_input(act, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        act()
    assert str(caught.value).count("\n") == 0
