import keras
import numpy as np
import pytest
from keras import ops

from course_lib.layers import KLPenalty, L1Penalty, TiedDense
from course_lib.models import Autoencoder, SparseAutoencoder, StackedAutoencoder

to_numpy = ops.convert_to_numpy
FEATURES, WIDTHS = 10, (8, 6, 4)


def data():
    return np.random.default_rng(0).random((48, FEATURES)).astype("float32")


@pytest.fixture
def x():
    return data()


def untied(level, features, units):
    """Another way to make a level: rectified units, a decoder of its own."""
    encoder = keras.layers.Dense(units, activation="relu", name=f"up_{level}")
    decoder = keras.layers.Dense(features, name=f"down_{level}")
    return Autoencoder(encoder, decoder, likelihood="bernoulli" if level == 0 else "gaussian")


KINDS = {
    "plain": {"activation": "tanh", "likelihood": "gaussian"},
    "denoising": {"corruption": keras.layers.GaussianNoise(0.3, seed=0)},
    "sparse too": {"corruption": keras.layers.Dropout(0.3, seed=0), "penalty": KLPenalty(0.2)},
    "own": {"one_layer": untied},
}


def make(widths=WIDTHS, **kwargs):
    keras.utils.set_random_seed(1)
    return StackedAutoencoder(widths, **kwargs)


def pretrain(stack, x, epochs=2, **kwargs):
    return stack.pretrain(x, epochs, batch_size=16, verbose=0, **kwargs)


def values(model):
    return [to_numpy(w).copy() for w in model.weights]


def assert_equal(some, others):
    for a, b in zip(some, others, strict=True):
        np.testing.assert_array_equal(a, b)


class Snapshots(keras.callbacks.Callback):
    """The weights of every level before and after the training of each."""

    def __init__(self, stack):
        super().__init__()
        self.stack, self.taken = stack, []

    def on_train_begin(self, logs=None):
        self.taken.append([values(level) for level in self.stack.levels])

    on_train_end = on_train_begin


@pytest.fixture(scope="module", params=KINDS)
def pretrained(request):
    """A stack of each kind, its histories and the snapshots of its pretraining."""
    stack, x = make(**KINDS[request.param]), data()
    stack.build(x.shape)
    snapshots = Snapshots(stack)
    optimizer = keras.optimizers.Adam(0.02)
    histories = pretrain(stack, x, 10, optimizer=optimizer, callbacks=[snapshots])
    return stack, histories, snapshots.taken


def test_the_loss_of_every_level_falls(pretrained):
    stack, histories, _ = pretrained
    assert len(histories) == len(WIDTHS)
    for history in histories:
        assert len(history["loss"]) == 10
        assert history["loss"][-1] < history["loss"][0]
        assert ("sparsity" in history) == (stack.penalty is not None)


def test_pretraining_a_level_changes_that_level_only(pretrained):
    _, _, taken = pretrained
    assert len(taken) == 2 * len(WIDTHS)
    for phase in range(len(WIDTHS)):
        before, after = taken[2 * phase : 2 * phase + 2]
        for level, (old, new) in enumerate(zip(before, after, strict=True)):
            if level == phase:
                assert all((a != b).any() for a, b in zip(old, new, strict=True))
            else:
                assert_equal(old, new)


def test_each_level_learns_the_clean_codes_of_the_one_below(x):
    """What `fit` of a level is given: the codes written again in NumPy, without corruption."""
    stack = make((6, 4), corruption=keras.layers.GaussianNoise(0.9))
    stack.build(x.shape)
    given = []
    for level in stack.levels:
        fit = level.fit
        level.fit = lambda data, fit=fit, **kwargs: given.append(data) or fit(data, **kwargs)
    pretrain(stack, x)
    h = x
    for level, data in zip(stack.levels, given, strict=True):
        np.testing.assert_allclose(data, h, rtol=1e-4)
        kernel, bias = values(level)[:2]
        h = 1 / (1 + np.exp(-(h @ kernel + bias)))
    np.testing.assert_allclose(to_numpy(stack.encode(x)), h, rtol=1e-4)


