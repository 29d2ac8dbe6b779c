"""Variational autoencoder: the evidence lower bound, by reparameterised sampling.

    −ELBO(x) = E_{z ~ q(z|x)} [ −log p(x | z) ] + KL(q(z|x) ‖ p(z)),   p(z) = N(0, I)

and  log p(x) = ELBO(x) + KL(q(z|x) ‖ p(z|x)),  so the bound is as tight as q is good.

Reference: Kingma and Welling, Auto-encoding variational Bayes, 2014. Higgins et al., beta-VAE:
learning basic visual concepts with a constrained variational framework, 2017. Bowman et al.,
Generating sentences from a continuous space, 2016 (warm-up).
"""

import functools
import math
import numbers

import keras
from keras import ops

from course_lib.autodiff import traced
from course_lib.layers.sampling import GaussianSampling
from course_lib.losses.divergence import kl_to_standard_normal
from course_lib.models.base import Autoencoder
from course_lib.validation import check_array


@keras.saving.register_keras_serializable("course_lib")
class VAE(Autoencoder):
    """A variational autoencoder with Gaussian posteriors and prior N(0, I).

    minimises  E_x [ E_{z ~ q(z|x)} [ −log p(x | z) ] + β KL(q(z|x) ‖ N(0, I)) ]

    With β = 1 that is the negative evidence lower bound (ELBO); other β make a β-VAE, whose
    loss is no bound on the likelihood. During warm-up β grows from 0 to its value, step by
    step; `evaluate` and validation always pay the full β.

    Codes are posterior means: `encode`, `reconstruct` and a call outside training are
    deterministic.

    Args:
        encoder: Keras layer or model, data `(B, ...)` → mean and log-variance of q(z|x), side
            by side, `(B, 2K)`.
        decoder: Keras layer or model, z `(B, K)` → the likelihood's parameters.
        beta: β, at least 0.
        warmup: training steps until β has its full value; 0 for none.
        likelihood: `"bernoulli"`, `"gaussian"`, or a loss of `course_lib.losses.likelihood`.
        seed: whole number that fixes the noise; by default `set_random_seed` does.
        name: model name.

    Raises:
        ValueError: if β is negative, warmup is no whole number of at least 0, or the encoder's
            outputs are no pairs.

    Reference: Kingma and Welling, 2014.

    Example:

    >>> import numpy as np
    >>> vae = VAE(keras.layers.Dense(4), keras.layers.Dense(5))
    >>> vae.compile("adam")
    >>> history = vae.fit(np.ones((8, 5), "float32"), verbose=0)
    >>> sorted(history.history)
    ['kl', 'loss', 'reconstruction']
    >>> vae.encode(np.ones((8, 5), "float32")).shape == (8, 2), vae.generate(3).shape == (3, 5)
    (True, True)
    """

    def __init__(
        self,
        encoder,
        decoder,
        beta=1.0,
        warmup=0,
        likelihood="bernoulli",
        seed=None,
        name=None,
        **kwargs,
    ):
        super().__init__(encoder, decoder, likelihood=likelihood, name=name, **kwargs)
        if not (isinstance(beta, numbers.Real) and 0 <= beta < math.inf):
            raise ValueError(f"beta must be a finite number of at least 0, but is {beta!r}.")
        if not (isinstance(warmup, numbers.Integral) and warmup >= 0):
            raise ValueError(f"warmup must be a whole number of at least 0, but is {warmup!r}.")
        self.beta = float(beta)
        self.warmup = int(warmup)
        self.sampling = GaussianSampling(seed, dtype=self.dtype_policy, name="sampling")

    @property
    def term_weights(self):
        return {"reconstruction": 1.0, "kl": self.beta}

    @property
    def training_weights(self):
        if not self.warmup:
            return self.term_weights
        return {"reconstruction": 1.0, "kl": self.beta_now()}

    def beta_now(self):
        """β as far as warm-up has brought it."""
        if not self.warmup:
            return self.beta
        return self.beta * ops.minimum(ops.cast(self._steps, "float32") / self.warmup, 1.0)

    def count_step(self, training):
        """To be called once by each `loss_terms`: what warm-up counts."""
        if training and self.warmup:
            self._steps.assign_add(1)

    def build(self, input_shape):
        if self.built:
            return
        self.build_networks(input_shape)
        if self.warmup:
            self._steps = self.add_weight(
                shape=(), dtype="int32", initializer="zeros", trainable=False, name="steps"
            )
        super().build(input_shape)

    def build_networks(self, input_shape):
        """Build encoder, sampling and decoder for data of this shape."""
        if not self.encoder.built:
            self.encoder.build(input_shape)
        features = self.encoder.compute_output_shape(input_shape)[-1]
        if features % 2:
            raise ValueError(
                "encoder must return mean and log-variance side by side, but the number of its "
                f"outputs, {features}, is odd."
            )
        self.units = features // 2
        if not self.decoder.built:
            self.decoder.build((None, self.units))
        self.sampling.build((None, self.units))

    def posterior(self, x, training=False):
        """Mean and log-variance of q(z|x), both `(B, K)`."""
        return ops.split(self.encoder(x, training=training), 2, axis=-1)

    def loss_terms(self, x, training=False):
        mean, log_variance = self.posterior(x, training)
        z = self.sampling(mean, log_variance)
        self.count_step(training)
        return {
            "reconstruction": self.likelihood.call(x, self.decoder(z, training=training)),
            "kl": kl_to_standard_normal(mean, log_variance),
        }

    def call(self, x, training=None):
        if self._inside_step:
            return self.loss_terms(x, training)
        mean, log_variance = self.posterior(x, training)
        z = self.sampling(mean, log_variance) if training else mean
        return self.decoder(z, training=training)

    def encode(self, x):
        """Posterior means `(B, K)` of data `(B, ...)`: deterministic, two calls agree."""
        return self.posterior(x)[0]

    def generate(self, count, seed=None):
        """Means `(count, ...)` of the likelihood at z drawn from the prior N(0, I)."""
        z = keras.random.normal((count, self.units), seed=seed, dtype=self.compute_dtype)
        return self.decode(z)

    def log_weights(self, x, samples):
        """Logarithms of importance weights, whose mean over z is p(x).

            log w = log p(x|z) + log p(z) − log q(z|x),   z ~ q(z|x)

        Their mean is the ELBO, and the logarithm of the weights' mean a tighter bound.

        Args:
            x: data `(B, ...)`.
            samples: S, draws of z for each example.

        Returns:
            Nats, shape `(B, S)`.

        Reference: Burda, Grosse and Salakhutdinov, Importance weighted autoencoders, 2016.
        """
        check_array("x", x, low=self.likelihood.low, high=self.likelihood.high)
        # A NumPy integer would become a tensor in a graph; what is no integer is refused below.
        samples = int(samples) if isinstance(samples, numbers.Integral) else samples
        return self._weigh(x, samples)

    @functools.cached_property
    def _weigh(self):
        return traced(self.draw_weights)

    def draw_weights(self, x, samples, training=False):
        """What `log_weights` returns, as a part of a step."""
        mean, log_variance = self.posterior(x, training)
        z = self.sampling(mean, log_variance, samples=samples)
        parameters = self.decoder(ops.reshape(z, (-1, self.units)), training=training)
        nll = self.likelihood.of_draws(x, parameters, samples)
        return log_density_ratio(z, mean, log_variance) - nll

    def get_config(self):
        config = {**super().get_config(), "beta": self.beta, "warmup": self.warmup}
        return {**config, "seed": self.sampling.seed}


def log_density_ratio(z, mean, log_variance):
    """log p(z) − log q(z|x), `(B, S)`, of z `(B, S, K)`: in it the constants cancel."""
    dtype = keras.backend.result_type(z.dtype, "float32")
    z, mean, log_variance = (ops.cast(v, dtype) for v in (z, mean, log_variance))
    epsilon = (z - mean[:, None]) * ops.exp(-0.5 * log_variance)[:, None]
    return 0.5 * ops.sum(ops.square(epsilon) + log_variance[:, None] - ops.square(z), axis=2)
