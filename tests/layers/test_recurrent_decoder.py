"""A recurrent decoder against NumPy: what steps read, what the first state is, and the order."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from course_lib.layers import RecurrentDecoder
from course_lib.layers.recurrent_decoder import backwards
from course_lib.layers.stepping import in_steps

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)
CODES = RNG.normal(size=(5, 3)).astype("float32")
TRUTH = RNG.normal(size=(5, 4, 2)).astype("float32")
STARTS = ("state", "repeat", "both")


def decoder(kind=layers.LSTM, start="both", both_ways=False, **options):
    keras.utils.set_random_seed(3)
    # JAX compiles a loop each time that it meets one outside a compiled function; but backwards,
    # with a mask, Keras has no other on PyTorch.
    rnn = kind(4, return_sequences=True, unroll=not both_ways)
    rnn = layers.Bidirectional(rnn) if both_ways else rnn
    layer = RecurrentDecoder(rnn, 4, 2, start=start, **options)
    layer.build((None, 3))
    for weight in layer.weights:
        if len(weight.shape) == 1:
            weight.assign(RNG.normal(size=weight.shape))
    return layer


def weights(layer):
    return [to_numpy(w).astype("float64") for w in layer.weights]


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def by_hand(layer, truth=None, mean=lambda p: p):
    """Step by step in NumPy, of an LSTM; it reads the truth, or what it has written itself."""
    W, U, b = weights(layer.rnn)
    V, c = weights(layer.head)
    z = CODES.astype("float64")
    h = s = np.zeros((5, 4))
    if layer.first:
        (A, a), (C, d) = (weights(first) for first in layer.first)
        h, s = np.tanh(z @ A + a), z @ C + d
    if truth is not None and layer.reverse:
        truth = truth[:, ::-1]
    before, written = np.zeros((5, 2)), []
    for t in range(4):
        read = [] if layer.start == "state" else [z]
        read += [before] if layer.feedback else []
        read = np.concatenate(read, axis=1) if read else np.zeros((5, 1))
        i, f, g, o = np.split(read @ W + h @ U + b, 4, axis=1)
        s = sigmoid(f) * s + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(s)
        written.append(h @ V + c)
        before = mean(written[-1]) if truth is None else truth[:, t]
    return np.stack(written[::-1] if layer.reverse else written, axis=1)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("start", STARTS)
def test_an_lstm_without_feedback(start, reverse):
    layer = decoder(start=start, reverse=reverse)
    np.testing.assert_allclose(to_numpy(layer(CODES)), by_hand(layer), atol=1e-5)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("start", STARTS)
def test_an_lstm_that_reads_its_own_steps_or_the_true_ones(start, reverse):
    layer = decoder(start=start, feedback=True, reverse=reverse)
    free, forced = to_numpy(layer(CODES)), to_numpy(layer(CODES, truth=TRUTH))
    np.testing.assert_allclose(free, by_hand(layer), atol=1e-5)
    np.testing.assert_allclose(forced, by_hand(layer, TRUTH), atol=1e-5)
    assert np.abs(free - forced).max() > 0.05


@pytest.mark.parametrize("kind", [layers.GRU, layers.SimpleRNN])
def test_free_is_forced_with_its_own_steps(kind):
    """The naive loop: each step told what has been written up to it."""
    layer = decoder(kind, feedback=True)
    told = np.zeros_like(TRUTH)
    for t in range(4):
        told[:, t] = to_numpy(layer(CODES, truth=told))[:, t]
    np.testing.assert_allclose(to_numpy(layer(CODES)), told, atol=1e-6)


def test_it_reads_the_mean_of_what_it_has_written():
    layer = decoder(feedback=True)
    wanted = by_hand(layer, mean=sigmoid)
    np.testing.assert_allclose(to_numpy(layer(CODES, mean=ops.sigmoid)), wanted, atol=1e-5)
    assert np.abs(wanted - by_hand(layer)).max() > 0.05


def test_bidirectional_steps_read_the_code_alone():
    layer = decoder(both_ways=True, start="repeat")
    repeated = np.repeat(CODES[:, None], 4, axis=1)
    wanted = layer.head(layer.rnn(repeated))
    np.testing.assert_allclose(to_numpy(layer(CODES)), to_numpy(wanted), atol=1e-6)


LENGTHS = np.array([4, 3, 1, 2, 4])


def test_backwards():
    x = RNG.normal(size=(5, 4, 2)).astype("float32")
    turned = to_numpy(backwards(x, ops.convert_to_tensor(LENGTHS)))
    for row, length in enumerate(LENGTHS):
        np.testing.assert_array_equal(turned[row, :length], x[row, :length][::-1])
        np.testing.assert_array_equal(turned[row, length:], x[row, length:])
    np.testing.assert_array_equal(to_numpy(backwards(x)), x[:, ::-1])


@pytest.mark.parametrize(
    "options",
    [
        {"reverse": True},
        {"feedback": True, "reverse": True},
        {"kind": layers.GRU, "both_ways": True, "start": "repeat"},
    ],
    ids=["reverse", "feedback", "bidirectional"],
)
def test_a_shorter_sequence_is_that_of_a_shorter_decoder(options):
    """Of four steps, of which so many count, those that do are those of a decoder of so many."""
    layer = decoder(**options)
    lengths = ops.convert_to_tensor(LENGTHS)
    told = {"truth": TRUTH} if layer.feedback else {}
    written = to_numpy(layer(CODES, lengths=lengths, **told))
    for row, length in enumerate(LENGTHS):
        short = RecurrentDecoder.from_config(layer.get_config() | {"steps": int(length)})
        short.build((None, 3))
        short.set_weights(layer.get_weights())
        told = {"truth": TRUTH[row : row + 1, :length]} if layer.feedback else {}
        wanted = to_numpy(short(CODES[row : row + 1], **told))
        np.testing.assert_allclose(written[row, :length], wanted[0], atol=1e-6)


def test_a_loop_counts():
    def step(i, states):
        (total,) = states
        return i * total, [i + total]

    inputs = ops.convert_to_tensor(TRUTH)
    outputs, (total,) = in_steps(step, inputs, [ops.zeros((5, 2))])
    np.testing.assert_allclose(to_numpy(total), TRUTH.sum(axis=1), atol=1e-5)
    before = np.cumsum(TRUTH, axis=1) - TRUTH
    np.testing.assert_allclose(to_numpy(outputs), before * TRUTH, atol=1e-5)


LSTM = layers.LSTM(4, return_sequences=True)
BOTH_WAYS = layers.Bidirectional(layers.LSTM(4, return_sequences=True))
BAD = {
    "no layer": (dict(rnn="lstm"), "rnn must be a recurrent layer"),
    "a dense layer": (dict(rnn=layers.Dense(4)), "rnn must be a recurrent layer"),
    "stacked cells": (
        dict(rnn=layers.RNN([layers.LSTMCell(3), layers.LSTMCell(3)], return_sequences=True)),
        "rnn must be a recurrent layer of Keras with one cell",
    ),
    "one step": (dict(rnn=layers.LSTM(4)), "rnn must have return_sequences=True"),
    "backwards": (
        dict(rnn=layers.LSTM(4, return_sequences=True, go_backwards=True)),
        "rnn must have return_sequences=True, and no",
    ),
    "no steps": (dict(steps=0), "steps must be a whole number of at least 1"),
    "half a feature": (dict(features=0.5), "features must be a whole number of at least 1"),
    "start": (dict(start="code"), "start must be 'state', 'repeat' or 'both', but is 'code'"),
    "both ways": (dict(rnn=BOTH_WAYS), "start must be 'repeat'"),
    "both ways, fed": (dict(rnn=BOTH_WAYS, start="repeat", feedback=True), "feedback False"),
}


@pytest.mark.parametrize(("arguments", "sentence"), BAD.values(), ids=BAD)
def test_bad_arguments(arguments, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        RecurrentDecoder(**{"rnn": LSTM, "steps": 4, "features": 2, **arguments})
    assert str(caught.value).count("\n") == 0


def test_bad_calls():
    with pytest.raises(ValueError, match="truth must be absent"):
        decoder()(CODES, truth=TRUTH)
    with pytest.raises(ValueError, match=r"truth must have the shape \(B, 4, 2\)"):
        decoder(feedback=True)(CODES, truth=TRUTH[:, :3])
    with pytest.raises(ValueError, match="codes must have 2 axes"):
        decoder()(CODES[:, None])
