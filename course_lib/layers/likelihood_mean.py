"""What a decoder says is expected, as a layer: E[x | h] of the likelihood's parameters."""

from typing import Any

import keras

from course_lib.losses.likelihood_base import Likelihood
from course_lib.validation import Tensor


@keras.saving.register_keras_serializable("course_lib")
class LikelihoodMean(keras.layers.Layer):
    """From a likelihood's parameters to its mean, which is what the decoder below rebuilds from.

    Args:
        likelihood: a loss of `course_lib.losses.likelihood`.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        parameters: floats of shape `(B, ...)`, what a decoder of this likelihood returns.

    Returns:
        E[x | h], in the shape of the data.

    Raises:
        ValueError: if `likelihood` is something else.

    Example:

    >>> from course_lib.losses import BernoulliNLL
    >>> float(LikelihoodMean(BernoulliNLL())(keras.ops.zeros((1, 1)))[0, 0])
    0.5
    """

    def __init__(self, likelihood: Likelihood, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(likelihood, Likelihood):
            raise ValueError(f"likelihood must be a Likelihood, but is {likelihood!r}.")
        self.likelihood = likelihood
        self.supports_masking = True

    def call(self, parameters: Tensor) -> Tensor:
        return self.likelihood.mean(parameters)

    def get_config(self):
        likelihood = keras.saving.serialize_keras_object(self.likelihood)
        return {**super().get_config(), "likelihood": likelihood}

    @classmethod
    def from_config(cls, config):
        likelihood = keras.saving.deserialize_keras_object(config["likelihood"])
        return cls(**{**config, "likelihood": likelihood})
