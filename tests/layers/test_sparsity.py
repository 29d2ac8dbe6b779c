import keras
import numpy as np
import pytest
from keras import ops
from keras.src.testing import TestCase
from scipy import stats

from course_lib.autodiff import gradient
from course_lib.layers import KLPenalty, L1Penalty, TopK
from course_lib.layers.sparsity import kl_to_rate, l1, laplace_nll

to_numpy = ops.convert_to_numpy


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def rates(*shape, seed=0):
    return np.random.default_rng(seed).uniform(0.01, 0.99, size=shape)


def gradient_step(layer, x):
    """How one step of gradient descent on the sum of the layer's output moves its input."""
    codes = keras.layers.Embedding(len(x), x.shape[1], weights=[x])
    inputs = keras.Input((), dtype="int32")
    model = keras.Model(inputs, layer(codes(inputs)))
    model.compile(keras.optimizers.SGD(1.0), lambda _, y: ops.sum(y) / len(x), jit_compile=False)
    model.fit(np.arange(len(x)), np.zeros(len(x)), batch_size=len(x), shuffle=False, verbose=0)
    return (x - to_numpy(codes.embeddings)) * len(x)


@pytest.mark.parametrize("shape", [(4, 5), (3, 2, 2, 5)])
@pytest.mark.parametrize("weight", [0.1, 1.0, 7.0])
def test_l1_is_the_negative_log_of_a_laplace_prior(shape, weight, float64):
    codes = draw(*shape)
    log_p = stats.laplace(scale=1 / weight).logpdf(codes).reshape(len(codes), -1).sum(1)
    np.testing.assert_allclose(to_numpy(laplace_nll(codes, weight)), -log_p, rtol=1e-12)
    constant = to_numpy(laplace_nll(codes, weight)) - weight * to_numpy(l1(codes))
    np.testing.assert_allclose(constant, constant[0], rtol=1e-9)


def test_kl_is_that_of_bernoulli_variables(float64):
    codes = rates(6, 4)
    expected = sum(stats.entropy([0.2, 0.8], [q, 1 - q]) for q in codes.mean(0))
    np.testing.assert_allclose(to_numpy(kl_to_rate(codes, 0.2)), [expected] * 6, rtol=1e-12)


def test_kl_is_zero_at_the_target_and_finite_where_a_unit_is_dead_or_saturated():
    assert to_numpy(kl_to_rate(np.full((3, 7), 0.3, "float32"), 0.3)) == pytest.approx(
        [0] * 3, abs=1e-6
    )
    width = np.finfo("float32").eps
    for stuck, held in [(0.0, width), (1.0, 1 - np.float64(width))]:
        codes = np.array([[stuck, 0.3]], "float32")
        expected = stats.entropy([0.3, 0.7], [held, 1 - held])
        value, slope = gradient(lambda h: kl_to_rate(h, 0.3), codes)
        np.testing.assert_allclose(to_numpy(value), [expected], rtol=1e-5)
        np.testing.assert_allclose(to_numpy(slope), 0, atol=1e-6)
    logits = ops.convert_to_tensor(np.full((4, 2), [17.0, 500.0], "float32"))
    value, slope = gradient(lambda v: kl_to_rate(ops.sigmoid(v), 0.05), logits)
    assert np.isfinite(to_numpy(value)).all()
    assert np.isfinite(to_numpy(slope)).all()


@pytest.mark.parametrize("times", [2, 64])
def test_kl_and_its_gradient_do_not_depend_on_the_batch_size(times, float64):
    """What Keras' activity regularizers get wrong: they divide by the batch size again."""
    codes = rates(3, 4)
    many = np.tile(codes, (times, 1))
    once = to_numpy(kl_to_rate(codes, 0.1))
    np.testing.assert_allclose(to_numpy(kl_to_rate(many, 0.1)), once[0], rtol=1e-12)
    # Along a common shift of all copies the mean over the batch must fall as fast.
    step = gradient_step(KLPenalty(0.1), codes).sum(0)
    np.testing.assert_allclose(gradient_step(KLPenalty(0.1), many).sum(0) / times, step, rtol=1e-9)


