"""Sparse codes h by construction: the k largest values of each.

    hⱼ ← hⱼ if it is among the k largest of its example, else 0

Reference: Makhzani and Frey, k-sparse autoencoders, 2013, https://arxiv.org/abs/1312.5663.
"""

from typing import Any

import keras
from keras import ops

from course_lib.validation import Tensor, check_whole


@keras.saving.register_keras_serializable("course_lib")
class TopK(keras.layers.Layer):
    """Keeps the k largest values of each code and sets the others to zero.

        hⱼ ← hⱼ if hⱼ is among the k largest of its example, else 0

    Largest by value, not by magnitude, as in the paper. Of equal values the first are kept, so
    there are always exactly k. The gradient passes through what is kept and nothing else.

    Args:
        k: how many to keep, from 1 to the number of units.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        codes: h, floats of shape `(B, ..., units)`: each place of a map is a code of its own.

    Returns:
        The shape of codes. NaN stays NaN, and takes the place of no other value.

    Raises:
        ValueError: if k is not a whole number from 1 to the number of units.

    Reference: Makhzani and Frey, k-sparse autoencoders, 2013, section 2,
        https://arxiv.org/abs/1312.5663.

    Example:

    >>> print(ops.convert_to_numpy(TopK(2)(ops.array([[3.0, -5.0, 1.0, 2.0]]))))
    [[3. 0. 0. 2.]]
    """

    def __init__(self, k: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.k = check_whole("k", k, low=1)
        self.input_spec = keras.layers.InputSpec(min_ndim=2)
        self.supports_masking = True

    def build(self, input_shape):
        units = input_shape[-1]
        if units is None or self.k > units:
            raise ValueError(f"k must be at most the number of units, {units}, but is {self.k}.")

    def call(self, codes: Tensor) -> Tensor:
        nan = ops.isnan(codes)
        values = ops.where(nan, ops.full_like(codes, -float("inf")), codes)
        # The last of them as a minimum: XLA would sort all units to take a slice.
        smallest = ops.min(ops.top_k(values, self.k)[0], axis=-1, keepdims=True)
        above, equal = codes > smallest, codes == smallest
        room = self.k - ops.sum(ops.cast(above, "int32"), axis=-1, keepdims=True)
        first = ops.cumsum(ops.cast(equal, "int32"), axis=-1) <= room
        kept = ops.logical_or(above, ops.logical_and(equal, first))
        return ops.where(ops.logical_or(kept, nan), codes, ops.zeros_like(codes))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "k": self.k}
