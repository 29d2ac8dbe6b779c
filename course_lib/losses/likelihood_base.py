"""What the likelihoods share: a Keras loss in nats of each example, and a mean in data space.

    loss.call(x, parameters, mask)      −log p(x | h), shape (B,)
    loss(x, parameters)                 their mean, weighed as Keras weighs
    loss.of_draws(x, parameters, S)     −log p(x | hₛ) for each of S draws of h, shape (B, S)

Reference: Bishop, Pattern Recognition and Machine Learning, 2006, sections 1.2.4, 2.1 and 2.2,
    https://link.springer.com/book/9780387310732.
"""

import keras
from keras import ops

from course_lib.losses.masks import mask_of
from course_lib.validation import Tensor, check_array


class Likelihood(keras.losses.Loss):
    """Negative log-likelihood as a loss: per example from `call`, its batch mean when called.

    A subclass implements `call(x, parameters, mask)`, nats of shape `(B,)` that leave out what
    a mask of booleans, the first axes of x, does not mark; and `mean(parameters)`, the mean of
    the distribution in the space of the data, which is what a model shows as its
    reconstruction. Its x lie between `low` and `high`.

    Called as Keras calls a loss, it takes the mask that Keras has put on the parameters.
    """

    low: float | None = None
    high: float | None = None

    def __call__(
        self, x: Tensor, parameters: Tensor, sample_weight: Tensor | None = None
    ) -> Tensor:
        # They are tensors next, and values can be checked only before that.
        check_array("x", x, low=self.low, high=self.high)
        check_array("parameters", parameters)
        mask = mask_of(parameters)
        x, parameters = (ops.convert_to_tensor(v, self.dtype) for v in (x, parameters))
        nats = self.call(x, parameters, mask)
        # Keras would hold the mask of the steps against nats of whole examples.
        return _Weighed(reduction=self.reduction, dtype=self.dtype)(nats, nats, sample_weight)

    def call(self, x: Tensor, parameters: Tensor, mask: Tensor | None = None) -> Tensor:
        raise NotImplementedError

    def mean(self, parameters: Tensor) -> Tensor:
        raise NotImplementedError

    def of_draws(
        self, x: Tensor, parameters: Tensor, draws: int, mask: Tensor | None = None
    ) -> Tensor:
        """Nats of each example under each of S sets of parameters.

        Args:
            x: data `(B, ...)`.
            parameters: `(B · S, ...)`, those for the first example first.
            draws: S.
            mask: booleans, the first axes of x, as for `call`.

        Returns:
            Nats, shape `(B, S)`.
        """
        x, mask = (None if v is None else ops.repeat(v, draws, axis=0) for v in (x, mask))
        return ops.reshape(self.call(x, parameters, mask), (-1, draws))

    def get_config(self):
        return {**super().get_config(), "dtype": self.dtype}


class _Weighed(keras.losses.Loss):
    """Values that are there already, weighed and reduced as Keras does it."""

    def call(self, _, values):
        return values
