import importlib.util

import keras
import numpy as np
import pytest
from keras import ops
from scipy import special, stats

from course_lib.autodiff import gradient
from course_lib.losses import (
    BernoulliNLL,
    GaussianNLL,
    Likelihood,
    MultinomialNLL,
    bernoulli_nll,
    gaussian_nll,
    likelihood,
    multinomial_nll,
)

to_numpy = ops.convert_to_numpy


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def grey(*shape, seed=0):
    return np.random.default_rng(seed).uniform(size=shape)


# Numbers


@pytest.mark.parametrize("shape", [(3, 5), (3, 4, 4), (3, 4, 4, 2)])
def test_gaussian_is_scipys_log_density(shape, float64):
    x, mean, log_variance = draw(*shape), draw(*shape, seed=1), draw(*shape, seed=2)
    axes = tuple(range(1, len(shape)))
    for s in (log_variance, 0.7, 0, np.float32(-1.5), ops.convert_to_tensor(0.7)):
        expected = -stats.norm.logpdf(x, mean, np.exp(0.5 * np.float64(to_numpy(s)))).sum(axes)
        np.testing.assert_allclose(to_numpy(gaussian_nll(x, mean, s)), expected, rtol=1e-5)


@pytest.mark.parametrize("shape", [(3, 5), (3, 4, 4), (3, 4, 4, 2)])
def test_bernoulli_is_scipys_log_mass(shape, float64):
    x, logits = (grey(*shape) > 0.5) * 1.0, 3 * draw(*shape, seed=1)
    expected = -stats.bernoulli.logpmf(x, 1 / (1 + np.exp(-logits)))
    expected = expected.sum(tuple(range(1, len(shape))))
    np.testing.assert_allclose(to_numpy(bernoulli_nll(x, logits)), expected, rtol=1e-10)


def test_multinomial_is_scipys_log_mass_without_the_orders(float64):
    """The bag's probability counts every order of its words, the sequence's one."""
    counts, logits = np.random.default_rng(0).poisson(1.5, size=(6, 5)) * 1.0, 2 * draw(6, 5)
    counts[3] = 0
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    orders = special.gammaln(counts.sum(1) + 1) - special.gammaln(counts + 1).sum(1)
    expected = [-stats.multinomial.logpmf(x, x.sum(), q) for x, q in zip(counts, p, strict=True)]
    found = to_numpy(multinomial_nll(counts, logits))
    np.testing.assert_allclose(found, expected + orders, rtol=1e-10, atol=1e-12)
    assert found[3] == 0
    np.testing.assert_allclose(to_numpy(MultinomialNLL().mean(logits)), p, rtol=1e-10)


def test_multinomial_is_the_same_for_all_equal_shifts_of_logits():
    x, logits = grey(4, 6).astype("float32"), draw(4, 6).astype("float32")
    near, far = (to_numpy(multinomial_nll(x, logits + shift)) for shift in (0, 80))
    np.testing.assert_allclose(far, near, rtol=1e-4)
    assert np.isfinite(to_numpy(multinomial_nll(x, 1000 * logits))).all()


def test_multinomial_gradient_is_words_expected_less_words_there(float64):
    counts, logits = np.random.default_rng(0).poisson(1.5, size=(6, 5)) * 1.0, 2 * draw(6, 5)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    _, slope = gradient(lambda l: multinomial_nll(counts, l), logits)
    np.testing.assert_allclose(
        to_numpy(slope), counts.sum(1, keepdims=True) * p - counts, rtol=1e-9
    )


def test_multinomial_refuses_negative_counts():
    with pytest.raises(ValueError, match="x must be at least 0, but its values run from -1"):
        multinomial_nll(np.array([[-1.0, 2.0]]), np.zeros((1, 2)))


@pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="PyTorch is not installed")
def test_both_are_pytorchs_own():
    from torch import from_numpy
    from torch.nn import functional

    x, logits, s = grey(4, 6), 5 * draw(4, 6), draw(4, 6, seed=2)
    x, logits, s = (a.astype("float32") for a in (x, logits, s))
    args = from_numpy(logits), from_numpy(x)
    theirs = functional.binary_cross_entropy_with_logits(*args, reduction="none").sum(1)
    np.testing.assert_allclose(to_numpy(bernoulli_nll(x, logits)), theirs.numpy(), rtol=1e-6)
    theirs = functional.gaussian_nll_loss(
        *args, from_numpy(s).exp(), full=True, reduction="none"
    ).sum(1)
    np.testing.assert_allclose(to_numpy(gaussian_nll(x, logits, s)), theirs.numpy(), rtol=1e-5)


