"""A factor for each unit: aⱼ hⱼ."""

from typing import Any

import keras

from course_lib.validation import Tensor


@keras.saving.register_keras_serializable("course_lib")
class Gain(keras.layers.Layer):
    """A factor of its own for each unit, learned.

        aⱼ hⱼ

    Args:
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        h: floats of shape `(B, ..., K)`.

    Returns:
        The shape of h.

    Example:

    >>> float(Gain()(keras.ops.array([[2.0]]))[0, 0])
    2.0
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        self.gain = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="gain")
        self.built = True

    def call(self, h: Tensor) -> Tensor:
        return h * self.gain

    def compute_output_shape(self, input_shape):
        return input_shape
