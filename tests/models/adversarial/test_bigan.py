import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import expit

from course_lib.autodiff import vjp
from course_lib.layers import GaussianPrior, RingPrior
from course_lib.losses import mmd
from course_lib.models import BiGAN

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)
X = RNG.normal(size=(32, 6)).astype("float32")
PHASES = ("discriminator", "generator")
dense = keras.layers.Dense


def features_of(data, code, *widths, activation="tanh", dropout=0.0):
    pair = [keras.Input((data,)), keras.Input((code,))]
    h = keras.layers.Concatenate()(pair)
    for width in widths:
        h = keras.layers.Dropout(dropout, seed=5)(dense(width, activation)(h))
    return keras.Model(pair, h)


def small(rates=(0.01, 0.01), dropout=0.0, **kwargs):
    keras.utils.set_random_seed(0)
    kwargs = {"prior": GaussianPrior(2), "seed": 1} | kwargs
    model = BiGAN(dense(2), dense(6), features_of(6, 2, 8, dropout=dropout), **kwargs)
    model.build((None, 6))
    model.compile(dict(zip(PHASES, map(keras.optimizers.Adam, rates), strict=True)))
    return model


def fit(model, epochs=1, **kwargs):
    options = {"batch_size": 8, "shuffle": False, "verbose": 0} | kwargs
    return model.fit(X, epochs=epochs, **options).history


def parts(model):
    d = [*model.features.weights, *model.logit.weights]
    both = {"encoder": model.encoder.weights, "decoder": model.decoder.weights, "d": d}
    return {name: [to_numpy(w) for w in weights] for name, weights in both.items()}


def in_numpy(model, x, z):
    """Features, and the discriminator's probability, of pairs."""
    W, b = (to_numpy(v).astype("float64") for v in model.features.weights)
    w, c = (to_numpy(v).astype("float64") for v in model.logit.weights)
    f = np.tanh(np.hstack([x, z]) @ W + b)
    return f, expit(f @ w + c)[:, 0]


def affine(layer, x):
    return x @ to_numpy(layer.kernel).astype("float64") + to_numpy(layer.bias)


@pytest.mark.everywhere
def test_both_players_losses_are_those_of_the_paper_at_the_same_draws():
    model = small()
    codes = affine(model.encoder, X)
    z = to_numpy(model.prior.sample(32, keras.random.SeedGenerator(1)))
    _, of_data = in_numpy(model, X, codes)
    _, of_draws = in_numpy(model, affine(model.decoder, z), z)
    terms = model.discriminator_terms(X)
    wanted = -np.log(of_data) - np.log(1 - of_draws)
    np.testing.assert_allclose(to_numpy(terms["discriminator"]), wanted, rtol=1e-4)
    wanted = -np.log(1 - of_data) - np.log(of_draws)
    np.testing.assert_allclose(to_numpy(model.generator_loss(X)), wanted, rtol=1e-4)


def test_other_steps_have_other_draws_and_both_players_still_the_same():
    model = small()
    fit(model, validation_data=X[:8])
    first, second = (to_numpy(model._draw(X, s)) for s in _seeds(model))
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - to_numpy(small()._draw(X, _seeds(small())[0]))).max() > 0.1
    free = [to_numpy(small(seed=None)._draw(X, s)) for s in _seeds(small(seed=None))]
    np.testing.assert_array_equal(*free)


def _seeds(model):
    return model.seed_generator, model.second_seed_generator


@pytest.mark.everywhere
def test_the_penalty_is_half_the_squared_slope_of_the_log_odds(jacobian):
    model = small()
    x = X[:4].astype("float64")
    pairs = np.hstack([x, affine(model.encoder, x)])

    def odds(pair):
        return to_numpy(model.log_odds(pair[None, :6], pair[None, 6:]))[0]

    wanted = [np.square(jacobian(odds, pair)).sum() / 2 for pair in pairs]
    found = to_numpy(model.discriminator_terms(x)["penalty"])
    np.testing.assert_allclose(found, wanted, rtol=1e-7)


def test_the_penalty_sees_the_features_that_dropout_leaves():
    """Of features that are hidden all at once, now and then, the slope is zero then."""
    model = small(dropout=0.9)
    terms = model.discriminator_terms(X, training=True)
    hidden = to_numpy(terms["penalty"]) == 0
    assert 0 < hidden.sum() < 32
    assert (to_numpy(model.discriminator_terms(X)["penalty"]) > 0).all()