def test_gaussian_is_squared_error_up_to_a_constant_and_a_factor(float64):
    x, mean, s = draw(4, 6), draw(4, 6, seed=1), 0.7
    half_squared_error = 0.5 * ((x - mean) ** 2).sum(1)
    constant = 0.5 * 6 * (np.log(2 * np.pi) + s)
    expected = constant + half_squared_error / np.exp(s)
    np.testing.assert_allclose(to_numpy(gaussian_nll(x, mean, s)), expected, rtol=1e-5)


def test_gradients_are_prediction_minus_data(float64):
    """Of the Gaussian in m: squared error's, over the variance. Of the Bernoulli in l: the same."""
    x, parameters, s = grey(4, 6), 3 * draw(4, 6), 0.7
    _, slope = gradient(lambda m: gaussian_nll(x, m, s), parameters)
    np.testing.assert_allclose(to_numpy(slope), (parameters - x) / np.exp(s), rtol=1e-12)
    _, slope = gradient(lambda m: bernoulli_nll(x, m), parameters)
    np.testing.assert_allclose(to_numpy(slope), 1 / (1 + np.exp(-parameters)) - x, rtol=1e-7)


@pytest.mark.parametrize("which", ["gaussian", "learned", "bernoulli", "multinomial"])
def test_gradients_are_finite_differences(which, jacobian):
    x = grey(2, 4)
    loss, width = {
        "gaussian": (GaussianNLL(-1.0, dtype="float64"), 4),
        "learned": (GaussianNLL("learned", dtype="float64"), 8),
        "bernoulli": (BernoulliNLL(dtype="float64"), 4),
        "multinomial": (MultinomialNLL(dtype="float64"), 4),
    }[which]
    parameters = draw(2, width)
    value, slope = gradient(lambda p: loss.call(x, p), parameters)
    assert tuple(value.shape) == (2,)
    J = jacobian(lambda p: to_numpy(loss.call(x, p)), parameters).reshape(2, 2, width)
    np.testing.assert_allclose(to_numpy(slope), J[range(2), range(2)], atol=1e-8)
    assert not J[0, 1].any()


def test_nothing_is_clipped():
    """±100 is far beyond where a sigmoid in float32 saturates, and costs what it says."""
    x = np.array([[0.0], [1.0], [0.25], [0.0], [1.0], [0.25], [0.0]], "float32")
    logits = np.array([[100.0], [100.0], [100.0], [-100.0], [-100.0], [-100.0], [0.0]], "float32")
    expected = [100, 0, 75, 0, 100, 25, np.log(2)]
    value, slope = gradient(lambda m: bernoulli_nll(x, m), logits)
    np.testing.assert_allclose(to_numpy(value), expected, rtol=1e-6, atol=1e-30)
    expected = [[1], [0], [0.75], [0], [-1], [-0.25], [0.5]]
    np.testing.assert_allclose(to_numpy(slope), expected, rtol=1e-6, atol=1e-30)


def test_grey_levels_cost_least_where_the_prediction_is_the_level(float64):
    levels = np.linspace(0.05, 0.95, 7)[:, None]
    _, slope = gradient(lambda m: bernoulli_nll(levels, m), np.log(levels / (1 - levels)))
    np.testing.assert_allclose(to_numpy(slope), 0, atol=1e-12)


@pytest.mark.parametrize("nll", [gaussian_nll, bernoulli_nll, multinomial_nll])
def test_half_precision_is_summed_in_single(nll):
    x = ops.cast(grey(2, 784), "bfloat16")
    parameters = ops.cast(3 * draw(2, 784), "bfloat16")
    value = nll(x, parameters)
    assert keras.backend.standardize_dtype(value.dtype) == "float32"
    expected = nll(ops.cast(x, "float32"), ops.cast(parameters, "float32"))
    np.testing.assert_array_equal(to_numpy(value), to_numpy(expected))


# As losses


