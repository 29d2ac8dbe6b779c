"""Every public model with its smallest arguments and data: the table of the contract."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import keras
import numpy as np

from course_lib import models
from course_lib.layers import (
    BinaryCode,
    CategoricalPrior,
    GaussianCorruption,
    L1Penalty,
    RecurrentDecoder,
    RingPrior,
)
from course_lib.models.pixel.base import PixelModel

ROWS, BATCH = 24, 8
RNG = np.random.default_rng(0)
X = RNG.random((ROWS, 6)).astype("float32")
IMAGES = RNG.random((ROWS, 4, 4, 1)).astype("float32")
SEQUENCES = RNG.random((ROWS, 3, 2)).astype("float32") - 0.5
BINARY = (IMAGES > 0.5).astype("float32")
LABELS = np.arange(ROWS) % 3
LABELLED = {"labelled": (X[:6], LABELS[:6])}


@dataclass(frozen=True)
class Case:
    """One model of the table.

    Args:
        recipe: `(class, dense, **kwargs) -> model`; `dense` makes layers of the wanted dtype.
        x: data, an array or a list of two.
        options: what else `fit` and `evaluate` need.
        whole: arguments that are whole numbers, `{name: value}`.
        of_batch: terms that belong to the batch, not to an example.
        bounded: whether data must lie in [0, 1].
    """

    name: str
    recipe: Callable
    x: Any = field(default_factory=lambda: X)
    options: Mapping = field(default_factory=dict)
    whole: Mapping = field(default_factory=dict)
    of_batch: frozenset = frozenset()
    bounded: bool = True

    @property
    def model(self):
        return getattr(models, self.name)

    @property
    def array(self):
        """What the model rebuilds."""
        return self.x[0] if isinstance(self.x, list) else self.x

    @property
    def shape(self):
        """What `build` wants."""
        return keras.tree.map_structure(lambda a: (None, *a.shape[1:]), self.x)

    @property
    def pixels(self):
        """Whether it is a model of pixels: it has no code, and says how probable an image is."""
        return issubclass(self.model, PixelModel)

    def like(self, array):
        """Data of this model that hold another array."""
        return [array, *self.x[1:]] if isinstance(self.x, list) else array

    def rows(self, part):
        return keras.tree.map_structure(lambda a: a[part], self.x)

    def make(self, cls=None, dtype=None, **kwargs):
        """The model, from the same first weights and seeds every time."""
        keras.utils.set_random_seed(1)
        dense = partial(keras.layers.Dense, dtype=dtype)
        dtype = {} if dtype is None else {"dtype": dtype}
        return self.recipe(cls or self.model, dense, **dtype, **kwargs)

    def built(self, **kwargs):
        model = self.make(**kwargs)
        model.build(self.shape)
        return model


def _plain(C, D, **kw):
    return C(D(3, activation="tanh"), D(6), **{"likelihood": "bernoulli"} | kw)


def _denoising(C, D, **kw):
    corruption = GaussianCorruption(0.1, seed=2, dtype=kw.get("dtype"))
    return C(D(3, activation="tanh"), D(6), corruption, **kw)


def _contractive(C, D, **kw):
    return C(D(3, activation="sigmoid"), D(6), **{"weight": 0.1} | kw)


def _sparse(C, D, **kw):
    return C(D(3, activation="sigmoid"), D(6), L1Penalty(dtype=kw.get("dtype")), **kw)


def _gaussian(C, D, **kw):
    return C(D(4), D(6), **kw)


def _factor(C, D, **kw):
    return C(D(4), D(6), D(1), **{"gamma": 2.0} | kw)


def _adversarial(C, D, **kw):
    return C(D(2), D(6), D(1), RingPrior(), **kw)


def _pairs(C, D, **kw):
    pair = [keras.Input((6,)), keras.Input((2,))]
    together = keras.layers.Concatenate(dtype=kw.get("dtype"))(pair)
    features = keras.Model(pair, D(5, activation="tanh")(together))
    return C(D(2), D(6), features, RingPrior(), **kw)


def _clustering(C, D, **kw):
    return C(D(5), D(6), D(1), CategoricalPrior(3, 2), **kw)


def _sequence(C, D, **kw):
    # Keras keeps no state of a recurrent layer's seed in a file; and JAX, step by step in Python,
    # compiles a loop each time that it meets one.
    options = {"dtype": kw.get("dtype"), "seed": 2, "unroll": True}
    recurrent = partial(keras.layers.LSTM, **options)
    rnn = recurrent(4, return_sequences=True)
    decoder = RecurrentDecoder(rnn, 3, 2, reverse=True, dtype=kw.get("dtype"))
    return C(recurrent(3), decoder, **kw)


def _hashing(C, D, **kw):
    binarise = BinaryCode(0.5, seed=2, dtype=kw.get("dtype"))
    return C(**{"features": 6, "code": 4, "hidden": (8,), "binarise": binarise, "seed": 4} | kw)


def _map(C, D, **kw):
    # Without a bias at its end: to move the whole map costs nothing, and trains nothing.
    return C(keras.Sequential([D(5, activation="tanh"), D(2, use_bias=False)]), **kw)


def _from(**defaults):
    """A model that makes its own layers."""
    return lambda C, D, **kw: C(**defaults | kw)


def _with(**defaults):
    return lambda C, D, **kw: _gaussian(C, D, **defaults | kw)


PIXELS = {"image_shape": (4, 4, 1)}
CONVOLUTION = {"filters": (2,), "image_shape": (4, 4, 1)}
TREE = {"steps": 3, "features": 2, "units": 3, "code": 2}
FILTERS = {"filters": 2, "kernel_size": 3, "steps": 3}
CASES = {
    case.name: case
    for case in (
        Case("Autoencoder", _plain),
        Case(
            "LinearAutoencoder",
            _from(features=6, units=2),
            whole={"features": 6, "units": 2},
            bounded=False,
        ),
        Case("DenoisingAutoencoder", _denoising, bounded=False),
        Case("ContractiveAutoencoder", _contractive, whole={"probes": 2}, bounded=False),
        Case("SparseAutoencoder", _sparse, bounded=False),
        Case(
            "ConvAutoencoder", _from(**CONVOLUTION), IMAGES, whole={**CONVOLUTION, "kernel_size": 3}
        ),
        Case(
            "PredictiveSparseDecomposition",
            _from(units=4, sparsity=0.1, steps=3),
            whole={"units": 4, "steps": 3},
            bounded=False,
        ),
        Case(
            "ConvolutionalPSD", _from(**FILTERS, sparsity=0.1), IMAGES, whole=FILTERS, bounded=False
        ),
        Case("MADE", _from(**PIXELS, units=(5, 4)), BINARY, whole={**PIXELS, "units": (5, 4)}),
        Case(
            "PixelCNN",
            _from(**PIXELS, filters=2, depth=2),
            BINARY,
            whole={**PIXELS, "filters": 2, "depth": 2},
        ),
        Case(
            "PixelRNN",
            _from(**PIXELS, units=2),
            BINARY,
            whole={**PIXELS, "units": 2, "depth": 2},
        ),
        Case("StackedAutoencoder", _from(widths=(4, 3)), whole={"widths": (4, 3)}),
        Case(
            "SemanticHashing",
            _hashing,
            whole={"features": 6, "code": 4, "hidden": (8,), "seed": 3},
            bounded=False,
        ),
        Case(
            "ParametricTSNE",
            _map,
            of_batch=frozenset({"neighbours"}),
            bounded=False,
        ),
        Case("SequenceAutoencoder", _sequence, SEQUENCES, bounded=False),
        Case(
            "RecursiveAutoencoder",
            _from(**TREE, local_weight=0.5),
            SEQUENCES,
            whole=TREE,
            bounded=False,
        ),
        Case("VAE", _gaussian, whole={"warmup": 2, "seed": 3}),
        Case(
            "ConditionalVAE",
            _with(classes=3),
            [X, LABELS],
            whole={"classes": 3, "warmup": 2, "seed": 3},
        ),
        Case("IWAE", _with(k=2), whole={"k": 2, "seed": 3}),
        Case(
            "InfoVAE", _with(alpha=0.5, weight=10.0), whole={"seed": 3}, of_batch=frozenset({"mmd"})
        ),
        Case(
            "BetaTCVAE",
            _with(dataset_size=ROWS),
            whole={"dataset_size": ROWS, "warmup": 2, "seed": 3},
            of_batch=frozenset({"mutual_information", "total_correlation", "unit_kl"}),
        ),
        Case("FactorVAE", _factor, whole={"seed": 3}, of_batch=frozenset({"discriminator"})),
        Case("AdversarialAutoencoder", _adversarial, whole={"seed": 3}),
        Case("BiGAN", _pairs, whole={"seed": 3}, bounded=False),
        Case("ClusteringAAE", _clustering, whole={"seed": 3}),
        Case(
            "SemiSupervisedAAE",
            _clustering,
            options=LABELLED,
            whole={"labelled_batch": 4, "seed": 3},
        ),
    )
}

# What places points in a map, and rebuilds nothing.
NO_DECODER = {"ParametricTSNE": "it has no decoder, and no prior over its map"}
# What has no encoder, decoder or codes.
NO_CODES = {
    case.name: "it has no code: what pixel models owe is in tests/models/pixel"
    for case in CASES.values()
    if case.pixels
}
