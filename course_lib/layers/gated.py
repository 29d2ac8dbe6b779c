"""Gated convolutions in two stacks, which together see every pixel before, without a blind spot.

    v'  = gate( K ∗ v )                      vertical: the rows above
    h'  = h + O gate( k ∗ h + A (K ∗ v) )     horizontal: to the left, and the rows above
    gate(a, b) = tanh a ⊙ sigmoid b

A masked convolution on top of another never sees some pixels to the upper right. The vertical
stack does: its windows reach to both sides, because none of them touches the pixel's own row.

Reference: van den Oord, Kalchbrenner, Vinyals, Espeholt, Graves and Kavukcuoglu, Conditional image
    generation with PixelCNN decoders, 2016, https://arxiv.org/abs/1606.05328.
"""

from typing import Any

import keras
from keras import layers, ops

from course_lib.validation import Tensor, check_whole


@keras.saving.register_keras_serializable("course_lib")
class GatedBlock(keras.layers.Layer):
    """One block of the gated PixelCNN.

    At row i the vertical stack holds what rows before i say, and at pixel (i, j) the horizontal
    one what all pixels before (i, j) say. The first block makes both from the image: its windows
    end one row above and one pixel to the left. Later blocks read stacks, which are as far
    behind already.

    Args:
        filters: channels of both stacks.
        kernel_size: rows and columns of the window of which the part before is read; odd.
        first: whether both inputs are the image itself.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        vertical: v, floats of shape `(B, H, W, C)`.
        horizontal: h, floats of shape `(B, H, W, C)`; C is `filters`, unless this is the first.

    Returns:
        v' and h', both `(B, H, W, filters)`.

    Raises:
        ValueError: if a number is no positive whole number, or the window even or too small.

    Reference: van den Oord et al., 2016, section 2.2 and figure 2, https://arxiv.org/abs/1606.05328.

    Example:

    >>> x = ops.ones((2, 5, 5, 1))
    >>> v, h = GatedBlock(8, 7, first=True)(x, x)
    >>> v, h = GatedBlock(8)(v, h)
    >>> tuple(h.shape)
    (2, 5, 5, 8)
    """

    def __init__(
        self, filters: int, kernel_size: int = 3, first: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.filters = check_whole("filters", filters, low=1)
        self.kernel_size = check_whole("kernel_size", kernel_size, low=3)
        if self.kernel_size % 2 == 0:
            raise ValueError(f"kernel_size must be odd, but is {kernel_size!r}.")
        self.first = bool(first)
        self.side = self.kernel_size // 2
        # Rows above and pixels to the left that a window holds, the stack's own included.
        self.behind = self.side if self.first else self.side + 1
        wide = 2 * self.filters
        made = {"data_format": "channels_last", "dtype": self.dtype_policy}
        self.above = layers.Conv2D(wide, (self.behind, self.kernel_size), name="above", **made)
        self.left = layers.Conv2D(wide, (1, self.behind), name="left", **made)
        self.across = layers.Dense(wide, name="across", dtype=self.dtype_policy)
        self.out = layers.Dense(self.filters, name="out", dtype=self.dtype_policy)

    def build(self, vertical_shape, horizontal_shape):
        if not self.first and horizontal_shape[-1] != self.filters:
            raise ValueError(
                f"horizontal must have {self.filters} channels, as many as filters, but its shape "
                f"is {tuple(horizontal_shape)}."
            )
        # Of no size: they see the image padded.
        self.above.build((None, None, None, vertical_shape[-1]))
        self.left.build((None, None, None, horizontal_shape[-1]))
        self.across.build((None, 2 * self.filters))
        self.out.build((None, self.filters))

    def call(self, vertical: Tensor, horizontal: Tensor) -> tuple[Tensor, Tensor]:
        # The first block's windows end before their own row and pixel: one less is cut off.
        cut = -1 if self.first else None
        pad = [[0, 0], [self.behind - (not self.first), 0], [self.side, self.side], [0, 0]]
        v = self.above(ops.pad(vertical, pad)[:, :cut])
        pad = [[0, 0], [0, 0], [self.behind - (not self.first), 0], [0, 0]]
        h = self.left(ops.pad(horizontal, pad)[:, :, :cut])
        h = self.out(_gate(h + self.across(v)))
        return _gate(v), h if self.first else h + horizontal

    def compute_output_shape(self, vertical_shape, horizontal_shape):
        return ((*vertical_shape[:-1], self.filters), (*horizontal_shape[:-1], self.filters))

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "first": self.first,
        }


def _gate(x):
    a, b = ops.split(x, 2, axis=-1)
    return ops.tanh(a) * ops.sigmoid(b)
