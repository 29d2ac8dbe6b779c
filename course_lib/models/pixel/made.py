"""MADE: an autoencoder whose masks make its outputs conditional probabilities.

    h¹ = relu((M¹ ⊙ W¹)ᵀ x + b¹),  …,   l = (Mᵛ ⊙ V)ᵀ hᴸ + (Mᴬ ⊙ A)ᵀ x + c

    M between units of degrees d and d':   1 where d ≤ d', and for outputs where d < d'

A pixel's degree is its place in the order, a hidden unit's says which pixels it may look at.
Every path from pixel i to logit k leads over rising degrees, so i comes before k.

Reference: Germain, Gregor, Murray and Larochelle, MADE: masked autoencoder for distribution
estimation, 2015, https://arxiv.org/abs/1502.03509.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from course_lib.layers.masked import MaskedDense, masked_kernel
from course_lib.models.pixel.base import PixelModel
from course_lib.models.pixel.walks import array
from course_lib.validation import Tensor, check_whole


@keras.saving.register_keras_serializable("course_lib")
class MADE(PixelModel):
    """An autoregressive model of dense layers, in any order of the pixels.

    minimises  E_x[ −log p(x) ],   nats an image

    Every hidden unit may look at the pixels up to its degree; degrees are spread evenly over the
    order. Logits also read the pixels directly, with weights that begin at 0. Without hidden
    layers they read nothing else: the model is then a logistic regression for each pixel.

    Args:
        image_shape: `(H, W, 1)`.
        units: hidden units of each layer; `()` for none.
        order: the places of all pixels, row by row from 0, each once, in the order in which they
            are predicted; by default row by row.
        name: model name.
        **kwargs: `dtype` of `keras.Model`.

    Raises:
        ValueError: if a number is no positive whole number, or the order misses a pixel.

    Reference: Germain et al., 2015, https://arxiv.org/abs/1502.03509.

    Example:

    >>> x = np.random.default_rng(0).integers(0, 2, (8, 3, 3, 1)).astype("float32")
    >>> model = MADE((3, 3, 1), units=(16,))
    >>> model.compile("adam")
    >>> history = model.fit(x, verbose=0)
    >>> model.log_prob(x).shape, model.generate(2, seed=0).shape
    ((8,), (2, 3, 3, 1))
    """

    def __init__(
        self,
        image_shape: Sequence[int] = (28, 28, 1),
        units: Sequence[int] = (500,),
        order: Sequence[int] | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(image_shape, name=name, **kwargs)
        self.units = tuple(check_whole("units", n, low=1) for n in units)
        pixels = math.prod(self.image_shape)
        self._order: Sequence[int] = range(pixels)
        if order is not None:
            self._order = [check_whole("order", place, low=0) for place in order]
            if sorted(self._order) != list(range(pixels)):
                raise ValueError(
                    f"order must hold each of the places 0 to {pixels - 1} once, but holds "
                    f"{len(self._order)} places, {len(set(self._order))} of them different."
                )
        made = {"dtype": self.dtype_policy}
        of_pixels = degrees = np.argsort(self._order).tolist()
        self.hidden = []
        for count in self.units:
            # Up to the last but one: what has seen the last pixel would predict nothing.
            spread = np.linspace(0, max(pixels - 2, 0), count).round().astype(int)
            below, degrees = degrees, spread.tolist()
            self.hidden.append(MaskedDense(degrees, below, activation="relu", **made))
        self.direct = MaskedDense(
            of_pixels, of_pixels, strict=True, kernel_initializer="zeros", **made
        )
        self.out: Any = None
        if self.units:
            self.out = MaskedDense(of_pixels, degrees, strict=True, use_bias=False, **made)
        self.build((None, *self.image_shape))

    @property
    def order(self) -> Sequence[int]:
        """The pixels in their order: the place of each in the image, row by row."""
        return self._order

    def build(self, input_shape: Any) -> None:
        if self.built:
            return
        width = math.prod(self.image_shape)
        self.direct.build((None, width))
        for layer in (*self.hidden, *([self.out] if self.units else [])):
            layer.build((None, width))
            width = len(layer.degrees)
        super().build(input_shape)

    def call(self, x: Any, training: bool = False) -> Tensor:
        h = flat = ops.reshape(x, (-1, math.prod(self.image_shape)))
        for layer in self.hidden:
            h = layer(h)
        logits = self.direct(flat)
        if self.units:
            logits = logits + self.out(h)
        return ops.reshape(logits, (-1, *self.image_shape))

    def conditionals(self, x: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """Logits of one pixel after the other: each hidden unit is computed once.

        A unit of degree d is ready when pixel d is known, and stays as it is: so all pixels
        together cost what one pass costs.

        Args:
            x: images `(N, H, W, 1)`, into which the caller may write each pixel in its turn.

        Returns:
            For each pixel its place in `order`, and the logits `(N,)` of its being 1.
        """
        flat = x.reshape(len(x), -1)
        layers = [(np.array(layer.degrees), *_arrays(layer)) for layer in self.hidden]
        hidden = [flat, *(np.zeros((len(x), count), "float32") for count in self.units)]
        readers = [(flat, *_arrays(self.direct))]
        if self.units:
            readers.append((hidden[-1], *_arrays(self.out)))
        for degree, place in enumerate(self.order):
            yield place, sum(h @ rows[place] + bias[place] for h, rows, bias in readers)
            for (degrees, rows, bias), below, h in zip(layers, hidden, hidden[1:], strict=False):
                ready = degrees == degree
                h[:, ready] = np.maximum(below @ rows[ready].T + bias[ready], 0)

    def get_config(self) -> dict[str, Any]:
        order = None if isinstance(self._order, range) else list(self._order)
        return {**super().get_config(), "units": self.units, "order": order}


def _arrays(layer):
    """What each unit of a masked layer reads, as a row, and its bias."""
    rows = np.ascontiguousarray(array(masked_kernel(layer)).T)
    return rows, np.zeros(len(rows), "float32") if layer.bias is None else array(layer.bias)
