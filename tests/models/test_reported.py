"""What went wrong once, each by itself, as it was reported; and where its kind is held down.

an option of the parent is taken and forgotten       test_options_of_a_parent_are_refused
a term is not trained                                test_every_term_is_trained
weights of examples are dropped                      contract: doubles_the_data_terms_…
regularisers are dropped                             contract: trains_on_a_layers_regulariser
two devices train twice as far                       contract: trains_on_two_devices_as_on_one
a subclass loses its weights                         contract: keeps_the_weight_of_a_subclass
MMD of one example is negative                       test_mmd_of_one_example_is_nothing
LISTA forgets its dictionary                         test_lista_keeps_its_dictionary
callbacks do not find the rates                      contract: follows_a_schedule_of_rates, …
data sets do not build a model                       contract: builds_itself_from_the_first_…
half precision does not add up                       contract: trains_in_mixed_bfloat16, …
codes of all the data at once                        test_memory_is_bounded
codes that keep a plane                              test_codes_may_keep_a_plane
sizes that are not known                             test_pooling_takes_unknown_sizes
more steps than were asked for                       test_five_steps_twice_are_ten
batches' ends that do not come                       contract: calls_back_after_every_batch
the target of a dataset                              test_given_pairs_are_denoised
NaN in a dataset                                     contract: refuses_nan, …
an exp that overflows                                test_unscaled_data_stay_finite
class weights                                        contract: refuses_class_weights
float64 beside float32                               contract: weighs_draws, warms_up_in_float64
masks                                                test_padded_steps_cost_nothing
datasets of images and labels                        test_images_and_labels_of_a_dataset
a label that does not exist                          contract: refuses_labels_that_do_not_exist
saving before compiling                              contract: saves_before_it_is_compiled
terms that call the model                            test_terms_may_call_the_model
NumPy's whole numbers                                contract: generates_from_a_seed, …
sentences instead of tracebacks                      contract: refuses_…; test_pretrain_refuses
"""

from functools import partial

import keras
import numpy as np
import pytest
from keras import ops

from course_lib import layers, models
from tests.models.contract.acts import refused

dense = keras.layers.Dense
X = np.random.default_rng(0).random((40, 6)).astype("float32")
to_numpy = ops.convert_to_numpy


@pytest.mark.parametrize("option", ["beta", "warmup"])
@pytest.mark.parametrize(
    ("model", "more"), [(models.IWAE, []), (models.InfoVAE, []), (models.FactorVAE, [dense(1)])]
)
def test_options_of_a_parent_are_refused(model, more, option):
    with pytest.raises((TypeError, ValueError), match=option):
        model(dense(4), dense(6), *more, **{option: 4})


def test_every_term_is_trained():
    """The loss of InfoVAE in training is that of its evaluation: no term is left out."""
    model = models.InfoVAE(dense(4), dense(6), alpha=0.5, weight=100.0, seed=1)
    model.compile(keras.optimizers.SGD(0.0))
    trained = model.fit(X, batch_size=40, verbose=0).history
    wanted = sum(price * trained[name][0] for name, price in model.term_weights.items())
    assert set(model.term_weights) == {"reconstruction", "kl", "mmd"}
    assert trained["loss"][0] == pytest.approx(wanted, rel=1e-5)


def test_mmd_of_one_example_is_nothing():
    model = models.InfoVAE(dense(4), dense(6), weight=100.0)
    model.compile(keras.optimizers.SGD(0.0))
    logs = model.evaluate(X[:1], verbose=0, return_dict=True)
    assert logs["mmd"] == 0.0


def test_lista_keeps_its_dictionary():
    dictionary = np.random.default_rng(1).normal(size=(8, 6)).astype("float32")
    lista = layers.LISTA(8, 3, dictionary, sparsity=0.1)
    lista.build((None, 6))
    again = layers.LISTA.from_config(lista.get_config())
    again.build((None, 6))
    np.testing.assert_allclose(to_numpy(lista(X)), to_numpy(again(X)), rtol=1e-6)
    clone = keras.models.clone_model(keras.Sequential([keras.Input((6,)), lista]))
    np.testing.assert_allclose(to_numpy(lista(X)), to_numpy(clone(X)), rtol=1e-6)


