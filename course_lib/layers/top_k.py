"""Sparse codes h by construction: the k largest values of each.

    hⱼ ← hⱼ if it is among the k largest of its example, else 0

Reference: Makhzani and Frey, k-sparse autoencoders, 2013.
"""

import numbers

import keras
from keras import ops


@keras.saving.register_keras_serializable("course_lib")
class TopK(keras.layers.Layer):
    """Keeps the k largest values of each code and sets the others to zero.

        hⱼ ← hⱼ if hⱼ is among the k largest of its example, else 0

    Largest by value, not by magnitude, as in the paper. Of equal values the first are kept, so
    there are always exactly k. The gradient passes through what is kept and nothing else.

    Args:
        k: how many to keep, from 1 to the number of units.
        **kwargs: those of `keras.layers.Layer`.

    Input shape: `(B, units)`.

    Output shape: the same.

    Raises:
        ValueError: if k is not a whole number from 1 to the number of units.

    Reference: Makhzani and Frey, k-sparse autoencoders, 2013, section 2.

    Example:

    >>> print(ops.convert_to_numpy(TopK(2)(ops.array([[3.0, -5.0, 1.0, 2.0]]))))
    [[3. 0. 0. 2.]]
    """

    def __init__(self, k, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(k, numbers.Integral) or k < 1:
            raise ValueError(f"k must be a whole number of at least 1, but is {k!r}.")
        self.k = int(k)
        self.input_spec = keras.layers.InputSpec(ndim=2)

    def build(self, input_shape):
        if self.k > input_shape[-1]:
            raise ValueError(
                f"k must be at most the number of units, {input_shape[-1]}, but is {self.k}."
            )

    def call(self, codes):
        smallest = ops.top_k(codes, self.k)[0][:, -1:]
        above, equal = codes > smallest, codes == smallest
        room = self.k - ops.sum(ops.cast(above, "int32"), axis=-1, keepdims=True)
        first = ops.cumsum(ops.cast(equal, "int32"), axis=-1) <= room
        kept = ops.logical_or(above, ops.logical_and(equal, first))
        return ops.where(kept, codes, ops.zeros_like(codes))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "k": self.k}
