"""Gated PixelCNN: convolutions that see what came before, as far as their windows reach.

    v⁰ = h⁰ = 2x − 1,     vˡ, hˡ = block(vˡ⁻¹, hˡ⁻¹),     l = head(hᴸ)

The first window reaches three pixels, every later one adds one: with L blocks a logit reads
L + 2 rows above and as many columns to either side.

Reference: van den Oord, Kalchbrenner, Vinyals, Espeholt, Graves and Kavukcuoglu, Conditional image
generation with PixelCNN decoders, 2016, https://arxiv.org/abs/1606.05328.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from course_lib.layers.gated import GatedBlock
from course_lib.models.pixel.base import PixelModel
from course_lib.models.pixel.head import PixelHead
from course_lib.models.pixel.walks import GatedWalk, walked
from course_lib.validation import Tensor, check_whole


@keras.saving.register_keras_serializable("course_lib")
class PixelCNN(PixelModel):
    """An autoregressive model of gated convolutions.

    minimises  E_x[ −log p(x) ],   nats an image

    Args:
        image_shape: `(H, W, 1)`.
        filters: channels of each of the two stacks.
        depth: blocks, the first of windows of 7 × 7, the others of 3 × 3.
        name: model name.
        **kwargs: `dtype` of `keras.Model`.

    Raises:
        ValueError: if a number is no positive whole number.

    Reference: van den Oord et al., 2016, https://arxiv.org/abs/1606.05328.

    Example:

    >>> x = np.random.default_rng(0).integers(0, 2, (8, 4, 4, 1)).astype("float32")
    >>> model = PixelCNN((4, 4, 1), filters=4, depth=2)
    >>> model.compile("adam")
    >>> history = model.fit(x, verbose=0)
    >>> model.log_prob(x).shape, model.generate(2, seed=0).shape
    ((8,), (2, 4, 4, 1))
    """

    def __init__(
        self,
        image_shape: Sequence[int] = (28, 28, 1),
        filters: int = 16,
        depth: int = 5,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(image_shape, name=name, **kwargs)
        self.filters = check_whole("filters", filters, low=1)
        self.depth = check_whole("depth", depth, low=1)
        made = {"dtype": self.dtype_policy}
        self.blocks = [GatedBlock(self.filters, 7, first=True, **made)]
        self.blocks += [GatedBlock(self.filters, 3, **made) for _ in range(self.depth - 1)]
        self.head = PixelHead(2 * self.filters, **made)
        self.build((None, *self.image_shape))

    def build(self, input_shape: Any) -> None:
        if self.built:
            return
        shape = (None, *self.image_shape)
        for block in self.blocks:
            block.build(shape, shape)
            shape = (*shape[:-1], self.filters)
        self.head.build(shape)
        super().build(input_shape)

    def call(self, x: Any, training: bool = False) -> Tensor:
        v = h = 2 * x - 1
        for block in self.blocks:
            v, h = block(v, h)
        return self.head(h)

    def conditionals(self, x: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """Logits of one pixel after the other: each number of the network is computed once.

        The vertical stack goes on once a row, the horizontal one once a pixel.

        Args:
            x: images `(N, H, W, 1)`, into which the caller may write each pixel in its turn.

        Returns:
            For each pixel its place in `order`, and the logits `(N,)` of its being 1.
        """
        return walked(x, [GatedWalk(block, x) for block in self.blocks], self.head.in_numpy())

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "filters": self.filters, "depth": self.depth}
