"""The models of pixels in all their forms, with random weights; and which pixels each may read."""

import functools

import numpy as np
from keras import ops

from course_lib import models
from course_lib.autodiff import compiled, vjp
from course_lib.models import MADE, PixelCNN, PixelRNN
from course_lib.models.pixel.base import PixelModel


def shuffled(shape):
    return np.random.default_rng(7).permutation(shape[0] * shape[1])


VARIANTS = {
    "MADE": lambda shape, **k: MADE(shape, (12,), **k),
    "MADE by columns": lambda shape, **k: MADE(
        shape, (12,), np.arange(shape[0] * shape[1]).reshape(shape[:2]).T.reshape(-1), **k
    ),
    "MADE in any order": lambda shape, **k: MADE(shape, (12, 9), shuffled(shape), **k),
    "logistic": lambda shape, **k: MADE(shape, (), **k),
    "PixelCNN": lambda shape, **k: PixelCNN(shape, 3, 2, **k),
    "Row LSTM": lambda shape, **k: PixelRNN(shape, 3, **k),
    "Diagonal BiLSTM": lambda shape, **k: PixelRNN(shape, 3, kind="diagonal", **k),
    "two Diagonal BiLSTMs": lambda shape, **k: PixelRNN(shape, 2, 2, kind="diagonal", **k),
}
CLASSES = {
    value
    for value in vars(models).values()
    if isinstance(value, type) and issubclass(value, PixelModel)
}


@functools.cache
def made(name, shape, seed=0, scale=0.5, **kwargs):
    """A model of the table with random weights, biases and what masks hide included.

    One for all that ask for the same, because compiling it takes longer than most tests: nobody
    may change its weights.
    """
    return with_weights(VARIANTS[name](shape, **kwargs), seed, scale)


def with_weights(model, seed=0, scale=0.5):
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        weight.assign(rng.normal(0, scale, weight.shape))
    return model


def images(count, shape, seed=0):
    return np.random.default_rng(seed).integers(0, 2, (count, *shape)).astype("float32")


def every_image(shape):
    """All 2^pixels of them."""
    pixels = int(np.prod(shape))
    bits = (np.arange(2**pixels)[:, None] >> np.arange(pixels)) & 1
    return bits.reshape(-1, *shape).astype("float32")


def reading(model):
    """`(pixels, pixels)`: whether the logit of the first may read the second, from the paper."""
    height, width, _ = model.image_shape
    pixels = height * width
    place = np.argsort(model.order)
    before = place[None, :] < place[:, None]
    if isinstance(model, MADE):
        return before
    row, column = np.divmod(np.arange(pixels), width)
    up, aside = row[:, None] - row, np.abs(column[:, None] - column)
    if isinstance(model, PixelCNN):
        reach = 3 + model.depth - 1
        return before & (up <= reach) & (aside <= reach)
    window = before & (up <= 3) & (aside <= 3)
    right = column[None, :] - column[:, None]
    if model.kind == "row":
        # The triangle of a state: one more column on both sides with each row above.
        sees = (up >= 0) & (right >= -up - 1) & (right <= up)
    else:
        sees = (up > 0) | ((up == 0) & (right <= 0))
    features = window
    for _ in range(model.depth):
        features = features | (sees.astype(int) @ features > 0)
    return features


def seen(model, seeds=(0, 1, 2)):
    """`(pixels, pixels)`: how far each logit moves with each pixel, added up over some weights."""
    pixels = int(np.prod(model.image_shape))
    which = np.eye(pixels, dtype="float32").reshape(pixels, *model.image_shape)

    @compiled
    def slopes(values, x):
        return vjp(lambda x: model.stateless_call(values, [], x)[0], x, which)[1]

    total = 0
    for seed in seeds:
        values = [v.value for v in with_weights(model, seed).trainable_variables]
        x = np.repeat(images(1, model.image_shape, seed), pixels, axis=0)
        total = total + np.abs(ops.convert_to_numpy(slopes(values, ops.convert_to_tensor(x))))
    return total.reshape(pixels, pixels)
