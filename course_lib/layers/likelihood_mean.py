"""What a decoder says is expected, as a layer: E[x | h] of the likelihood's parameters."""

import keras


@keras.saving.register_keras_serializable("course_lib")
class LikelihoodMean(keras.layers.Layer):
    """From a likelihood's parameters to its mean, which is what the decoder below rebuilds from.

    Args:
        likelihood: a loss of `course_lib.losses.likelihood`.
        **kwargs: those of `keras.layers.Layer`.

    Example:

    >>> from course_lib.losses import BernoulliNLL
    >>> float(LikelihoodMean(BernoulliNLL())(keras.ops.zeros((1, 1)))[0, 0])
    0.5
    """

    def __init__(self, likelihood, **kwargs):
        super().__init__(**kwargs)
        self.likelihood = likelihood

    def call(self, parameters):
        return self.likelihood.mean(parameters)

    def get_config(self):
        likelihood = keras.saving.serialize_keras_object(self.likelihood)
        return {**super().get_config(), "likelihood": likelihood}

    @classmethod
    def from_config(cls, config):
        likelihood = keras.saving.deserialize_keras_object(config["likelihood"])
        return cls(**{**config, "likelihood": likelihood})
