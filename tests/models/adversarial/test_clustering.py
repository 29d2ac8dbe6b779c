import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import softmax

from course_lib.autodiff import gradient
from course_lib.layers import CategoricalPrior, GaussianPrior
from course_lib.models import ClusteringAAE, SemiSupervisedAAE

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)
X = RNG.random((32, 6)).astype("float32")
LABELS = RNG.integers(3, size=32)
PHASES = ("reconstruction", "discriminator", "generator", "classification")
dense = keras.layers.Dense


def small(make=SemiSupervisedAAE, rates=(0.01,) * 4, normalised=False, **kwargs):
    keras.utils.set_random_seed(0)
    encoder = dense(5)
    if normalised:
        encoder = keras.Sequential([encoder, keras.layers.BatchNormalization(center=False)])
    discriminator = keras.Sequential([dense(8, "relu"), dense(1)])
    kwargs = {"prior": CategoricalPrior(3, 2), "seed": 1} | kwargs
    model = make(encoder, dense(6), discriminator, **kwargs)
    model.build((None, 6))
    names = [phase.name for phase in model.phases()]
    adam = keras.optimizers.Adam
    model.compile({n: adam(rate) for n, rate in zip(names, rates, strict=False)})
    return model


def fit(model, epochs=1, labelled=(X[:7], LABELS[:7]), **kwargs):
    options = {"batch_size": 8, "shuffle": False, "verbose": 0} | kwargs
    return model.fit(X, labelled=labelled, epochs=epochs, **options).history


def parts(model):
    layers = {"encoder": model.encoder, "decoder": model.decoder, "d": model.discriminator}
    return {name: [to_numpy(w) for w in layer.weights] for name, layer in layers.items()}


@pytest.fixture(params=[ClusteringAAE, SemiSupervisedAAE])
def make(request):
    return request.param