class Widest(keras.layers.Layer):
    """Lets everything pass, and remembers the largest batch."""

    def __init__(self):
        super().__init__()
        self.rows = []

    def call(self, x):
        self.rows.append(x.shape[0] or 0)
        return x


@pytest.mark.slow
@pytest.mark.everywhere
@pytest.mark.parametrize("act", ["encode", "decode", "reconstruct", "log_weights"])
def test_memory_is_bounded(act):
    """No layer sees all of a large set at once, asked for or not."""
    seen = Widest(), Widest()
    encoder = keras.Sequential([seen[0], dense(4)])
    decoder = keras.Sequential([dense(6), seen[1]])
    model = models.VAE(encoder, decoder)
    model.build((None, 6))
    x = np.tile(X, (100, 1))
    data = x[:, :2].copy() if act == "decode" else x
    samples, draws = ([50], 50) if act == "log_weights" else ([], 1)
    for options, most in (({}, max(3_000, 400 * draws)), ({"batch_size": 100}, 100 * draws)):
        for layer in seen:
            layer.rows.clear()
        out = getattr(model, act)(data, *samples, **options)
        assert out.shape[0] == 4_000
        if act != "log_weights":
            assert sum(max(layer.rows, default=0) for layer in seen) > 0
        assert max(max(layer.rows, default=0) for layer in seen) <= most


