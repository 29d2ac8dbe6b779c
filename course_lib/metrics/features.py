"""Features in which distances between images mean something: those of a small classifier.

    x → convolution 16 → convolution 32 → dense 64 = features → logits

Trained once on labelled images and kept in a file; the same images and labels give the same
features, whatever ran before.

Reference: Heusel, Ramsauer, Unterthiner, Nessler and Hochreiter, GANs trained by a two time-scale
    update rule converge to a local Nash equilibrium, 2017 (who take those of a classifier of
    photographs, which has never seen a digit), https://arxiv.org/abs/1706.08500.
"""

import hashlib
import os
from pathlib import Path

import keras
import numpy as np
from keras import ops

from course_lib.files import whole
from course_lib.metrics.arrays import floats, integers
from course_lib.validation import Tensor

EPOCHS, BATCH, FEATURES = 3, 128, 64


class ImageFeatures:
    """A small classifier, for its features; `ImageFeatures.load` trains one, or finds it trained.

    Args:
        model: from images to a list of features and logits.

    Reference: Heusel et al., 2017, https://arxiv.org/abs/1706.08500.

    Example:

    >>> rng = np.random.default_rng(0)
    >>> labels = rng.integers(2, size=256)
    >>> x = (rng.random((256, 8, 8, 1)) * (1 + labels[:, None, None, None]) / 2).astype("float32")
    >>> classifier = ImageFeatures.load(x, labels)
    >>> print(classifier.features(x).shape, classifier.probabilities(x).shape)
    (256, 64) (256, 2)
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model

    @classmethod
    def load(cls, x: Tensor, labels: Tensor, folder: str | Path | None = None) -> "ImageFeatures":
        """The classifier of these images: from its file, or trained now and kept in one.

        Args:
            x: images, floats in [0, 1] of shape `(N, H, W, C)`.
            labels: their classes, whole numbers from 0, of shape `(N,)`.
            folder: where trained weights are kept; by default `course_lib` in `$XDG_CACHE_HOME`
                (`~/.cache`). Where it cannot be written to, nothing is kept.

        Raises:
            ValueError: if images and labels do not fit.
        """
        x, labels = floats("x", x, rank=4, low=0, high=1), integers("labels", labels, 1, low=0)
        if len(x) != len(labels):
            raise ValueError(
                f"labels must be given for each of the {len(x)} images, but are for {len(labels)}."
            )
        if folder is None:
            cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
            folder = cache / "course_lib"
        inputs = keras.Input(x.shape[1:])
        features = _network()(inputs)
        logits = _dense(int(labels.max()) + 1, seed=3)(features)
        model = keras.Model(inputs, [features, logits])
        path = Path(folder, f"features-{_key(x, labels)}.weights.h5")
        if not _load(model, path):
            _train(keras.Model(inputs, logits), x, labels)
            _save(model, path)
        return cls(model)

    def features(self, x: Tensor) -> np.ndarray:
        """Features of images `(B, H, W, C)`: NumPy floats of shape `(B, 64)`."""
        return self._predict(x)[0]

    def probabilities(self, x: Tensor) -> np.ndarray:
        """Probabilities of the classes: NumPy floats of shape `(B, classes)`."""
        return ops.convert_to_numpy(ops.softmax(self._predict(x)[1]))

    def _predict(self, x):
        return self._model.predict(floats("x", x, 4, low=0, high=1), batch_size=500, verbose=0)


def _network():
    def convolution(filters, size, seed):
        start = keras.initializers.HeNormal(seed)
        return keras.layers.Conv2D(
            filters, size, 2, "same", activation="relu", kernel_initializer=start
        )

    layers = [convolution(16, 5, 0), convolution(32, 3, 1), keras.layers.Flatten()]
    return keras.Sequential([*layers, _dense(FEATURES, 2, "relu")])


def _dense(units, seed, activation=None):
    return keras.layers.Dense(
        units, activation, kernel_initializer=keras.initializers.HeNormal(seed)
    )


def _train(model, x, labels):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(2e-3), loss)
    # Its own order of examples: `fit` would draw from the seed of whoever asks for features.
    rng = np.random.default_rng(0)
    size = min(BATCH, len(x))
    for _ in range(EPOCHS):
        order = rng.permutation(len(x))
        for i in range(0, len(x) - size + 1, size):
            batch = order[i : i + size]
            model.train_on_batch(x[batch], labels[batch])


def _key(x, labels):
    """What the weights depend on."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    digest.update(f"{keras.backend.backend()} {keras.__version__} {x.shape} {x.dtype}".encode())
    for array in (x, labels):
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()[:16]


def _load(model, path):
    try:
        model.load_weights(path)
        return True
    except (OSError, ValueError, KeyError):
        return False


def _save(model, path):
    try:
        with whole(path) as part:
            model.save_weights(part)
    except OSError:
        pass