@pytest.mark.parametrize(
    ("phase", "moves"), [("discriminator", {"d"}), ("generator", {"encoder", "decoder"})]
)
def test_each_phase_moves_its_own_weights_and_no_others(phase, moves):
    model = small([0.01 * (name == phase) for name in PHASES])
    before = parts(model)
    fit(model)
    after = parts(model)
    for name in before:
        same = [np.array_equal(a, b) for a, b in zip(before[name], after[name], strict=True)]
        assert not any(same) if name in moves else all(same), name


@pytest.mark.everywhere
def test_no_gradient_of_the_discriminator_s_loss_reaches_encoder_or_decoder():
    model = small()

    def slope(loss, layer):
        def of(kernel):
            with keras.StatelessScope(state_mapping=[(layer.kernel, kernel)]):
                return loss(X)

        return to_numpy(vjp(of, layer.kernel.value, ops.ones(32))[1])

    for term in ("discriminator", "penalty"):
        for layer in (model.encoder, model.decoder):
            np.testing.assert_array_equal(
                slope(lambda x, term=term: model.discriminator_terms(x)[term], layer), 0
            )
    for layer in (model.encoder, model.decoder):
        assert np.abs(slope(model.generator_loss, layer)).max() > 1e-4


@pytest.mark.slow
@pytest.mark.parametrize(("sign", "equal"), [(1, True), (-1, False)])
def test_only_where_encoder_and_decoder_are_inverse_pairs_cannot_be_told_apart(sign, equal):
    """x = 3z: the best discriminator is left with 2 log 2. With e(x) = −x/3 it is not."""
    keras.utils.set_random_seed(0)
    x = 3 * np.random.default_rng(0).normal(size=(4000, 1)).astype("float32")
    halves = [dense(1, use_bias=False, kernel_initializer="zeros") for _ in range(2)]
    features = features_of(1, 1, 16, activation="relu")
    model = BiGAN(*halves, features, GaussianPrior(1), penalty=0.0)
    model.build((None, 1))
    model.encoder.kernel.assign([[sign / 3]])
    model.decoder.kernel.assign([[3.0]])
    model.compile({"discriminator": keras.optimizers.Adam(3e-3), "generator": "sgd"})
    model.optimizer.by_phase["generator"].learning_rate = 0.0
    model.fit(x, batch_size=100, epochs=8, verbose=0)
    left = model.evaluate(x, batch_size=1000, verbose=0, return_dict=True)["discriminator"]
    assert left > 2 * np.log(2) - 0.02 if equal else left < 0.9


@pytest.mark.slow
def test_codes_come_to_follow_the_prior_and_data_are_rebuilt():
    keras.utils.set_random_seed(0)
    angle = np.random.default_rng(0).uniform(0, 2 * np.pi, 2000)
    x = np.stack([np.cos(angle), np.sin(angle)], 1).astype("float32")
    stack = [keras.Sequential([dense(32, "relu"), dense(2)]) for _ in range(2)]
    features = features_of(2, 2, 64, 64, activation="relu")
    model = BiGAN(*stack, features, GaussianPrior(2), penalty=0.1)
    model.build((None, 2))
    z = model.prior.sample(2000, seed=5)
    before = float(mmd(model.encode(x), z, width=1.0))
    model.compile(keras.optimizers.Adam(2e-3, beta_1=0.5))
    model.fit(x, batch_size=100, epochs=40, verbose=0)
    assert float(mmd(model.encode(x), z, width=1.0)) < before / 4
    assert np.abs(np.linalg.norm(to_numpy(model.generate(500, seed=1)), axis=1) - 1).mean() < 0.3
    assert np.square(model.reconstruct(x) - x).sum(1).mean() < 0.3


@pytest.mark.everywhere
@pytest.mark.parametrize("kind", ["features", "cross_entropy"])
def test_scores_are_those_of_the_paper(kind):
    model = small()
    fit(model)
    z = affine(model.encoder, X)
    rebuilt = affine(model.decoder, z)
    f, d = in_numpy(model, X, z)
    judged = np.abs(f - in_numpy(model, rebuilt, z)[0]).sum(1) if kind[0] == "f" else -np.log(d)
    for weight in (0.1, 1.0):
        wanted = (1 - weight) * np.abs(X - rebuilt).sum(1) + weight * judged
        found = model.scores(X, kind, weight)
        assert isinstance(found, np.ndarray)
        np.testing.assert_allclose(found, wanted, rtol=1e-4)
        np.testing.assert_allclose(model.scores(X, kind, weight, batch_size=7), found, rtol=1e-5)