@pytest.mark.parametrize(
    ("loss", "width"),
    [
        (GaussianNLL(0.5), 6),
        (GaussianNLL("learned"), 12),
        (BernoulliNLL(), 6),
        (MultinomialNLL(), 6),
    ],
)
def test_a_batch_does_not_change_the_loss_of_an_image(loss, width):
    x, parameters = grey(3, 6).astype("float32"), draw(3, width).astype("float32")
    each = to_numpy(loss.call(x, parameters))
    np.testing.assert_allclose(float(loss(x, parameters)), each.mean(), rtol=1e-6)
    alone = float(loss(x[:1], parameters[:1]))
    same = float(loss(np.repeat(x[:1], 64, 0), np.repeat(parameters[:1], 64, 0)))
    np.testing.assert_allclose([alone, same], each[0], rtol=1e-6)
    order = [2, 0, 1]
    np.testing.assert_array_equal(to_numpy(loss.call(x[order], parameters[order])), each[order])


def test_learned_variance_is_the_functions():
    x, mean, s = (a.astype("float32") for a in (draw(3, 2, 4), draw(3, 2, 4), draw(3, 2, 4)))
    loss = GaussianNLL("learned")
    side_by_side = np.concatenate([mean, s], axis=-1)
    np.testing.assert_array_equal(
        to_numpy(loss.call(x, side_by_side)), to_numpy(gaussian_nll(x, mean, s))
    )
    np.testing.assert_array_equal(to_numpy(loss.mean(side_by_side)), mean)


def test_mean_lies_in_data_space():
    parameters = draw(3, 6).astype("float32")
    np.testing.assert_array_equal(to_numpy(GaussianNLL().mean(parameters)), parameters)
    expected = 1 / (1 + np.exp(-parameters))
    np.testing.assert_allclose(to_numpy(BernoulliNLL().mean(parameters)), expected, rtol=1e-6)


@pytest.mark.parametrize(("loss", "width"), [(GaussianNLL("learned"), 12), (BernoulliNLL(), 6)])
def test_weights_of_examples_stand_in_a_row_or_a_column(loss, width):
    x, parameters = grey(4, 6).astype("float32"), draw(4, width).astype("float32")
    weights = np.array([0.0, 1.0, 2.0, 0.5], "float32")
    expected = (weights * to_numpy(loss.call(x, parameters))).mean()
    for given in (weights, weights[:, None]):
        assert float(loss(x, parameters, given)) == pytest.approx(expected, rel=1e-5)


def test_compile_takes_them():
    x = grey(8, 6).astype("float32")
    for loss, width in [(GaussianNLL("learned"), 12), (BernoulliNLL(), 6), (MultinomialNLL(), 6)]:
        model = keras.Sequential([keras.layers.Dense(width)])
        model.compile("sgd", loss=loss)
        model.build((None, 6))
        expected = float(np.mean(to_numpy(loss.call(x, model.predict(x, verbose=0)))))
        logged = model.evaluate(x, x, batch_size=3, verbose=0)
        np.testing.assert_allclose(logged, expected, rtol=1e-5)
        history = model.fit(x, x, epochs=3, verbose=0).history["loss"]
        assert history[-1] < history[0]


@pytest.mark.parametrize(
    "loss",
    [
        GaussianNLL(-0.5, name="pixels", reduction="sum", dtype="float64"),
        GaussianNLL("learned"),
        BernoulliNLL(reduction=None),
        MultinomialNLL(name="words"),
    ],
)
def test_saving(loss, tmp_path):
    config = keras.saving.serialize_keras_object(loss)
    assert config["registered_name"] == f"course_lib>{type(loss).__name__}"
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()
    assert (again.name, again.reduction, again.dtype) == (loss.name, loss.reduction, loss.dtype)

    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(6)])
    model.compile("sgd", loss=loss)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.loss.get_config() == loss.get_config()


def test_get():
    loss = GaussianNLL("learned")
    assert likelihood.get(loss) is loss
    assert isinstance(likelihood.get("bernoulli"), BernoulliNLL)
    assert isinstance(likelihood.get("multinomial"), MultinomialNLL)
    gaussian = likelihood.get("gaussian")
    assert isinstance(gaussian, GaussianNLL)
    assert isinstance(gaussian, Likelihood)
    assert gaussian.log_variance == 0.0