def test_the_first_level_is_trained_as_it_would_be_alone(x):
    stack = make((8,), penalty=KLPenalty(0.2), weight=0.5)
    stack.build(x.shape)
    keras.utils.set_random_seed(1)
    dense = keras.layers.Dense(8, activation="sigmoid")
    alone = SparseAutoencoder(dense, TiedDense(dense), KLPenalty(0.2), 0.5, "bernoulli")
    alone.build(x.shape)
    for level in (stack.levels[0], alone):
        level.set_weights([np.full_like(w, 0.1) for w in values(alone)])
    pretrain(stack, x, shuffle=False)
    alone.compile("adam")
    alone.fit(x, epochs=2, batch_size=16, shuffle=False, verbose=0)
    assert_equal(values(stack.levels[0]), values(alone))


@keras.saving.register_keras_serializable("tests")
class Counting(keras.layers.Dense):
    """Counts its calls, in compiled steps too."""

    def build(self, input_shape):
        super().build(input_shape)
        self.calls = self.add_weight((), initializer="zeros", trainable=False, name="calls")

    def call(self, inputs, training=None):
        self.calls.assign_add(1.0)
        return super().call(inputs)


@pytest.mark.parametrize("depth", [1, 3])
def test_the_cost_grows_linearly_with_depth(depth, x):
    """A level runs once a step of its own training, and once a batch to hand on its codes."""

    def counting(level, features, units):
        encoder = Counting(units, activation="sigmoid", name=f"up_{level}")
        return Autoencoder(encoder, keras.layers.Dense(features), likelihood="bernoulli")

    stack = make((6,) * depth, one_layer=counting)
    pretrain(stack, x, epochs=5)
    calls = [int(to_numpy(level.encoder.calls)) for level in stack.levels]
    batches = len(x) // 16
    assert calls == [5 * batches + batches] * (depth - 1) + [5 * batches]


def numpy_unrolled(stack, x):
    """Up and down again through the tied levels, in NumPy."""
    act = np.tanh if stack.activation is keras.activations.tanh else lambda a: 1 / (1 + np.exp(-a))
    h, levels = x, [values(level) for level in stack.levels]
    for W, b, _ in levels:
        h = act(h @ W + b)
    for depth, (W, _, c) in reversed(list(enumerate(levels))):
        h = h @ W.T + c
        if depth and act is not np.tanh:
            h = act(h)
    return h


def test_unrolled_it_is_the_chain_of_its_levels(pretrained, x):
    stack = pretrained[0]
    deep = stack.unroll()
    h = stack.encode(x)
    np.testing.assert_array_equal(to_numpy(deep.encode(x)), to_numpy(h))
    for level in reversed(stack.levels):
        parameters = level.decoder(h)
        h = level.likelihood.mean(parameters)
    np.testing.assert_allclose(to_numpy(deep(x)), to_numpy(parameters), rtol=1e-5)
    np.testing.assert_allclose(to_numpy(deep.reconstruct(x)), to_numpy(h), rtol=1e-5)
    if stack.one_layer is None:
        np.testing.assert_allclose(
            to_numpy(deep(x)), numpy_unrolled(stack, x), rtol=1e-3, atol=1e-5
        )


def test_corruption_stays_behind(pretrained, x):
    stack = pretrained[0]
    for model in (stack, stack.unroll(), stack.classifier(3)):
        clean, training = to_numpy(model(x)), to_numpy(model(x, training=True))
        np.testing.assert_array_equal(clean, training)


def test_fine_tuning_works_on_copies(pretrained, x):
    """It starts from the pretrained weights, trains all of them, and leaves the stack alone."""
    stack = pretrained[0]
    before = values(stack)
    deep, classifier = stack.unroll(), stack.classifier(3)
    assert classifier(x).shape == (len(x), 3)
    for model in (deep.encoder, keras.Sequential(classifier.layers[:-1])):
        np.testing.assert_array_equal(to_numpy(model(x)), to_numpy(stack.encode(x)))

    labels = np.arange(len(x)) % 3
    assert len(classifier.trainable_weights) == 2 * len(WIDTHS) + 2
    classifier.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    deep.compile()
    for model, target in ((classifier, labels), (deep, None)):
        start = values(model)
        model.fit(x, target, verbose=0)
        assert all((a != b).any() for a, b in zip(start, values(model), strict=True))
    assert_equal(values(stack), before)


