"""The head of PixelCNN and PixelRNN: features to logits, at each pixel by itself.

    l = w · relu( V relu(z) + b ) + c

Reference: van den Oord, Kalchbrenner and Kavukcuoglu, Pixel recurrent neural networks, 2016,
table 1, https://arxiv.org/abs/1601.06759.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from course_lib.models.pixel.walks import dense
from course_lib.validation import Tensor


@keras.saving.register_keras_serializable("course_lib")
class PixelHead(keras.layers.Layer):
    """Features to logits: two dense layers, each after a rectifier.

    Args:
        units: between the two.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        inputs: z, floats of shape `(B, H, W, C)`.

    Returns:
        l, shape `(B, H, W, 1)`.

    Example:

    >>> tuple(PixelHead(8)(ops.ones((2, 3, 3, 4))).shape)
    (2, 3, 3, 1)
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.inner = layers.Dense(units, activation="relu", dtype=self.dtype_policy)
        self.outer = layers.Dense(1, dtype=self.dtype_policy)

    def build(self, input_shape):
        self.inner.build(input_shape)
        self.outer.build((*input_shape[:-1], self.units))

    def call(self, inputs: Tensor) -> Tensor:
        return self.outer(self.inner(ops.relu(inputs)))

    def in_numpy(self) -> Callable:
        """The same as a function of arrays `(N, C)`."""
        inner, outer = dense(self.inner), dense(self.outer)
        return lambda z: outer(np.maximum(inner(np.maximum(z, 0)), 0))

    def get_config(self):
        return {**super().get_config(), "units": self.units}
