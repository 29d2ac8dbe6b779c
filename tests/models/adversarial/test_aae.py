import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import expit

from course_lib.autodiff import gradient
from course_lib.layers import GaussianPrior, RingPrior
from course_lib.losses import mmd
from course_lib.models import AdversarialAutoencoder

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)
X = RNG.random((32, 6)).astype("float32")
PHASES = ("reconstruction", "discriminator", "generator")
dense = keras.layers.Dense


def small(rates=(0.01, 0.01, 0.01), **kwargs):
    keras.utils.set_random_seed(0)
    discriminator = keras.Sequential([dense(8, "relu"), dense(1)])
    kwargs = {"prior": GaussianPrior(2), "seed": 1} | kwargs
    model = AdversarialAutoencoder(dense(2), dense(6), discriminator, **kwargs)
    model.build((None, 6))
    model.compile(dict(zip(PHASES, map(keras.optimizers.Adam, rates), strict=True)))
    return model


def fit(model, epochs=1, **kwargs):
    options = {"batch_size": 8, "shuffle": False, "verbose": 0} | kwargs
    return model.fit(X, epochs=epochs, **options).history


def parts(model):
    layers = {"encoder": model.encoder, "decoder": model.decoder, "d": model.discriminator}
    return {name: [to_numpy(w) for w in layer.weights] for name, layer in layers.items()}


def test_the_losses_are_those_of_the_paper():
    model = small()
    codes = to_numpy(model.encode(X))
    d_codes = expit(to_numpy(model.discriminator(codes))[:, 0])
    np.testing.assert_allclose(to_numpy(model.generator_loss(X)), -np.log(d_codes), rtol=1e-5)
    z = to_numpy(model.prior.sample(32, keras.random.SeedGenerator(1)))
    d_prior = expit(to_numpy(model.discriminator(z))[:, 0])
    expected = -np.log(d_prior) - np.log(1 - d_codes)
    np.testing.assert_allclose(to_numpy(model.discriminator_loss(X)), expected, rtol=1e-5)
    bits = expit(to_numpy(model(X)))
    entropy = -(X * np.log(bits) + (1 - X) * np.log(1 - bits)).sum(1)
    np.testing.assert_allclose(to_numpy(model.reconstruction_loss(X)), entropy, rtol=1e-4)


@pytest.mark.parametrize(
    ("phase", "moves"),
    [
        ("reconstruction", {"encoder", "decoder"}),
        ("discriminator", {"d"}),
        ("generator", {"encoder"}),
    ],
)
def test_each_phase_moves_its_own_weights_and_no_others(phase, moves):
    model = small([0.01 * (name == phase) for name in PHASES])
    before = parts(model)
    fit(model)
    after = parts(model)
    for name in before:
        same = [np.array_equal(a, b) for a, b in zip(before[name], after[name], strict=True)]
        assert not any(same) if name in moves else all(same), name


def test_no_gradient_of_the_discriminator_s_loss_reaches_the_encoder():
    model = small()
    slope = to_numpy(gradient(model.discriminator_loss, X)[1])
    np.testing.assert_array_equal(slope, 0)
    assert np.abs(to_numpy(gradient(model.generator_loss, X)[1])).max() > 1e-4


@pytest.mark.slow
@pytest.mark.everywhere
def test_codes_come_to_follow_the_prior():
    keras.utils.set_random_seed(0)
    prior = RingPrior(4, radius=2.0, along=0.3, across=0.3)
    x = RNG.normal(size=(2000, 2)).astype("float32")
    layers = [dense(64, "relu"), dense(64, "relu")]
    discriminator = keras.Sequential([dense(64, "relu"), dense(64, "relu"), dense(1)])
    model = AdversarialAutoencoder(
        keras.Sequential([*layers, dense(2)]),
        keras.Sequential([dense(64, "relu"), dense(2)]),
        discriminator,
        prior,
        likelihood="gaussian",
    )
    model.build((None, 2))
    z = prior.sample(2000, seed=5)
    before = float(mmd(model.encode(x), z, width=1.0))
    adam = keras.optimizers.Adam
    model.compile(dict(zip(PHASES, (adam(1e-3), adam(2e-3), adam(1e-3)), strict=True)))
    model.fit(x, batch_size=100, epochs=25, verbose=0)
    assert float(mmd(model.encode(x), z, width=1.0)) < before / 4


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
    model = small(prior=RingPrior(5))
    fit(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(to_numpy(loaded.encode(X)), to_numpy(model.encode(X)))
    np.testing.assert_array_equal(
        to_numpy(loaded.generate(4, seed=0)), to_numpy(model.generate(4, seed=0))
    )
    assert loaded.prior.get_config() == model.prior.get_config()


def test_evaluate_logs_every_phase_and_their_sum():
    logs = small().evaluate(X, batch_size=16, return_dict=True, verbose=0)
    assert logs["loss"] == pytest.approx(sum(logs[name] for name in PHASES), rel=1e-5)
    expected = np.mean(to_numpy(small().reconstruction_loss(X)))
    assert logs["reconstruction"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: small(prior="gaussian"), "prior must be a Prior"),
        (lambda: small(prior=GaussianPrior(3)), "prior must have the 2 units of the codes"),
        (
            lambda: small().compile({"generator": "adam"}),
            "optimizer must be one for all or one for",
        ),
        (lambda: small().fit(X + 1, verbose=0), "x must lie in"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
