"""PixelRNN: a recurrence over the pixels, which remembers more than a window shows.

    z⁰ = W ∗ (2x − 1)                    masked convolution of 7 × 7, type "A"
    zˡ = zˡ⁻¹ + V recurrence(zˡ⁻¹) + b     Row LSTM or Diagonal BiLSTM
    l  = head(zᴸ)

Reference: van den Oord, Kalchbrenner and Kavukcuoglu, Pixel recurrent neural networks, 2016,
https://arxiv.org/abs/1601.06759.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from course_lib.layers.diagonal_lstm import DiagonalBiLSTM
from course_lib.layers.masked import MaskedConv2D
from course_lib.layers.row_lstm import RowLSTM
from course_lib.models.pixel.base import PixelModel
from course_lib.models.pixel.head import PixelHead
from course_lib.models.pixel.recurrent_walks import DiagonalWalk, ResidualWalk, RowWalk
from course_lib.models.pixel.walks import ConvolutionWalk, walked
from course_lib.validation import Tensor, check_whole

KINDS: dict[str, tuple[Any, Any]] = {
    "row": (RowLSTM, RowWalk),
    "diagonal": (DiagonalBiLSTM, DiagonalWalk),
}


@keras.saving.register_keras_serializable("course_lib")
class PixelRNN(PixelModel):
    """An autoregressive model of recurrent layers.

    minimises  E_x[ −log p(x) ],   nats an image

    Args:
        image_shape: `(H, W, 1)`.
        units: size of a recurrent state; features between layers have twice as many numbers.
        depth: recurrent layers.
        kind: `"row"`, whose states see a triangle above them, or `"diagonal"`, whose states see
            everything before, but for the last pixel of the row above where the first window
            does not reach it: the second direction has not read it when it begins.
        name: model name.
        **kwargs: `dtype` of `keras.Model`.

    Raises:
        ValueError: if a number is no positive whole number, or the kind neither.

    Reference: van den Oord et al., 2016, https://arxiv.org/abs/1601.06759.

    Example:

    >>> x = np.random.default_rng(0).integers(0, 2, (8, 4, 4, 1)).astype("float32")
    >>> model = PixelRNN((4, 4, 1), units=4, kind="diagonal")
    >>> model.compile("adam")
    >>> history = model.fit(x, verbose=0)
    >>> model.log_prob(x).shape, model.generate(2, seed=0).shape
    ((8,), (2, 4, 4, 1))
    """

    def __init__(
        self,
        image_shape: Sequence[int] = (28, 28, 1),
        units: int = 16,
        depth: int = 1,
        kind: str = "row",
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(image_shape, name=name, **kwargs)
        self.units = check_whole("units", units, low=1)
        self.depth = check_whole("depth", depth, low=1)
        if kind not in KINDS:
            raise ValueError(f"kind must be 'row' or 'diagonal', but is {kind!r}.")
        self.kind = kind
        made = {"dtype": self.dtype_policy}
        self.first = MaskedConv2D(2 * self.units, 7, "A", **made)
        layer, _ = KINDS[kind]
        self.recurrences = [layer(self.units, **made) for _ in range(self.depth)]
        self.widen = [keras.layers.Dense(2 * self.units, **made) for _ in range(self.depth)]
        self.head = PixelHead(2 * self.units, **made)
        self.build((None, *self.image_shape))

    def build(self, input_shape: Any) -> None:
        if self.built:
            return
        plane = (None, *self.image_shape[:2])
        self.first.build((None, *self.image_shape))
        for recurrence, widen in zip(self.recurrences, self.widen, strict=True):
            recurrence.build((*plane, 2 * self.units))
            widen.build((*plane, self.units))
        self.head.build((*plane, 2 * self.units))
        super().build(input_shape)

    def call(self, x: Any, training: bool = False) -> Tensor:
        z = self.first(2 * x - 1)
        for recurrence, widen in zip(self.recurrences, self.widen, strict=True):
            z = z + widen(recurrence(z))
        return self.head(z)

    def conditionals(self, x: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """Logits of one pixel after the other: each number of the network is computed once.

        Args:
            x: images `(N, H, W, 1)`, into which the caller may write each pixel in its turn.

        Returns:
            For each pixel its place in `order`, and the logits `(N,)` of its being 1.
        """
        _, walk = KINDS[self.kind]
        layers = zip(self.recurrences, self.widen, strict=True)
        walks = [ResidualWalk(walk(recurrence, x), widen) for recurrence, widen in layers]
        return walked(x, [ConvolutionWalk(self.first, x), *walks], self.head.in_numpy())

    def get_config(self) -> dict[str, Any]:
        config = {"units": self.units, "depth": self.depth, "kind": self.kind}
        return {**super().get_config(), **config}
