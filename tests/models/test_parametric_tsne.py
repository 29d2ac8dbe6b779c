"""Parametric t-SNE: what its batches pay, and that a map it learns holds for new points."""

import keras
import numpy as np
import pytest
from keras import ops

from course_lib import losses, metrics, models
from course_lib.data import NeighbourPairs

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)
# Five classes on a curve of twelve dimensions that two components do not part.
CENTRES = 4 * np.eye(5, 12)
LABELS = np.repeat(np.arange(5), 60)
X = (CENTRES[LABELS] + RNG.normal(size=(300, 12))).astype("float32")
NEW = (CENTRES[LABELS] + RNG.normal(size=(300, 12))).astype("float32")
dense = keras.layers.Dense


def encoder(*widths):
    return keras.Sequential([*(dense(w, activation="relu") for w in widths), dense(2)])


def test_a_pair_pays_what_the_loss_says():
    model = models.ParametricTSNE(encoder(8))
    model.build((None, 12))
    terms = model.loss_terms(ops.convert_to_tensor(X[:9]), ops.convert_to_tensor(NEW[:9]))
    wanted = losses.neighbour_nll(model.encode(X[:9]), model.encode(NEW[:9]))
    np.testing.assert_allclose(to_numpy(terms["neighbours"]), to_numpy(wanted), rtol=1e-5)


def test_a_map_of_one_place_pays_for_a_guess():
    """log B nats: the neighbour is any of the batch."""
    model = models.ParametricTSNE(dense(2, kernel_initializer="zeros"))
    model.compile()
    assert model.evaluate(X, NEW, batch_size=50, verbose=0)[0] == pytest.approx(np.log(50))


def test_points_never_seen_find_their_classes():
    """Better than by PCA to two numbers, which lays classes on each other."""
    keras.utils.set_random_seed(0)
    model = models.ParametricTSNE(encoder(32, 32))
    model.compile(keras.optimizers.Adam(0.01))
    history = model.fit(NeighbourPairs(X, k=10, batch_size=150), epochs=40, verbose=0).history
    assert history["loss"][-1] < history["loss"][0] - 0.5
    map_of_new, seen = model.encode(NEW), model.encode(X)
    before = np.linalg.svd(X - X.mean(0), full_matrices=False)[2][:2].T
    linear = metrics.knn_error((X @ before, LABELS), (NEW @ before, LABELS))
    error = metrics.knn_error((seen, LABELS), (map_of_new, LABELS))
    assert error < 0.15 < linear


def test_an_encoder_trained_before_goes_on_from_there():
    """As in the paper, of one autoencoder or of a stack: its weights themselves, no copy."""
    first = models.Autoencoder(encoder(8), dense(12))
    first.compile("adam")
    first.fit(X, epochs=1, verbose=0)
    model = models.ParametricTSNE(first.encoder)
    np.testing.assert_array_equal(model.encode(X), first.encode(X))
    model.compile("adam")
    model.fit(NeighbourPairs(X, k=5, batch_size=100), verbose=0)
    np.testing.assert_array_equal(model.encode(X), first.encode(X))
    stack = models.StackedAutoencoder(widths=(8, 2))
    stack.pretrain(np.clip(X / 10 + 0.5, 0, 1), epochs=1, verbose=0)
    assert models.ParametricTSNE(stack.unroll().encoder).encode(X[:3]).shape == (3, 2)


def test_images_are_mapped_too():
    images = X.reshape(300, 3, 4, 1)
    model = models.ParametricTSNE(keras.Sequential([keras.layers.Flatten(), encoder(4)]))
    model.compile("adam")
    model.fit(NeighbourPairs(images, k=5, batch_size=100), verbose=0)
    assert model.encode(images, batch_size=64).shape == (300, 2)
