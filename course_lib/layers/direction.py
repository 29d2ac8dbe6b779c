"""The direction of a vector, at one length: how long it is does not count.

    r x / ‖x‖,   and 0 of 0

Reference: Salton, Wong and Yang, A vector space model for automatic indexing, 1975,
    https://doi.org/10.1145/361219.361220.
"""

from typing import Any

import keras
from keras import ops

from course_lib.losses.sums import at_least_float32
from course_lib.validation import Tensor, check_array, check_number


@keras.saving.register_keras_serializable("course_lib")
class Direction(keras.layers.Layer):
    """Scales every vector to one length.

        r x / ‖x‖,   and 0 of 0

    The norm is computed in single precision at least: the squares of small numbers are nothing
    in half precision. Nothing is added to it, so that numbers of every size have a direction.

    Args:
        length: r, above 0.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        x: floats of shape `(B, ..., D)`.

    Returns:
        The shape of x.

    Raises:
        ValueError: if the length is not above 0, or x does not hold floats.

    Reference: Salton et al., 1975, https://doi.org/10.1145/361219.361220.

    Example:

    >>> print(ops.convert_to_numpy(Direction(10.0)(ops.array([[3.0, 4.0], [0.0, 0.0]]))))
    [[6. 8.]
     [0. 0.]]
    """

    def __init__(self, length: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.length = check_number("length", length, above=0)
        self.supports_masking = True

    def build(self, input_shape):
        self.built = True

    def call(self, x: Tensor) -> Tensor:
        check_array("x", x)
        wide = at_least_float32(x)
        # By the largest number first, whose square neither overflows nor vanishes.
        largest = ops.max(ops.abs(wide), axis=-1, keepdims=True)
        empty = ops.equal(largest, 0)
        wide = wide / ops.where(empty, ops.ones_like(largest), largest)
        squares = ops.sum(ops.square(wide), axis=-1, keepdims=True)
        norm = ops.sqrt(ops.where(empty, ops.ones_like(squares), squares))
        return ops.cast(self.length * wide / norm, x.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "length": self.length}