@pytest.mark.parametrize(("layer", "draw"), [(L1Penalty(), draw), (KLPenalty(0.2), rates)])
def test_gradients_of_penalties(layer, draw, jacobian):
    codes = draw(3, 4)
    layer = layer.from_config(layer.get_config() | {"dtype": "float64"})
    expected = jacobian(lambda x: to_numpy(layer(x)).sum()[None], codes)[0].reshape(codes.shape)
    np.testing.assert_allclose(gradient_step(layer, codes), expected, rtol=1e-6, atol=1e-8)


def numpy_top_k(x, k):
    kept = np.zeros_like(x)
    for row, out in zip(x, kept, strict=True):
        largest = np.argsort(-row, kind="stable")[:k]
        out[largest] = row[largest]
    return kept


@pytest.mark.parametrize("k", [1, 3, 8])
def test_top_k_keeps_the_largest(k):
    x = draw(50, 8).astype("float32")
    np.testing.assert_array_equal(to_numpy(TopK(k)(x)), numpy_top_k(x, k))


@pytest.mark.parametrize("k", [1, 2, 3, 5, 7])
def test_top_k_keeps_the_first_of_equals(k):
    x = np.random.default_rng(0).integers(1, 4, size=(40, 7)).astype("float32")
    kept = to_numpy(TopK(k)(x))
    np.testing.assert_array_equal(kept, numpy_top_k(x, k))
    np.testing.assert_array_equal((kept != 0).sum(1), k)


@pytest.mark.parametrize("shape", [(4, 3, 6), (2, 3, 2, 6)])
def test_top_k_of_maps_is_that_of_each_place(shape):
    x = draw(*shape).astype("float32")
    expected = numpy_top_k(x.reshape(-1, 6), 2).reshape(shape)
    np.testing.assert_array_equal(to_numpy(TopK(np.int64(2))(x)), expected)


def test_top_k_does_not_hide_nan():
    x = np.array([[np.nan, 3, 1, 2], [1, 2, np.nan, np.nan], [np.nan] * 4], "float32")
    expected = [[np.nan, 3, 0, 2], [1, 2, np.nan, np.nan], [np.nan] * 4]
    np.testing.assert_array_equal(to_numpy(TopK(2)(x)), np.float32(expected))


def test_top_k_passes_the_gradient_through_what_it_keeps_only():
    x = draw(5, 8).astype("float32")
    moved = gradient_step(TopK(3), x)
    kept = numpy_top_k(x, 3) != 0
    np.testing.assert_allclose(moved[kept], 1, rtol=1e-5)
    assert (moved[~kept] == 0).all()


MASK = np.array([[True, True, False], [True, False, False], [False, False, False]])


def test_masked_steps_cost_nothing():
    codes = np.random.default_rng(0).uniform(0.1, 0.9, size=(3, 3, 4)).astype("float32")
    expected = (np.abs(codes) * MASK[..., None]).sum((1, 2))
    # ρ̂ of each step and unit, over the examples that have the step; no one has the last.
    rates = [codes[:2, 0].mean(0), codes[0, 1]]
    kl = sum(stats.entropy([0.2, 0.8], [q, 1 - q]) for rate in rates for q in rate)
    spoilt = np.where(MASK[..., None], codes, np.float32(np.nan))
    for h in (codes, ops.convert_to_tensor(spoilt)):
        value, slope = gradient(lambda h: L1Penalty()(h, mask=MASK), h)
        np.testing.assert_allclose(to_numpy(value), expected, rtol=1e-6)
        np.testing.assert_array_equal(to_numpy(slope), 1.0 * MASK[..., None] * np.ones(4))
        value, slope = gradient(lambda h: KLPenalty(0.2)(h, mask=MASK), h)
        np.testing.assert_allclose(to_numpy(value), [kl] * 3, rtol=1e-5)
        assert (to_numpy(slope) != 0).any(axis=2).tolist() == MASK.tolist()