def test_ties_survive_unrolling_and_fine_tuning(x):
    stack = make()
    stack.build(x.shape)
    deep = stack.unroll()
    assert len(deep.weights) == 3 * len(WIDTHS)
    deep.compile()
    deep.fit(x, epochs=2, verbose=0)
    for up, down in zip(deep.encoder.layers, deep.decoder.layers[::-2], strict=True):
        assert down.dense is up


def test_a_random_start_is_the_same_network(pretrained, x):
    stack = make(**KINDS["plain"])
    stack.build(x.shape)
    random, tuned = stack.classifier(3), pretrained[0].classifier(3)
    assert [w.shape for w in random.weights] == [w.shape for w in tuned.weights]
    assert_equal(values(random)[:2], values(stack.levels[0].encoder))
    assert np.abs(values(random)[0] - values(tuned)[0]).max() > 0


def test_saving(pretrained, x, tmp_path):
    stack = pretrained[0]
    for model in (stack, stack.unroll(), stack.classifier(3)):
        model.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
        np.testing.assert_array_equal(to_numpy(loaded(x)), to_numpy(model(x)))
        assert_equal(values(loaded), values(model))


def test_what_was_loaded_saves_and_unrolls(pretrained, x, tmp_path):
    stack = again = pretrained[0]
    for _ in range(2):
        again.save(tmp_path / "stack.keras")
        again = keras.saving.load_model(tmp_path / "stack.keras", safe_mode=True)
    np.testing.assert_array_equal(to_numpy(again.unroll()(x)), to_numpy(stack.unroll()(x)))


def test_what_was_loaded_trains_on(x, tmp_path):
    stack = make((6, 4), penalty=KLPenalty(0.2))
    stack.build(x.shape)
    stack.save(tmp_path / "stack.keras")
    loaded = keras.saving.load_model(tmp_path / "stack.keras", safe_mode=True)
    histories = [pretrain(model, x, shuffle=False) for model in (stack, loaded)]
    assert histories[0] == histories[1]
    assert_equal(values(stack), values(loaded))


@pytest.mark.slow
def test_mixed_precision(x):
    if keras.backend.backend() == "torch":
        pytest.skip("PyTorch has no half precision on CPU")
    stack = make((6, 4), dtype="mixed_bfloat16", penalty=KLPenalty(0.2))
    histories = pretrain(stack, x)
    assert np.isfinite([history["loss"] for history in histories]).all()
    assert {w.dtype for w in stack.weights} == {"float32"}
    assert keras.backend.standardize_dtype(stack.classifier(3)(x).dtype) == "bfloat16"


GOOD = np.full((4, FEATURES), 0.5, "float32")


def wide(level, features, units):
    return untied(level, features, units + 1)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: make(()), "widths must hold a number for each level"),
        (lambda: make((8, 0)), "widths must be a whole number of at least 1, but is 0"),
        (lambda: make((8, 2.5)), "widths must be a whole number of at least 1, but is 2.5"),
        (lambda: make(corruption=0.3), "corruption must be a layer or None, but is 0.3"),
        (lambda: make(penalty="l1"), "penalty must be a layer or None, but is 'l1'"),
        (lambda: make(likelihood="cauchy"), "likelihood must be"),
        (lambda: make(activation="rely"), "rely"),
        (lambda: make(penalty=L1Penalty(), one_layer=untied), "must be absent where one_layer"),
        (lambda: make(penalty=L1Penalty(), weight=-1).build((None, 3)), "weight must be"),
        (lambda: make(one_layer=lambda *_: 3).build((None, 3)), "an Autoencoder, but .* made 3"),
        (lambda: make(one_layer=[untied(0, 3, 8)]), "each of the 3 widths, but holds 1"),
        (lambda: make(one_layer=wide).build((None, 3)), r"codes \(B, 8\) at level 0"),
        (lambda: make().unroll(), "must be built, by pretrain or by build"),
        (lambda: make().classifier(3), "must be built, by pretrain or by build"),
        (lambda: make(one_layer=untied).get_config(), "must be built, by pretrain or by build"),
        (lambda: pretrain(make(), GOOD * 3), r"x must lie in \[0, 1\]"),
        (lambda: pretrain(make(), GOOD * np.nan), "x must be finite"),
        (lambda: pretrain(make(), GOOD[:0]), "x must not be empty"),
        (lambda: pretrain(make(), GOOD[None]), "x must have 2 axes"),
        (lambda: pretrain(make(), GOOD.astype("int32")), "x must hold floats"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