def test_learned_shows_the_mean_and_bounds_the_variance():
    mean, s = draw(2, 3, 4).astype("float32"), np.array([-31.0, -5000, 21, 5000], "float32")
    loss = GaussianNLL("learned")
    parameters = np.concatenate([mean, np.broadcast_to(s, mean.shape)], -1)
    np.testing.assert_array_equal(to_numpy(loss.mean(parameters)), mean)
    held = np.broadcast_to(np.array([-30.0, -30, 20, 20], "float32"), mean.shape)
    expected = -stats.norm.logpdf(mean, mean, np.exp(held / 2)).sum((1, 2))
    value, slope = gradient(lambda p: loss.call(mean, p), parameters)
    np.testing.assert_allclose(to_numpy(value), expected, rtol=1e-5)
    assert not to_numpy(slope)[..., 4:].any()


# Masks

MASK = np.array([[True, True, False], [True, False, False], [False, False, False]])
LOSSES = [
    (GaussianNLL(0.5), 4),
    (GaussianNLL("learned"), 8),
    (BernoulliNLL(), 4),
    (MultinomialNLL(), 4),
]


@pytest.mark.parametrize(("loss", "width"), LOSSES)
def test_masked_steps_cost_nothing(loss, width):
    """Whatever stands in a masked step, value and gradient are those of the other steps alone."""
    x, parameters = grey(3, 3, 4).astype("float32"), draw(3, 3, width).astype("float32")
    each = np.stack([to_numpy(loss.call(x[:, t], parameters[:, t])) for t in range(3)], 1)
    spoilt = [ops.where(MASK[..., None], v, np.float32(np.nan)) for v in (x, parameters)]
    for a, p in ((x, parameters), spoilt):
        value, slope = gradient(lambda p, a=a: loss.call(a, p, mask=MASK), p)
        np.testing.assert_allclose(to_numpy(value), (each * MASK).sum(1), rtol=1e-5)
        alone = gradient(lambda p: loss.call(x, p), parameters)[1]
        np.testing.assert_allclose(to_numpy(slope), to_numpy(alone) * MASK[..., None], rtol=1e-5)
    whole = loss.call(x, parameters, mask=np.array([True, False, True]))
    np.testing.assert_allclose(to_numpy(whole), each.sum(1) * [1, 0, 1], rtol=1e-5)
    draws = np.repeat(parameters, 2, 0)
    drawn = to_numpy(loss.of_draws(x, draws, 2, mask=ops.convert_to_tensor(MASK)))
    np.testing.assert_allclose(drawn, np.repeat((each * MASK).sum(1)[:, None], 2, 1), rtol=1e-5)


@pytest.mark.parametrize(("loss", "width"), LOSSES)
def test_the_mask_of_keras_is_heeded(loss, width):
    x = grey(3, 3, 4).astype("float32")
    x[~MASK] = 0
    dense = keras.layers.TimeDistributed(keras.layers.Dense(width, name="dense"))
    model = keras.Sequential([keras.Input((3, 4)), keras.layers.Masking(0.0), dense])
    model.compile("sgd", loss)
    parameters = to_numpy(model(x))
    each = np.stack([to_numpy(loss.call(x[:, t], parameters[:, t])) for t in range(3)], 1)
    logged = model.evaluate(x, x, verbose=0)
    assert logged == pytest.approx((each * MASK).sum(1).mean(), rel=1e-5)
    weights = np.array([1.0, 3.0, 2.0], "float32")
    logged = model.evaluate(x, x, sample_weight=weights, batch_size=3, verbose=0)
    assert logged == pytest.approx((weights * (each * MASK).sum(1)).mean(), rel=1e-5)


# Bad input

X = np.full((4, 6), 0.5, "float32")


def with_value(value):
    x = X.copy()
    x[1, 2] = value
    return x