def test_the_mask_of_keras_reaches_penalties():
    x = np.random.default_rng(0).uniform(0.1, 0.9, size=(3, 3, 4)).astype("float32")
    x[~MASK] = 0
    steps = keras.layers.Masking(0.0)(x)
    shifted = keras.layers.TimeDistributed(keras.layers.Rescaling(1.0, 0.5))(steps)
    expected = ((x + 0.5) * MASK[..., None]).sum((1, 2))
    np.testing.assert_allclose(to_numpy(L1Penalty()(shifted)), expected, rtol=1e-6)


def test_sums_are_single_precision_at_least():
    codes = np.random.default_rng(0).uniform(0.1, 0.9, size=(64, 2000)).astype("float16")
    np.testing.assert_allclose(
        to_numpy(l1(codes)), np.abs(codes.astype("float64")).sum(1), rtol=1e-6
    )
    kl = to_numpy(KLPenalty(0.2, dtype="mixed_bfloat16")(codes))
    assert kl.dtype == "float32"
    assert np.ptp(kl) == 0


@pytest.mark.parametrize(
    ("cls", "kwargs", "shape", "output"),
    [
        (L1Penalty, {}, (2, 5), (2,)),
        (L1Penalty, {}, (2, 3, 3, 5), (2,)),
        (KLPenalty, {"rate": 0.1}, (2, 5), (2,)),
        (KLPenalty, {"rate": 0.1}, (2, 3, 3, 5), (2,)),
        (TopK, {"k": 2}, (2, 5), (2, 5)),
    ],
)
def test_keras_harness(cls, kwargs, shape, output):
    TestCase("run_layer_test").run_layer_test(
        cls,
        init_kwargs=kwargs,
        input_data=np.random.default_rng(0).uniform(0.1, 0.9, size=shape).astype("float32"),
        expected_output_shape=output,
        expected_num_trainable_weights=0,
        expected_num_non_trainable_weights=0,
        expected_num_seed_generators=0,
        expected_num_losses=0,
        # A penalty is a term of the loss: single precision whatever the policy.
        run_mixed_precision_check=cls is TopK,
    )


def test_layers_save(tmp_path):
    x = keras.Input((6,))
    kept = TopK(2)(x)
    model = keras.Model(x, [kept, L1Penalty()(kept), KLPenalty(0.3)(x)])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    for before, after in zip(model(rates(4, 6)), loaded(rates(4, 6)), strict=True):
        np.testing.assert_array_equal(to_numpy(before), to_numpy(after))


GOOD = np.full((2, 4), 0.5)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: l1([1.0]), "codes must be an array"),
        (lambda: l1(np.ones((2, 3), "int32")), "codes must hold floats"),
        (lambda: l1(np.ones(3)), "codes must have 2 or"),
        (lambda: l1(GOOD * np.nan), "codes must be finite"),
        (lambda: l1(GOOD[:0]), "codes must not be empty"),
        (lambda: laplace_nll(GOOD, 0), "weight must be a finite number above 0, but is 0"),
        (lambda: laplace_nll(GOOD, -1.0), "weight must be a finite number above 0"),
        (lambda: laplace_nll(GOOD, np.inf), "weight must be a finite number above 0"),
        (lambda: kl_to_rate(GOOD, 0), "rate must be a finite number between 0 and 1, but is 0"),
        (lambda: kl_to_rate(GOOD, 1.0), "rate must be a finite number between 0 and 1"),
        (lambda: kl_to_rate(3 * GOOD, 0.1), r"codes must lie in \[0, 1\]"),
        (lambda: kl_to_rate(-GOOD, 0.1), r"codes must lie in \[0, 1\]"),
        (lambda: KLPenalty(rate="low"), "rate must be a finite number .* but is 'low'"),
        (lambda: TopK(0), "k must be a whole number of at least 1, but is 0"),
        (lambda: TopK(2.5), "k must be a whole number of at least 1, but is 2.5"),
        (lambda: TopK(5)(GOOD), "k must be at most the number of units, 4, but is 5"),
        (lambda: TopK(2)(GOOD[0]), "expected min_ndim=2"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
