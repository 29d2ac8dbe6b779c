import keras
import numpy as np
import pytest
from keras import ops

from course_lib.layers import KLPenalty, L1Penalty, TiedDense, TopK
from course_lib.models import SparseAutoencoder

to_numpy = ops.convert_to_numpy


@pytest.fixture
def x():
    return np.random.default_rng(0).random((60, 6)).astype("float32")


def make(penalty=None, weight=1.0, activation="sigmoid", units=8, **kwargs):
    keras.utils.set_random_seed(1)
    encoder = keras.layers.Dense(units, activation=activation)
    return SparseAutoencoder(encoder, keras.layers.Dense(6), penalty, weight, **kwargs)


def numpy_terms(model, x):
    """The two terms written again, in float64, without Keras."""
    a, b, w, c = (to_numpy(v).astype("float64") for v in model.trainable_weights)
    h = 1 / (1 + np.exp(-(x @ a + b)))
    r = h @ w + c
    active = h.mean(0)
    kl = 0.1 * np.log(0.1 / active) + 0.9 * np.log(0.9 / (1 - active))
    return 0.5 * ((x - r) ** 2 + np.log(2 * np.pi)).sum(1).mean(), np.abs(h).sum(1).mean(), kl.sum()


def test_terms_and_weight(x):
    for penalty, which in ((L1Penalty(), 1), (KLPenalty(0.1), 2)):
        model = make(penalty, weight=0.3)
        model.compile(keras.optimizers.SGD(0.0))
        logs = model.fit(x, batch_size=60, verbose=0).history
        terms = numpy_terms(model, x)
        assert logs["reconstruction"][0] == pytest.approx(terms[0], rel=1e-5)
        assert logs["sparsity"][0] == pytest.approx(terms[which], rel=1e-5)
        assert logs["loss"][0] == pytest.approx(terms[0] + 0.3 * terms[which], rel=1e-5)


def test_kl_does_not_depend_on_the_batch_size(x):
    model = make(KLPenalty(0.1))
    model.compile()
    repeated = np.concatenate([x] * 4)
    values = [
        model.evaluate(repeated, batch_size=size, verbose=0, return_dict=True)["sparsity"]
        for size in (60, 120, 240)
    ]
    np.testing.assert_allclose(values, numpy_terms(model, x)[2], rtol=1e-5)


def test_a_strong_kl_penalty_drives_units_to_the_target_rate(x):
    model = make(KLPenalty(0.2), weight=1000.0)
    model.compile(keras.optimizers.Adam(0.05))
    start = to_numpy(model.encode(x)).mean(0)
    model.fit(np.tile(x, (200, 1)), batch_size=60, shuffle=False, verbose=0)
    active = to_numpy(model.encode(x)).mean(0)
    assert np.abs(start - 0.2).max() > 0.1
    np.testing.assert_allclose(active, 0.2, atol=0.01)


def test_l1_empties_the_code_and_kills_units(x):
    model = make(L1Penalty(), weight=100.0, activation="relu")
    model.compile(keras.optimizers.Adam(0.05))
    assert len(model.dead_units(x)) < 8
    model.fit(np.tile(x, (50, 1)), batch_size=60, shuffle=False, verbose=0)
    assert list(model.dead_units(x)) == list(range(8))


def test_top_k_is_sparse_without_a_penalty(x):
    keras.utils.set_random_seed(0)
    encoder = keras.Sequential([keras.layers.Dense(8), TopK(3)])
    model = SparseAutoencoder(encoder, keras.layers.Dense(6))
    model.compile()
    history = model.fit(x, verbose=0).history
    assert sorted(history) == ["loss", "reconstruction"]
    assert ((to_numpy(model.encode(x)) != 0).sum(1) == 3).all()
    assert model.active_rates(x).sum() == pytest.approx(3)


