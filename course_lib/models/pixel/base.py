"""Images pixel by pixel: the probability of an image as a product, one factor a pixel.

    log p(x) = Σ_k log p(x_k | x_1, …, x_{k−1}),    p(x_k = 1 | x_1, …, x_{k−1}) = sigmoid(l_k)

A network that computes all logits l at once, l_k from the pixels before k alone, gives the exact
likelihood in one pass. To draw an image takes one pixel after the other.

Reference: Larochelle and Murray, The neural autoregressive distribution estimator, 2011,
https://proceedings.mlr.press/v15/larochelle11a.html. van den Oord, Kalchbrenner and Kavukcuoglu,
Pixel recurrent neural networks, 2016, https://arxiv.org/abs/1601.06759.
"""

import functools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from course_lib.autodiff import compiled
from course_lib.losses.likelihood import BernoulliNLL
from course_lib.models.pixel.walks import sigmoid
from course_lib.training.batches import in_batches
from course_lib.training.fitting import Fitting
from course_lib.training.phases import Phase
from course_lib.validation import Tensor, check_array, check_seed, check_whole


class PixelModel(Fitting):
    """A model of images of black and white pixels, each predicted from those before it.

    minimises  E_x[ −log p(x) ],   nats an image

    Pixels are 0 or 1, and nothing between: a grey level is no outcome of a coin, and no condition
    that drawing would ever meet. Binarise grey images first, once.

    A subclass makes its layers in its constructor and builds them in `build`; its `call` takes
    images to logits of their shape, and no logit may depend on its own pixel or a later one. It
    may do the work of `conditionals` once instead of once a pixel, and may have another `order`.

    Args:
        image_shape: `(H, W, 1)`.
        name: model name.
        **kwargs: `dtype` of `keras.Model`.

    Raises:
        ValueError: if the images are not of this kind.
    """

    def __init__(
        self, image_shape: Sequence[int] = (28, 28, 1), name: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.image_shape = tuple(check_whole("image_shape", n, low=1) for n in image_shape)
        if len(self.image_shape) != 3 or self.image_shape[2] != 1:
            raise ValueError(
                "image_shape must be rows, columns and one channel, (H, W, 1), but is "
                f"{self.image_shape}."
            )
        self.likelihood = BernoulliNLL()

    @property
    def order(self) -> Sequence[int]:
        """The pixels in their order: the place of each in the image, row by row."""
        return range(math.prod(self.image_shape))

    @property
    def term_weights(self) -> dict[str, Any]:
        """What each loss term costs: `{name: weight}`."""
        return {"nll": 1.0}

    def loss_terms(self, x: Tensor, y: Tensor = None, training: bool = False) -> dict[str, Tensor]:
        """−log p(x) of each example, `{"nll": (B,)}`, in nats.

        Args:
            x: images `(B, H, W, 1)`.
            y: x again.
            training: whether layers behave as in training.
        """
        return {"nll": self.likelihood.call(x, self(x, training=training))}

    def phases(self) -> list[Phase]:
        return [Phase("pixels", self.loss_terms, [self], lambda training: self.term_weights)]

    def log_prob(self, x: Tensor, batch_size: int | None = None) -> Tensor:
        """log p(x) of each image, exact, in nats.

        Args:
            x: images `(N, H, W, 1)` of zeros and ones.
            batch_size: images at a time, which bounds memory.

        Returns:
            Shape `(N,)`: a NumPy array for a NumPy array, a tensor for a tensor.
        """
        self.check_built(x)
        self.check_data(x)
        nats = self.likelihood.call
        return in_batches(lambda part: -nats(part, self._logits(part)), x, batch_size)

    def _logits(self, x):
        both = self.trainable_variables, self.non_trainable_variables
        values = [[variable.value for variable in variables] for variables in both]
        return self._stateless(*values, ops.convert_to_tensor(x))[0]

    @functools.cached_property
    def _stateless(self):
        # Compiled it must be on JAX, too, where a bare loop over rows is compiled at every call.
        # A partial, because TensorFlow takes one lambda of many models for one that is traced
        # too often, and warns.
        return compiled(functools.partial(self.stateless_call, training=False))

    def generate(self, count: int, *, seed: Any = None) -> np.ndarray:
        """Images `(count, H, W, 1)` of zeros and ones, drawn pixel by pixel.

        Args:
            count: how many, at least 1.
            seed: whole number or `keras.random.SeedGenerator`.
        """
        nothing = np.zeros((check_whole("count", count, low=1), *self.image_shape), "float32")
        return self.complete(nothing, nothing.astype(bool), seed=seed)

    def complete(
        self, x: Tensor, mask: Tensor, *, seed: Any = None, batch_size: int | None = None
    ) -> np.ndarray:
        """Images of which some pixels are given, and the others drawn.

        A drawn pixel is drawn given the pixels before it, whether those were given or drawn.
        Given pixels *after* it stay as they are, but it does not know of them: so the upper half
        of a digit is continued, and to a lower half something is put that need not fit.

        Args:
            x: images `(N, H, W, 1)` of zeros and ones; what they hold where the mask is false
                makes no difference.
            mask: booleans, true where a pixel is given; `(N, H, W, 1)`, or `(H, W, 1)` for all.
            seed: whole number or `keras.random.SeedGenerator`.
            batch_size: images at a time, which bounds memory; it changes nothing else.

        Returns:
            Images `(N, H, W, 1)`, a NumPy array.

        Raises:
            ValueError: if images, mask or seed are none.
        """
        self.check_built(x)
        x, mask = (ops.convert_to_numpy(v) for v in (x, mask))
        self.check_data(x)
        if mask.dtype != bool or mask.shape not in (x.shape, x.shape[1:]):
            raise ValueError(
                f"mask must hold booleans in the shape {x.shape} of x or {x.shape[1:]} of one "
                f"image, but is of the shape {mask.shape} and dtype {mask.dtype}."
            )
        # All draws first: a pixel then depends on its own draw and its logit alone.
        draws = keras.random.uniform(x.shape, seed=check_seed(seed), dtype="float32")
        parts = [x, np.broadcast_to(mask, x.shape), ops.convert_to_numpy(draws)]
        return in_batches(self._drawn, parts, batch_size)

    def _drawn(self, parts):
        x, given, draws = parts
        # What is to be drawn must not be seen, not even by a model that looks ahead.
        x = np.where(given, x, 0).astype("float32")
        flat, given, draws = (v.reshape(len(x), -1) for v in (x, given, draws))
        for place, logits in self.conditionals(x):
            drawn = draws[:, place] < sigmoid(logits)
            flat[:, place] = np.where(given[:, place], flat[:, place], drawn)
        return x

    def conditionals(self, x: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """Logits of one pixel after the other, in their order.

        Between two of them the caller may write the pixel into x; a pixel is not read before the
        next one's logits are asked for. This one makes a whole pass for each; a subclass need not.

        Args:
            x: images `(N, H, W, 1)`, of which the pixels before the first are of no interest.

        Returns:
            For each pixel its place in `order`, and the logits `(N,)` of its being 1.
        """
        for place in self.order:
            logits = ops.convert_to_numpy(self._logits(x))
            yield place, logits.reshape(len(x), -1)[:, place]

    def quantize(self, mode: Any = None, **kwargs: Any) -> None:
        """Raise `ValueError`: pixels are drawn with weights in single precision."""
        raise ValueError(
            f"quantize must not be called on {type(self).__name__}, because it draws pixels with "
            "its weights in single precision."
        )

    def check_data(self, x: Any, y: Any = None, name: str = "x") -> None:
        """Raise `ValueError` unless data are images of the model, and a target is the same."""
        check_array(name, x, rank=4, low=0, high=1)
        if tuple(x.shape[1:]) != self.image_shape:
            raise ValueError(
                f"{name} must be images of the shape {self.image_shape}, but its shape is "
                f"{tuple(x.shape)}."
            )
        if isinstance(x, np.ndarray):
            between = (x > 0) & (x < 1)
            if between.any():
                raise ValueError(
                    f"{name} must hold pixels of 0 or 1, but holds {x[between][0]:g}; grey images "
                    "are to be binarised first."
                )
        if y is not None and not np.array_equal(x, y):
            raise ValueError(
                f"y must be absent or {name} itself, because {type(self).__name__} predicts its "
                "own input and nothing else, but another array was given."
            )

    def get_config(self) -> dict[str, Any]:
        return {
            "image_shape": self.image_shape,
            "name": self.name,
            "dtype": keras.saving.serialize_keras_object(self.dtype_policy),
        }