def test_scores_draw_nothing_and_follow_the_weights():
    model = small(dropout=0.5)
    first = model.scores(X)
    before = [to_numpy(s.state) for s in _seeds(model)]
    np.testing.assert_array_equal(model.scores(X), first)
    np.testing.assert_array_equal(before, [to_numpy(s.state) for s in _seeds(model)])
    fit(model)
    assert not np.allclose(model.scores(X), first)
    assert ops.is_tensor(model.scores(ops.convert_to_tensor(X)))


@pytest.mark.everywhere
def test_the_search_finds_the_code_of_what_a_linear_decoder_makes():
    model = small()
    z = RNG.normal(size=(5, 2)).astype("float32")
    found, scores = model.latent_search(model.decode(z), steps=1000, rate=0.05, seed=0)
    np.testing.assert_allclose(found, z, atol=0.05)
    assert scores.max() < 0.1 < model.latent_search(model.decode(z), steps=1, seed=0)[1].min()


def test_the_search_scores_its_own_codes():
    model = small()
    z, scores = model.latent_search(X, steps=20, weight=0.3, seed=0)
    rebuilt = affine(model.decoder, z)
    moved = in_numpy(model, X, z)[0] - in_numpy(model, rebuilt, z)[0]
    wanted = 0.7 * np.abs(X - rebuilt).sum(1) + 0.3 * np.abs(moved).sum(1)
    np.testing.assert_allclose(scores, wanted, rtol=1e-4)
    again = model.latent_search(X, 20, 0.01, 0.3, 0, batch_size=7)
    np.testing.assert_allclose(again[0], z, rtol=1e-4, atol=1e-5)
    assert np.abs(model.latent_search(X, 20, weight=0.3, seed=1)[0] - z).max() > 0.1


@pytest.mark.slow
def test_a_resumed_run_equals_one_never_interrupted(tmp_path):
    straight, half = small(), small()
    fit(straight, 4, validation_data=X)
    fit(half, 2, validation_data=X)
    half.save(tmp_path / "half.keras")
    resumed = keras.saving.load_model(tmp_path / "half.keras", safe_mode=True)
    fit(resumed, 2, validation_data=X)
    for a, b in zip(straight.weights, resumed.weights, strict=True):
        np.testing.assert_array_equal(to_numpy(a), to_numpy(b))


def test_save(tmp_path):
    model = small(prior=RingPrior(5), penalty=3.0)
    fit(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(loaded.scores(X), model.scores(X))
    assert loaded.penalty == 3
    assert loaded.prior.get_config() == model.prior.get_config()


def test_evaluate_logs_every_term_and_the_penalty_s_price():
    logs = small(penalty=5.0).evaluate(X, batch_size=16, return_dict=True, verbose=0)
    wanted = logs["discriminator"] + 5 * logs["penalty"] + logs["generator"]
    assert logs["loss"] == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: small(prior="gaussian"), "prior must be a Prior"),
        (lambda: small(prior=GaussianPrior(3)), "prior must have the 2 units of the codes"),
        (lambda: small(penalty=-1), "penalty must be a finite number of at least 0"),
        (lambda: small().fit(X, X + 1, verbose=0), "y must be absent or x itself"),
        (lambda: small().scores(X, "l1"), "kind must be one of features, cross_entropy"),
        (lambda: small().scores(X, weight=1.5), "weight must be a finite number from 0 to 1"),
        (lambda: small().scores(X * np.nan), "x must be finite"),
        (lambda: small().scores(X[:, :3]), "x must have"),
        (lambda: small().latent_search(X, steps=0), "steps must be a whole number of at least 1"),
        (lambda: small().latent_search(X, seed=-1), "seed must be a whole number"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_features_must_be_flat():
    pair = [keras.Input((6,)), keras.Input((2,))]
    features = keras.layers.Reshape((4, 2))(keras.layers.Concatenate()(pair))
    model = BiGAN(dense(2), dense(6), keras.Model(pair, features), GaussianPrior(2))
    with pytest.raises(ValueError, match=r"features must return shape \(B, F\)"):
        model.build((None, 6))