@pytest.mark.parametrize(
    ("x", "parameters", "sentence"),
    [
        ([0.5], X, "x must be an array or tensor, but is of type list"),
        (X[0], X[0], r"x must have 2 or 3 or 4 or 5 axes, but its shape is \(6,\)"),
        (X[:0], X[:0], "x must not be empty"),
        (X.astype("uint8"), X, "x must hold floats, but its dtype is uint8"),
        (with_value(np.nan), X, "x must be finite"),
        (X, X[:, :5], r"must have the shape of x, but they are \(4, 5\) and \(4, 6\)"),
        (X, X[:2], r"must have the shape of x, but they are \(2, 6\) and \(4, 6\)"),
        (X, X[..., None], r"must have the shape of x, but they are \(4, 6, 1\) and \(4, 6\)"),
        (X, X.astype("int32"), "must hold floats"),
        (X, with_value(np.inf), "must be finite"),
        (X, None, "must be an array or tensor, but is of type NoneType"),
    ],
)
def test_bad_input(x, parameters, sentence):
    functions = gaussian_nll, bernoulli_nll, multinomial_nll
    for loss in (*functions, GaussianNLL(), BernoulliNLL(), MultinomialNLL()):
        with pytest.raises(ValueError, match=sentence):
            loss(x, parameters)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: bernoulli_nll(with_value(1.5), X), r"x must lie in \[0, 1\].* from 0.5 to 1.5"),
        (lambda: BernoulliNLL()(with_value(-1), X), r"x must lie in \[0, 1\].* from -1 to 0.5"),
        (lambda: gaussian_nll(X, X, X[:2]), "log_variance must have the shape of x"),
        (lambda: gaussian_nll(X, X, X[0]), "log_variance must have the shape of x"),
        (lambda: gaussian_nll(X, X, np.nan), "log_variance must be finite"),
        (lambda: gaussian_nll(X, X, "1"), "log_variance must be an array or tensor"),
        (
            lambda: GaussianNLL("lerned"),
            "log_variance \(if not 'learned'\) must be a finite number",
        ),
        (lambda: GaussianNLL(None), "log_variance \(if not 'learned'\) must be a finite number"),
        (lambda: GaussianNLL(np.inf), "log_variance \(if not 'learned'\) must be a finite number"),
        (lambda: GaussianNLL("learned")(X, X), "mean must have the shape of x"),
        (lambda: GaussianNLL("learned")(X, X[:, :5]), r"shape \(4, 5\) is odd"),
        (lambda: GaussianNLL("learned").mean(X[:, :5]), r"shape \(4, 5\) is odd"),
        (lambda: bernoulli_nll(X, X, MASK), "mask must have the shape of the first axes of x"),
        (lambda: gaussian_nll(X, X, 0.0, X), "mask must hold booleans, but its dtype is float32"),
        (
            lambda: likelihood.get("poisson"),
            "likelihood must be 'gaussian', 'bernoulli', 'multinomial' or a",
        ),
        (
            lambda: likelihood.get(None),
            "likelihood must be 'gaussian', 'bernoulli', 'multinomial' or a",
        ),
        (
            lambda: likelihood.get(GaussianNLL),
            "likelihood must be 'gaussian', 'bernoulli', 'multinomial' or a",
        ),
    ],
)
def test_bad_argument(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


@pytest.mark.parametrize(
    "loss", [BernoulliNLL(), GaussianNLL(), GaussianNLL("learned"), MultinomialNLL()]
)
@pytest.mark.parametrize("shape", [(3, 5), (3, 4, 4, 2)])
def test_of_draws_is_each_draw_by_itself(loss, shape):
    x, draws = grey(*shape).astype("float32"), 7
    wide = 2 if getattr(loss, "log_variance", None) == "learned" else 1
    parameters = 3 * draw(3 * draws, *shape[1:-1], wide * shape[-1]).astype("float32")
    together = to_numpy(loss.of_draws(x, parameters, draws))
    for i in range(draws):
        alone = to_numpy(loss.call(x, parameters[i::draws]))
        np.testing.assert_allclose(together[:, i], alone, rtol=1e-5)


@pytest.mark.parametrize("features", [1, 7, 64, 131, 784])
def test_draws_far_from_zero(features):
    x = grey(2, features) > 0.5
    logits = np.concatenate([np.linspace(-200, 200, features)[None], 3 * draw(5, features)])
    loss = BernoulliNLL()
    together = loss.of_draws(x.astype("float64"), ops.convert_to_tensor(logits), 3)
    expected = np.logaddexp(0, logits) - np.repeat(x, 3, axis=0) * logits
    expected = expected.sum(1).reshape(2, 3)
    np.testing.assert_allclose(to_numpy(together), expected, rtol=1e-5)


def test_gradient_of_draws():
    x, logits = grey(2, 30), ops.convert_to_tensor(3 * draw(6, 30))
    weights = ops.convert_to_tensor(draw(2, 3))

    def value(logits):
        nats = BernoulliNLL().of_draws(ops.convert_to_tensor(x), logits, 3)
        return ops.reshape(weights * nats, (6,))

    slope = 1 / (1 + np.exp(-to_numpy(logits))) - np.repeat(x, 3, axis=0)
    expected = to_numpy(weights).reshape(6, 1) * slope
    np.testing.assert_allclose(to_numpy(gradient(value, logits)[1]), expected, atol=1e-6)
