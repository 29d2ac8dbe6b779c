"""Masked layers: a sum that leaves out what must not be seen.

    dense         yⱼ  = act( Σᵢ Mᵢⱼ Wᵢⱼ xᵢ + bⱼ ),     Mᵢⱼ = [dᵢ ≤ dⱼ]  or  [dᵢ < dⱼ]
    convolution   yₚ  = act( Σᵤ Mᵤ Wᵤ xₚ₊ᵤ + b ),       Mᵤ = [u comes before 0 in reading order]

What a mask hides has a weight of exactly zero, and a gradient of exactly zero.

Reference: Germain, Gregor, Murray and Larochelle, MADE: masked autoencoder for distribution
    estimation, 2015, https://arxiv.org/abs/1502.03509. van den Oord, Kalchbrenner and Kavukcuoglu,
    Pixel recurrent neural networks, 2016, https://arxiv.org/abs/1601.06759.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from course_lib.validation import Tensor, check_whole


@keras.saving.register_keras_serializable("course_lib")
class MaskedDense(keras.layers.Layer):
    """A dense layer between units that have degrees: nobody reads who comes later.

        yⱼ = activation( Σᵢ Mᵢⱼ Wᵢⱼ xᵢ + bⱼ ),    Mᵢⱼ = 1 where dᵢ ≤ dⱼ

    A degree says how far in an order of the inputs a unit may look. With `strict`, Mᵢⱼ = 1 where
    dᵢ < dⱼ, as the last layer needs it: the prediction of an input must not read that input.

    Args:
        degrees: dⱼ of each unit of this layer, whole numbers of at least 0.
        input_degrees: dᵢ of each feature of the input.
        strict: whether a unit reads only what comes before it, and not its equals.
        activation: a Keras activation or its name.
        use_bias: whether to add b.
        kernel_initializer: of W, what the mask hides included.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        inputs: x, floats of shape `(B, ..., features)`.

    Returns:
        y, shape `(B, ..., units)`.

    Raises:
        ValueError: if degrees are no whole numbers, or as many as the input has features.

    Reference: Germain et al., 2015, section 4, https://arxiv.org/abs/1502.03509.

    Example: of three inputs in order, each unit reads those before its own.

    >>> layer = MaskedDense(range(3), range(3), strict=True, kernel_initializer="ones")
    >>> print(ops.convert_to_numpy(layer(ops.array([[1.0, 10.0, 100.0]]))))
    [[ 0.  1. 11.]]
    """

    def __init__(
        self,
        degrees: Sequence[int],
        input_degrees: Sequence[int],
        strict: bool = False,
        activation: str | Callable[[Tensor], Tensor] | None = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.degrees = [check_whole("degrees", d, low=0) for d in degrees]
        self.input_degrees = [check_whole("input_degrees", d, low=0) for d in input_degrees]
        self.strict = bool(strict)
        self.activation = keras.activations.get(activation)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    @property
    def mask(self) -> np.ndarray:
        """M, `(features, units)`: 1 where a unit reads a feature, 0 elsewhere."""
        compare = np.less if self.strict else np.less_equal
        return compare.outer(self.input_degrees, self.degrees).astype("float32")

    def build(self, input_shape):
        if input_shape[-1] != len(self.input_degrees):
            raise ValueError(
                f"inputs must have a last axis of {len(self.input_degrees)}, one for each of "
                f"input_degrees, but their shape is {tuple(input_shape)}."
            )
        self.kernel = self.add_weight(
            shape=(len(self.input_degrees), len(self.degrees)),
            initializer=self.kernel_initializer,
            name="kernel",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                shape=(len(self.degrees),), initializer="zeros", name="bias"
            )

    def call(self, inputs: Tensor) -> Tensor:
        outputs = ops.matmul(inputs, masked_kernel(self))
        if self.bias is not None:
            outputs = ops.add(outputs, self.bias)
        return self.activation(outputs)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], len(self.degrees))

    def get_config(self):
        return {
            **super().get_config(),
            "degrees": self.degrees,
            "input_degrees": self.input_degrees,
            "strict": self.strict,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


@keras.saving.register_keras_serializable("course_lib")
class MaskedConv2D(keras.layers.Layer):
    """A convolution that reads the pixels before its own, in reading order, and none after.

        yₚ = activation( Σᵤ Mᵤ Wᵤ xₚ₊ᵤ + b )

    Rows above count as before, and in its own row what stands to the left. The pixel itself is
    hidden by mask `"A"`, which a first layer needs, and seen by mask `"B"`: in a later layer it
    holds only what came before it. Outside of the image there are zeros.

    Args:
        filters: channels of the output.
        kernel_size: rows and columns of the window, an odd number.
        mask_type: `"A"` or `"B"`.
        activation: a Keras activation or its name.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        inputs: x, floats of shape `(B, H, W, C)`.

    Returns:
        y, shape `(B, H, W, filters)`.

    Raises:
        ValueError: if a number or the type of mask is none of these.

    Reference: van den Oord, Kalchbrenner and Kavukcuoglu, 2016, section 3.4,
        https://arxiv.org/abs/1601.06759.

    Example:

    >>> [int(MaskedConv2D(1, 3, mask_type).mask.sum()) for mask_type in "AB"]
    [4, 5]
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int = 3,
        mask_type: str = "B",
        activation: str | Callable[[Tensor], Tensor] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = check_whole("filters", filters, low=1)
        self.kernel_size = check_whole("kernel_size", kernel_size, low=1)
        if self.kernel_size % 2 == 0:
            raise ValueError(f"kernel_size must be odd, but is {kernel_size!r}.")
        if mask_type not in ("A", "B"):
            raise ValueError(f"mask_type must be 'A' or 'B', but is {mask_type!r}.")
        self.mask_type = mask_type
        self.activation = keras.activations.get(activation)

    @property
    def mask(self) -> np.ndarray:
        """M, `(rows, columns, 1, 1)`: 1 where the window reads, 0 elsewhere."""
        size = self.kernel_size
        seen = np.arange(size * size) < size * size // 2 + (self.mask_type == "B")
        return seen.reshape(size, size, 1, 1).astype("float32")

    def build(self, input_shape):
        self.kernel = self.add_weight(
            shape=(self.kernel_size, self.kernel_size, input_shape[-1], self.filters),
            initializer="glorot_uniform",
            name="kernel",
        )
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")

    def call(self, inputs: Tensor) -> Tensor:
        outputs = ops.conv(inputs, masked_kernel(self), padding="same", data_format="channels_last")
        return self.activation(ops.add(outputs, self.bias))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.filters)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "mask_type": self.mask_type,
            "activation": keras.activations.serialize(self.activation),
        }


def masked_kernel(layer: MaskedDense | MaskedConv2D) -> Tensor:
    """M ⊙ W of a masked layer, in the dtype it computes in."""
    kernel = ops.cast(layer.kernel, layer.compute_dtype)
    return ops.multiply(kernel, ops.cast(layer.mask, layer.compute_dtype))