def test_codes_are_probabilities_and_style(make):
    model = small(make)
    outputs = X @ to_numpy(model.encoder.kernel)
    codes = to_numpy(model.encode(X))
    np.testing.assert_allclose(codes[:, :3], softmax(outputs[:, :3], axis=1), rtol=1e-5)
    np.testing.assert_allclose(codes[:, 3:], outputs[:, 3:], rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(to_numpy(model.probabilities(X)), codes[:, :3])


def test_decoder_and_discriminator_see_these_codes(make):
    model = small(make)
    codes = to_numpy(model.encode(X))
    expected = to_numpy(model.likelihood.call(X, model.decoder(codes)))
    np.testing.assert_allclose(to_numpy(model.reconstruction_loss(X)), expected, rtol=1e-5)
    np.testing.assert_allclose(
        to_numpy(model.reconstruct(X)), to_numpy(model.decode(codes)), rtol=1e-5
    )
    logit = to_numpy(model.discriminator(codes))[:, 0]
    np.testing.assert_allclose(to_numpy(model.generator_loss(X)), np.logaddexp(0, -logit), 1e-5)
    slope = to_numpy(gradient(model.discriminator_loss, X)[1])
    np.testing.assert_array_equal(slope, 0)


def test_a_cluster_is_decoded_from_its_corner(make):
    model = small(make)
    style = to_numpy(model.prior.sample(4, 7))[:, 3:]
    corner = np.tile([0.0, 0.0, 1.0], (4, 1))
    expected = to_numpy(model.decode(np.hstack([corner, style]).astype("float32")))
    np.testing.assert_allclose(to_numpy(model.generate(4, cluster=2, seed=7)), expected, 1e-5)


def test_the_classification_loss_is_that_of_the_class():
    model = small()
    with model._given((X, LABELS)):
        loss = to_numpy(model.classification_loss(X))
        drawn = to_numpy(model.classification_loss(X, training=True))
    probabilities = to_numpy(model.probabilities(X))
    expected = -np.log(probabilities[np.arange(32), LABELS])
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
    assert drawn.shape == (100,)
    assert np.isclose(drawn[:, None], expected[None], rtol=1e-4).any(1).all()


@pytest.mark.parametrize(
    ("phase", "moves"),
    [
        ("reconstruction", {"encoder", "decoder"}),
        ("discriminator", {"d"}),
        ("generator", {"encoder"}),
        ("classification", {"encoder"}),
    ],
)
def test_each_phase_moves_its_own_weights_and_no_others(phase, moves):
    model = small(rates=[0.01 * (name == phase) for name in PHASES])
    before = parts(model)
    fit(model)
    after = parts(model)
    for name in before:
        same = [np.array_equal(a, b) for a, b in zip(before[name], after[name], strict=True)]
        assert not any(same) if name in moves else all(same), name


def test_labels_teach_the_encoder():
    x = (X[:, :3].argmax(1)[:, None] == np.arange(3)).astype("float32")
    x = np.hstack([x, X[:, 3:]])
    model = small(rates=(0.01, 0.01, 0.01, 0.05))
    fit(model, 60, labelled=(x[:12], x[:12, :3].argmax(1)))
    assert (to_numpy(model.probabilities(x)).argmax(1) == x[:, :3].argmax(1)).mean() > 0.95


def test_other_labels_in_a_second_fit_are_used():
    """A step compiled for the first ones must not be run again."""
    first, second = small(rates=(0.0, 0.0, 0.0, 0.05)), small(rates=(0.0, 0.0, 0.0, 0.05))
    other = (X[:7], (LABELS[:7] + 1) % 3)
    fit(first)
    fit(first, labelled=other)
    fit(second)
    fit(second)
    assert not np.array_equal(to_numpy(first.encode(X)), to_numpy(second.encode(X)))


@pytest.mark.slow
@pytest.mark.parametrize("normalised", [False, True])
@pytest.mark.parametrize("validation", [None, X])
def test_a_resumed_run_equals_one_never_interrupted(tmp_path, validation, normalised):
    straight, half = small(normalised=normalised), small(normalised=normalised)
    fit(straight, 4, validation_data=validation)
    fit(half, 2, validation_data=validation)
    half.save(tmp_path / "half.keras")
    resumed = keras.saving.load_model(tmp_path / "half.keras", safe_mode=True)
    fit(resumed, 2, validation_data=validation)
    for a, b in zip(straight.weights, resumed.weights, strict=True):
        np.testing.assert_array_equal(to_numpy(a), to_numpy(b))


def test_evaluate_counts_all_labelled_examples():
    model = small()
    logs = model.evaluate(X, labelled=(X, LABELS), batch_size=16, return_dict=True, verbose=0)
    chosen = to_numpy(model.probabilities(X))[np.arange(32), LABELS]
    assert logs["classification"] == pytest.approx(-np.log(chosen).mean(), rel=1e-5)
    assert logs["loss"] == pytest.approx(sum(logs[name] for name in PHASES), rel=1e-5)


def test_clusters_without_labels():
    model = small(ClusteringAAE)
    history = model.fit(X, batch_size=8, verbose=0).history
    assert sorted(history) == ["discriminator", "generator", "loss", "reconstruction"]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: small(prior=GaussianPrior(5)), "prior must be a CategoricalPrior"),
        (lambda: small(prior=CategoricalPrior(3, 3)), "prior must have the 5 units of the codes"),
        (lambda: small(labelled_batch=0), "labelled_batch must be a whole number of at least 1"),
        (lambda: small().generate(2, cluster=3), "cluster must be a whole number from 0 to 2"),
        (lambda: small().fit(X, verbose=0), "labelled must be a pair"),
        (lambda: small().evaluate(X, verbose=0), "labelled must be a pair"),
        (lambda: fit(small(), labelled=(X, LABELS[:3])), "labelled must hold a label for each"),
        (lambda: fit(small(), labelled=(X, LABELS + 1)), r"labelled\[1\] must lie in \[0, 2\]"),
        (lambda: fit(small(), labelled=(X + 1, LABELS)), r"labelled\[0\] must lie in \[0, 1\]"),
        (lambda: fit(small(), labelled=(X, LABELS * 1.0)), r"labelled\[1\] must hold integers"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