def test_active_rates_and_dead_units_of_known_codes():
    h = np.array([[0.0, -2.0, 0.1, 0.0], [0.0, 0.5, 0.0, 0.0]], "float32")
    model = SparseAutoencoder(keras.layers.Identity(), keras.layers.Identity())
    np.testing.assert_array_equal(model.active_rates(h), [0, 1, 0.5, 0])
    np.testing.assert_array_equal(model.dead_units(h), [0, 3])
    np.testing.assert_array_equal(model.active_rates(h, threshold=0.2), [0, 1, 0, 0])
    np.testing.assert_array_equal(model.dead_units(h, threshold=0.2), [0, 2, 3])
    square = SparseAutoencoder(keras.layers.Identity(), keras.layers.Identity())
    np.testing.assert_array_equal(square.dead_units(h.reshape(2, 2, 2)), [0, 3])


def test_a_step_runs_the_encoder_once(x):
    calls = []

    class Counting(keras.layers.Dense):
        def call(self, inputs, training=None):
            calls.append(training)
            return super().call(inputs)

    if keras.backend.backend() == "jax":
        pytest.skip("JAX has no eager steps: what it traces once it may trace again")
    model = SparseAutoencoder(Counting(2), keras.layers.Dense(6), L1Penalty())
    model.build((None, 6))
    model.compile(run_eagerly=True, jit_compile=False, steps_per_execution=1)
    model.fit(x, batch_size=20, epochs=1, verbose=0)
    look_at_codes = [False]
    assert calls == [*look_at_codes, True, True, True]


@pytest.mark.slow
@pytest.mark.parametrize("penalty", [None, L1Penalty(), KLPenalty(0.3)])
def test_saved_and_resumed_is_never_interrupted(penalty, x, tmp_path):
    def tied():
        keras.utils.set_random_seed(3)
        encoder = keras.layers.Dense(4, activation="sigmoid")
        model = SparseAutoencoder(encoder, TiedDense(encoder), penalty, 0.2, "bernoulli")
        model.compile(keras.optimizers.Adam(0.01))
        return model

    def fit(model):
        model.fit(x, batch_size=16, epochs=2, shuffle=False, verbose=0)

    straight, resumed = tied(), tied()
    fit(straight)
    fit(straight)
    fit(resumed)
    resumed.save(tmp_path / "half.keras")
    resumed = keras.saving.load_model(tmp_path / "half.keras", safe_mode=True)
    assert resumed.weight == 0.2
    fit(resumed)
    for a, b in zip(straight.weights, resumed.weights, strict=True):
        np.testing.assert_array_equal(to_numpy(a), to_numpy(b))


@pytest.mark.slow
def test_mixed_precision(x):
    if keras.backend.backend() == "torch":
        pytest.skip("PyTorch has no half precision on CPU")
    policy = "mixed_bfloat16"
    encoder = keras.layers.Dense(8, activation="sigmoid", dtype=policy)
    decoder = keras.layers.Dense(6, dtype=policy)
    model = SparseAutoencoder(encoder, decoder, KLPenalty(0.1, dtype=policy), 0.5, dtype=policy)
    model.compile(keras.optimizers.SGD(0.0))
    logs = model.fit(x, batch_size=60, verbose=0).history
    terms = numpy_terms(model, x)
    assert logs["loss"][0] == pytest.approx(terms[0] + 0.5 * terms[2], rel=0.02)


GOOD = np.full((4, 6), 0.5, "float32")


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: make(L1Penalty(), weight=-1),
            "weight must be a finite number of at least 0, but is -1",
        ),
        (lambda: make(L1Penalty(), weight=np.nan), "weight must be a finite number of at least 0"),
        (lambda: make(L1Penalty(), weight="big"), "weight must be .* but is 'big'"),
        (lambda: make("l1"), "penalty must be a layer .* but is 'l1'"),
        (lambda: make(likelihood="cauchy"), "likelihood must be"),
        (lambda: make().active_rates(GOOD * np.nan), "x must be finite"),
        (lambda: make().active_rates(GOOD[:0]), "x must not be empty"),
        (
            lambda: make().dead_units(GOOD, threshold=-1),
            "threshold must be a finite number of at least 0, but is -1",
        ),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_codes_that_do_not_suit_the_penalty():
    model = make(KLPenalty(0.1), activation=lambda h: 5 + h)
    model.compile()
    with pytest.raises(ValueError, match=r"codes must lie in \[0, 1\]"):
        model.fit(GOOD, verbose=0)
    with pytest.raises(ValueError, match="x must be finite"):
        model.fit(GOOD * np.nan, verbose=0)
