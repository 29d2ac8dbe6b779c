"""Conditional variational autoencoder: the label is given, so the code need not carry it.

    −ELBO(x|y) = E_{z ~ q(z|x,y)} [ −log p(x | z, y) ] + KL(q(z|x,y) ‖ p(z)),   p(z) = N(0, I)

Encoder and decoder see the label y as C further numbers, one of them 1 (of an image: as C
further channels).

Reference: Sohn, Lee and Yan, Learning structured output representation using deep conditional
generative models, 2015. Kingma, Rezende, Mohamed and Welling, Semi-supervised learning with deep
generative models, 2014.
"""

import numbers

import keras
from keras import ops

from course_lib.losses.divergence import kl_to_standard_normal
from course_lib.models.variational.vae import VAE, log_density_ratio
from course_lib.validation import check_array


@keras.saving.register_keras_serializable("course_lib")
class ConditionalVAE(VAE):
    """A VAE of data whose labels are known: it generates examples of a wanted class.

    minimises  E_{x,y} [ E_{z ~ q(z|x,y)} [ −log p(x | z, y) ] + β KL(q(z|x,y) ‖ N(0, I)) ]

    What a `VAE` takes as x is a pair here: `fit([x, labels])`, `encode([x, labels])`,
    `decode([z, labels])`.

    Args:
        encoder: Keras layer or model, data with the label after the last axis, `(B, ..., D + C)`
            → mean and log-variance of q(z|x, y), side by side, `(B, 2K)`.
        decoder: Keras layer or model, z with the label `(B, K + C)` → the likelihood's
            parameters.
        classes: C, the number of labels, at least 2.
        beta: β, at least 0.
        warmup: training steps until β has its full value; 0 for none.
        likelihood: `"bernoulli"`, `"gaussian"`, or a loss of `course_lib.losses.likelihood`.
        seed: whole number that fixes the noise; by default `set_random_seed` does.
        name: model name.

    Raises:
        ValueError: if `classes` is no whole number of at least 2, or a label is none of them.

    Reference: Sohn et al., 2015.

    Example:

    >>> import numpy as np
    >>> vae = ConditionalVAE(keras.layers.Dense(4), keras.layers.Dense(5), classes=3)
    >>> vae.compile("adam")
    >>> x, labels = np.ones((8, 5), "float32"), np.arange(8) % 3
    >>> history = vae.fit([x, labels], verbose=0)
    >>> vae.encode([x, labels]).shape == (8, 2), vae.generate(np.array([0, 2])).shape == (2, 5)
    (True, True)
    """

    def __init__(self, encoder, decoder, classes, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        if not (isinstance(classes, numbers.Integral) and classes > 1):
            raise ValueError(f"classes must be a whole number of at least 2, but is {classes!r}.")
        self.classes = int(classes)

    def build(self, input_shape):
        shape = tuple(input_shape[0])
        super().build((*shape[:-1], shape[-1] + self.classes))

    def build_networks(self, input_shape):
        if not self.decoder.built:
            units = self.encoder.compute_output_shape(input_shape)[-1] // 2
            self.decoder.build((None, units + self.classes))
        super().build_networks(input_shape)

    def posterior(self, x, training=False):
        """Mean and log-variance of q(z|x, y) for a pair `[x, labels]`, both `(B, K)`."""
        return super().posterior(self._labelled(*x), training)

    def loss_terms(self, x, training=False):
        mean, log_variance = self.posterior(x, training)
        z = self.sampling(mean, log_variance)
        self.count_step(training)
        parameters = self.decoder(self._labelled(z, x[1]), training=training)
        return {
            "reconstruction": self.likelihood.call(x[0], parameters),
            "kl": kl_to_standard_normal(mean, log_variance),
        }

    def call(self, x, training=None):
        if self._inside_step:
            return self.loss_terms(x, training)
        mean, log_variance = self.posterior(x, training)
        z = self.sampling(mean, log_variance) if training else mean
        return self.decoder(self._labelled(z, x[1]), training=training)

    def fit(self, x=None, y=None, **kwargs):
        """Keras' `fit` of a pair `[x, labels]`; `validation_data` is such a pair, too."""
        held_out = kwargs.get("validation_data")
        if isinstance(held_out, (tuple, list)):
            kwargs["validation_data"] = (held_out,)
        return super().fit(x, y, **kwargs)

    def decode(self, codes):
        """Data-space means `(B, ...)` of a pair `[z, labels]`."""
        return super().decode(self._labelled(*codes))

    def reconstruct(self, x):
        """Data-space means `(B, ...)` of the reconstructions of `[x, labels]`."""
        return self.decode([self.encode(x), x[1]])

    def generate(self, labels, seed=None):
        """Means `(B, ...)` of the likelihood for labels `(B,)`, at z drawn from the prior."""
        shape = (len(labels), self.units)
        z = keras.random.normal(shape, seed=seed, dtype=self.compute_dtype)
        return self.decode([z, labels])

    def log_weights(self, x, samples):
        """Logarithms of importance weights `(B, samples)` for `[x, labels]`; mean weight p(x|y)."""
        mean, log_variance = self.posterior(x)
        z = self.sampling(mean, log_variance, samples=samples)
        labels = ops.repeat(x[1], samples, axis=0)
        codes = self._labelled(ops.reshape(z, (-1, self.units)), labels)
        nll = self.likelihood.of_draws(x[0], self.decoder(codes, training=False), samples)
        return log_density_ratio(z, mean, log_variance) - nll

    def get_config(self):
        return {**super().get_config(), "classes": self.classes}

    def _labelled(self, x, labels):
        label = ops.one_hot(ops.cast(labels, "int32"), self.classes, dtype=x.dtype)
        axes = tuple(range(1, len(x.shape) - 1))
        spread = ops.ones_like(x[..., :1]) * ops.expand_dims(label, axes)
        return ops.concatenate([x, spread], axis=-1)

    def _checked(self, name, x, y=None, sample_weight=None):
        if hasattr(x, "shape"):
            raise ValueError(
                f"{name} must be a pair of data and labels, but is one array of shape {x.shape}."
            )
        if not isinstance(x, (tuple, list)):
            return x, y, sample_weight
        check_array(f"{name}[0]", x[0], low=self.likelihood.low, high=self.likelihood.high)
        check_array(f"{name}[1]", x[1], rank=1, integer=True, low=0, high=self.classes - 1)
        return list(x), y, sample_weight
