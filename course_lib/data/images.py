"""Image sets under one call: named arrays of one shape, range and dtype, and their origin."""

import dataclasses
import gzip

import numpy as np

from course_lib.data.cache import keras_files
from course_lib.data.parts import check_choice, draw_parts
from course_lib.extras import extra


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Images:
    """A set of labelled images in three disjoint parts.

    Every part has images of shape `(N, 28, 28, 1)` (`digits`: `(N, 8, 8, 1)`), float32 in
    [0, 1], 0 black; labels of shape `(N,)`, int64; and a dict of generating factors, each an
    array of shape `(N,)`, empty for all sets but `glyphs`. A part not asked for has N = 0.
    """

    name: str
    source: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_valid: np.ndarray
    y_valid: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    factors_train: dict[str, np.ndarray]
    factors_valid: dict[str, np.ndarray]
    factors_test: dict[str, np.ndarray]

    def __repr__(self):
        parts = f"{len(self.x_train)} train, {len(self.x_valid)} valid, {len(self.x_test)} test"
        shape = " × ".join(str(side) for side in self.x_train.shape[1:])
        return f"Images({self.name}: {parts}; {shape}, float32 in [0, 1])"


def load_images(
    name: str = "auto",
    train: int | None = None,
    valid: int = 0,
    test: int | None = None,
    seed: int = 0,
) -> Images:
    """Loads a set of labelled images.

    Which images are taken is drawn without replacement, with the seed; their order is that
    of the set. A smaller choice is part of a larger one, and which images are for testing
    never depends on `train` and `valid`.

    Args:
        name: `"mnist"`, `"fashion_mnist"` (28 × 28, 60,000 + 10,000; from the cache of Keras
            under `$KERAS_HOME`, or the network), `"glyphs"` (28 × 28, 10,000 + 2,000; with
            known factors, see `render_glyphs`), `"digits"` (8 × 8, 1,437 + 360; of
            scikit-learn), or `"auto"`: `mnist` if it is cached or can be downloaded,
            otherwise `glyphs`; says in one line which and why.
        train: number of training images; `None` for all that `valid` leaves.
        valid: number of validation images, taken from the training part.
        test: number of test images; `None` for all.
        seed: integer, 0 or more.

    Returns:
        `Images`.

    Raises:
        ValueError: if the set is unknown or holds fewer images.
        OSError: if it is damaged, cannot be downloaded or cannot be stored.

    Example:

    >>> load_images("digits", train=1000, valid=200)
    Images(digits: 1000 train, 200 valid, 360 test; 8 × 8 × 1, float32 in [0, 1])
    """
    check_choice(name, _SETS, train, valid, test, seed)
    if name == "auto":
        name = _auto()
    source, white, training, testing = _SETS[name]()
    here, there = len(training[1]), len(testing[1])
    rows = draw_parts(here, there, train, valid, test, seed, f"images of {name}")
    x_train, y_train, factors_train = _part(training, white, rows["train"])
    x_valid, y_valid, factors_valid = _part(training, white, rows["valid"])
    x_test, y_test, factors_test = _part(testing, white, rows["test"])
    return Images(
        name=name,
        source=source,
        x_train=x_train,
        y_train=y_train,
        x_valid=x_valid,
        y_valid=y_valid,
        x_test=x_test,
        y_test=y_test,
        factors_train=factors_train,
        factors_valid=factors_valid,
        factors_test=factors_test,
    )


def _part(whole, white, chosen):
    x, y, factors = whole
    return (
        np.divide(x[chosen, ..., None], white, dtype=np.float32),
        y[chosen].astype(np.int64),
        {name: values[chosen] for name, values in factors.items()},
    )


# Each returns its source, the value of white, and for training and for testing the images
# without their channel, the labels and the factors.


def _digits():
    with extra("data"):
        from sklearn.datasets import load_digits

    digits = load_digits()
    x, y = digits.images, digits.target
    source = (
        "UCI optical recognition of handwritten digits (Alpaydin & Kaynak 1998), real, "
        "shipped with scikit-learn; the last 360 of 1,797 are for testing."
    )
    return source, 16, (x[:-360], y[:-360], {}), (x[-360:], y[-360:], {})


def _glyphs():
    from course_lib.data.glyphs import TRAIN, read_glyphs

    x, factors = read_glyphs()
    source = (
        "Digits drawn for this course from fonts that ship with matplotlib, "
        f"with {len(factors)} known factors."
    )
    first = {name: values[:TRAIN] for name, values in factors.items()}
    last = {name: values[TRAIN:] for name, values in factors.items()}
    return source, 255, (x[:TRAIN], first["digit"], first), (x[TRAIN:], last["digit"], last)


def _mnist():
    (path,) = keras_files("mnist")
    source = "MNIST (LeCun et al. 1998), real handwritten digits, the file of keras.datasets."
    with np.load(path) as file:
        return (
            source,
            255,
            (file["x_train"], file["y_train"], {}),
            (file["x_test"], file["y_test"], {}),
        )


def _fashion_mnist():
    x, y, x_test, y_test = (_idx(path) for path in keras_files("fashion_mnist"))
    source = "Fashion-MNIST (Xiao et al. 2017), photographs of clothing, by keras.datasets."
    return source, 255, (x, y, {}), (x_test, y_test, {})


def _idx(path):
    """An IDX file: two zeros, the type, the number of axes, each side in four bytes, the data."""
    data = gzip.decompress(path.read_bytes())
    axes = data[3]
    shape = np.frombuffer(data, ">u4", count=axes, offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape)


_SETS = {
    "mnist": _mnist,
    "fashion_mnist": _fashion_mnist,
    "glyphs": _glyphs,
    "digits": _digits,
}


def _auto():
    try:
        keras_files("mnist")
    except OSError as error:
        print(f"Data: glyphs, because {error}")
        return "glyphs"
    print("Data: mnist, because it is in the cache of Keras.")
    return "mnist"
