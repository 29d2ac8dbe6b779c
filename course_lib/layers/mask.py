"""The mask that Keras keeps with a tensor: which steps of a sequence are there."""

from typing import Any

import keras

from course_lib.validation import Tensor


@keras.saving.register_keras_serializable("course_lib")
class MaskOf(keras.layers.Layer):
    """Returns the mask that layers before it have set, or `None`.

    Args:
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        inputs: floats of shape `(B, T, ...)`.

    Returns:
        Booleans `(B, T)`, true where a step is there, or `None`.

    Example:

    >>> import numpy as np
    >>> steps = keras.layers.Masking(0.0)(np.array([[[1.0], [0.0]]], "float32"))
    >>> print(keras.ops.convert_to_numpy(MaskOf()(steps)))
    [[ True False]]
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor | None:
        return mask