def test_codes_may_keep_a_plane():
    """A VAE whose codes are maps: every term is that of all its units."""
    images = np.random.default_rng(2).random((8, 4, 4, 1)).astype("float32")
    options = {"strides": 2, "padding": "same"}
    encoder = keras.layers.Conv2D(4, 3, **options)
    decoder = keras.layers.Conv2DTranspose(1, 3, **options)
    model = models.VAE(encoder, decoder, seed=0)
    model.compile(keras.optimizers.SGD(0.01))
    history = model.fit(images, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert model.encode(images).shape == (8, 2, 2, 2)
    assert model.generate(3).shape == (3, 4, 4, 1)
    assert model.log_weights(images, 5).shape == (8, 5)
    mean, log_variance = (to_numpy(v).astype("float64") for v in model.posterior(images))
    kl = 0.5 * (mean**2 + np.exp(log_variance) - log_variance - 1).sum(axis=(1, 2, 3))
    terms = model.loss_terms(ops.convert_to_tensor(images), ops.convert_to_tensor(images))
    np.testing.assert_allclose(to_numpy(terms["kl"]), kl, rtol=1e-4)


def test_pooling_takes_unknown_sizes():
    images = np.random.default_rng(3).random((2, 4, 6, 1)).astype("float32")
    inputs = keras.Input((None, None, 1))
    pooled, switches = layers.MaxPoolWithSwitches(2)(inputs)
    back = layers.Unpool(2)(pooled, switches)
    model = keras.Model(inputs, [pooled, back])
    plain = keras.layers.MaxPooling2D(2)(images)
    got, unpooled = model(images)
    np.testing.assert_array_equal(to_numpy(got), to_numpy(plain))
    np.testing.assert_allclose(to_numpy(unpooled).sum(), to_numpy(plain).sum(), rtol=1e-6)


def test_five_steps_twice_are_ten():
    tf = pytest.importorskip("tensorflow")
    endless = tf.data.Dataset.from_tensor_slices(X).repeat().batch(8)
    model = models.Autoencoder(dense(2), dense(6))
    model.compile("adam")
    model.fit(endless, steps_per_epoch=5, epochs=2, verbose=0)
    assert int(model.optimizer.iterations) == 10


def test_given_pairs_are_denoised():
    """The loss is that of the clean target, in NumPy, from arrays and from a dataset."""
    tf = pytest.importorskip("tensorflow")
    noisy = X + np.random.default_rng(4).normal(0, 0.5, X.shape).astype("float32")
    model = models.Autoencoder(dense(2), dense(6))
    model.compile(keras.optimizers.SGD(0.0))
    logs = model.evaluate(noisy, X, verbose=0)
    error = X - to_numpy(model(noisy)).astype("float64")
    wanted = 0.5 * (error**2 + np.log(2 * np.pi)).sum(axis=1).mean()
    assert logs[0] == pytest.approx(wanted, rel=1e-5)
    pairs = tf.data.Dataset.from_tensor_slices((noisy, X)).batch(8)
    assert model.fit(pairs, verbose=0).history["loss"][0] == pytest.approx(wanted, rel=1e-5)


def test_unscaled_data_stay_finite():
    model = models.VAE(dense(4), dense(6), likelihood="gaussian", seed=0)
    model.compile(keras.optimizers.Adam(1e-3))
    history = model.fit(X * 5_000, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert all(np.isfinite(to_numpy(w)).all() for w in model.weights)


def test_padded_steps_cost_nothing():
    """Of sequences that an LSTM reads, and padding that the loss does not see."""
    steps = np.random.default_rng(5).random((5, 6, 2)).astype("float32") + 0.1
    lengths = np.array([6, 4, 3, 1, 5])
    there = np.arange(6) < lengths[:, None]
    steps[~there] = 0.0
    encoder = [keras.layers.Masking(0.0), keras.layers.LSTM(3, return_sequences=True)]
    model = models.Autoencoder(keras.Sequential(encoder), dense(2))
    model.compile(keras.optimizers.SGD(0.0))
    error = steps - to_numpy(model(steps)).astype("float64")
    each = 0.5 * (error**2 + np.log(2 * np.pi)).sum(axis=2)
    wanted = (each * there).sum(axis=1).mean()
    assert model.evaluate(steps, verbose=0)[0] == pytest.approx(wanted, rel=1e-5)
    # What stood there before would have been counted.
    assert each.sum(axis=1).mean() > wanted + 0.5


def test_images_and_labels_of_a_dataset():
    """`(image, label)`, as tfds and `image_dataset_from_directory` give them."""
    tf = pytest.importorskip("tensorflow")
    labels = np.arange(40) % 3
    model = models.ConditionalVAE(dense(4), dense(6), classes=3, seed=0)
    model.compile(keras.optimizers.SGD(0.0))
    pair = {"validation_data": ([X, labels],), "validation_batch_size": 8}
    of_dataset = tf.data.Dataset.from_tensor_slices((X, labels)).batch(8)
    first = model.fit(of_dataset, verbose=0, **pair).history
    assert np.isfinite(first["val_loss"]).all()
    again = models.ConditionalVAE(dense(4), dense(6), classes=3, seed=0)
    again.compile(keras.optimizers.SGD(0.0))
    again.build([(None, 6), (None,)])
    again.set_weights(model.get_weights())
    pairs = again.fit([X, labels], batch_size=8, shuffle=False, verbose=0, **pair).history
    assert pairs.keys() == first.keys()
    for name, values in first.items():
        assert pairs[name] == pytest.approx(values, rel=1e-5)


def test_terms_may_call_the_model():
    class Plain(models.Autoencoder):
        def loss_terms(self, x, y=None, training=False):
            return {"reconstruction": self.likelihood.call(x if y is None else y, self(x))}

    model = Plain(dense(2), dense(6))
    model.compile(keras.optimizers.SGD(0.1))
    losses = model.fit(X, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_pretrain_refuses_what_it_cannot_use():
    stack = models.StackedAutoencoder((4, 3))
    for options in ({"validation_data": X}, {"sample_weight": X[:, 0]}, {"y": X}):
        (name,) = options
        refused(partial(stack.pretrain, X, epochs=1, verbose=0, **options), name)
