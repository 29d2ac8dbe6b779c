"""Semantic hashing: nats by hand, codes of a direction, sparse matrices as arrays, and bits."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy import sparse, special

from course_lib.layers import BinaryCode
from course_lib.models import SemanticHashing

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)
X = (RNG.poisson(0.5, size=(30, 12)) * 1.0).astype("float32")
X[4] = 0
MATRIX = sparse.csr_matrix(X)


def made(binary=True, **kwargs):
    keras.utils.set_random_seed(1)
    binarise = BinaryCode(noise=0.5, seed=2) if binary else None
    return SemanticHashing(12, 10, (8,), binarise, seed=3, **kwargs)


def compiled(model):
    model.compile(keras.optimizers.SGD(0.05), run_eagerly=True)
    return model


def weights(model):
    return [to_numpy(w.value) for w in model.variables if "seed" not in w.path]


def test_its_nats_are_those_of_the_words():
    model = compiled(made())
    logits = to_numpy(model(X)).astype("float64")
    expected = -(X * special.log_softmax(logits, axis=1)).sum(axis=1)
    found = to_numpy(model.loss_terms(X)["reconstruction"])
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert found[4] == 0
    logged = model.evaluate(X, batch_size=7, verbose=0, return_dict=True)
    assert logged["reconstruction"] == pytest.approx(expected.mean(), rel=1e-5)
    words = to_numpy(model.reconstruct(X))
    np.testing.assert_allclose(words.sum(axis=1), 1, rtol=1e-5)


def test_the_encoder_by_hand():
    model = made(binary=False)
    (kernel, bias, last, end) = (to_numpy(w.value) for w in model.encoder.weights)
    direction = 8 * X / np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-6)
    expected = np.maximum(direction @ kernel + bias, 0) @ last + end
    np.testing.assert_allclose(to_numpy(model.encode(X)), expected, rtol=1e-4, atol=1e-5)


def test_a_code_is_that_of_a_direction():
    """A document and itself twice have one code; of no words there is one, too, and finite."""
    model = made()
    once, twice = (to_numpy(model.encode(factor * X)) for factor in (1, 2))
    np.testing.assert_allclose(once, twice, rtol=1e-5, atol=1e-6)
    empty = to_numpy(model.encode(np.zeros((2, 12), "float32")))
    assert np.isfinite(empty).all()
    np.testing.assert_array_equal(empty[0], empty[1])


def test_words_are_hidden_in_training_alone():
    model = made(binary=False, hide=0.9)
    still = [to_numpy(model.loss_terms(X)["reconstruction"]) for _ in range(2)]
    np.testing.assert_array_equal(*still)
    noisy = [to_numpy(model.loss_terms(X, training=True)["reconstruction"]) for _ in range(2)]
    assert not np.allclose(*noisy)
    whole = made(binary=False, hide=0.0)
    np.testing.assert_allclose(
        to_numpy(whole.loss_terms(X, training=True)["reconstruction"]),
        to_numpy(whole.loss_terms(X)["reconstruction"]),
        rtol=1e-5,
    )


def test_bits_are_the_signs_of_the_code():
    model = made()
    bits = model.hash(X)
    assert (bits.shape, bits.dtype) == ((30, 2), np.uint8)
    np.testing.assert_array_equal(
        np.unpackbits(bits, axis=1, count=10) == 1, to_numpy(model.encode(X)) > 0
    )
    np.testing.assert_array_equal(model.hash(ops.convert_to_tensor(X)), bits)
    np.testing.assert_array_equal(model.hash(X, batch_size=7), bits)
    with pytest.raises(ValueError, match="binarise must be a BinaryCode to hash, but is None"):
        made(binary=False).hash(X)


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_matrix, sparse.coo_array])
def test_a_sparse_matrix_is_encoded_as_its_array(kind):
    model = made()
    wanted = to_numpy(model.encode(X))
    for size in (None, 7):
        codes = model.encode(kind(X), batch_size=size)
        assert isinstance(codes, np.ndarray)
        np.testing.assert_allclose(codes, wanted, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(model.hash(kind(X)), model.hash(X))
    with pytest.raises(ValueError, match="batch_size must be a whole number"):
        model.encode(kind(X), batch_size=0)
    with pytest.raises(ValueError, match=r"x must have the shape \(N, 12\)"):
        model.encode(kind(X[:, :5]))
    with pytest.raises(ValueError, match="empty"):
        model.encode(sparse.csr_matrix(X[:0]))


@pytest.mark.parametrize("target", [None, 2 * X, sparse.csr_matrix(2 * X)])
@pytest.mark.parametrize("weigh", [False, True])
def test_a_sparse_matrix_trains_as_its_array(target, weigh):
    """With targets and weights, evaluated and held out."""
    options = {"batch_size": 8, "verbose": 0}
    if weigh:
        options["sample_weight"] = np.linspace(0, 2, 30).astype("float32")
    array, matrix = compiled(made()), compiled(made())
    y = target.toarray() if sparse.issparse(target) else target
    wanted = array.fit(X, y, shuffle=False, validation_data=(X, X), **options).history
    held_out = (MATRIX, MATRIX)
    found = matrix.fit(MATRIX, target, shuffle=False, validation_data=held_out, **options).history
    assert found == {name: pytest.approx(value, rel=1e-5) for name, value in wanted.items()}
    for a, b in zip(weights(array), weights(matrix), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    assert matrix.evaluate(MATRIX, target, **options) == pytest.approx(
        array.evaluate(X, y, **options), rel=1e-5
    )


def test_a_sparse_matrix_is_shuffled():
    first, second, still = compiled(made()), compiled(made()), compiled(made())
    for model, shuffle, seed in ((first, True, 4), (second, True, 4), (still, False, 4)):
        keras.utils.set_random_seed(seed)
        model.fit(MATRIX, batch_size=8, shuffle=shuffle, verbose=0)
    np.testing.assert_array_equal(weights(first)[0], weights(second)[0])
    assert not np.allclose(weights(first)[0], weights(still)[0])


def test_a_frozen_encoder_stays_as_it_is():
    """Its weights, and the moments by which it normalises."""
    model = made()
    model.encoder.trainable = False
    compiled(model)
    before = [to_numpy(w.value) for w in model.encoder.variables if "seed" not in w.path]
    model.fit(X, batch_size=8, verbose=0)
    after = [to_numpy(w.value) for w in model.encoder.variables if "seed" not in w.path]
    assert len(before) == 6
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)


BAD = {
    "a rate": (dict(hide=1.0), "hide must be a finite number of at least 0 and below 1"),
    "a layer": (dict(binarise=keras.layers.Dense(3)), "binarise must be a BinaryCode, but is <Den"),
    "no words": (dict(features=0), "features must be a whole number of at least 1"),
    "half a width": (dict(hidden=(2.5,)), "hidden must be a whole number of at least 1"),
}


@pytest.mark.parametrize(("arguments", "sentence"), BAD.values(), ids=BAD)
def test_bad_arguments(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        SemanticHashing(**{"features": 12, **arguments})


def test_negative_counts_are_refused():
    model = compiled(made())
    for act in (model.fit, model.evaluate):
        for x in (-X, -MATRIX):
            with pytest.raises(ValueError, match="x must be at least 0"):
                act(x)


@pytest.mark.slow
def test_it_learns_what_linear_codes_learn():
    """Three topics of ten words each: documents of one topic are the nearest."""
    topic = np.arange(300) % 3
    rates = np.full((300, 30), 0.05)
    for t in range(3):
        rates[topic == t, 10 * t : 10 * t + 10] = 1.0
    x = np.random.default_rng(1).poisson(rates).astype("float32")
    keras.utils.set_random_seed(0)
    model = SemanticHashing(30, 8, (16,), BinaryCode(straight_through=True))
    model.compile(keras.optimizers.Adam(0.01))
    model.fit(x, batch_size=30, epochs=15, verbose=0)
    codes = to_numpy(model.encode(x))
    scores = codes @ codes.T - 99 * np.eye(300)
    assert (topic[scores.argmax(axis=1)] == topic).mean() > 0.95
