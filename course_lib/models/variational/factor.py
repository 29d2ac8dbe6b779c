"""FactorVAE: a discriminator tells how dependent the units of a code are.

    vae              −log p(x|z) + KL(q(z|x) ‖ p(z)) + γ TC(z),   TC(z) ≈ log d(z) − log(1 − d(z))
    discriminator    −log d(z) − log(1 − d(z̄))

z̄ are the batch's z with each unit shuffled over the examples by itself, which makes units
independent and leaves each one's distribution alone. If d is the best discriminator, its odds
are q(z) / Πⱼ q(zⱼ), and their mean logarithm the total correlation.

Reference: Kim and Mnih, Disentangling by factorising, 2018.
"""

import math
import numbers

import keras
from keras import ops

from course_lib.losses.adversarial import discriminator_nll
from course_lib.losses.divergence import kl_to_standard_normal
from course_lib.models.variational.vae import VAE
from course_lib.training.phases import Phase, PhasedModel


@keras.saving.register_keras_serializable("course_lib")
class FactorVAE(PhasedModel, VAE):
    """A VAE that pays γ for total correlation, as a discriminator estimates it.

    Two phases a step, each with its own optimiser: `vae` moves encoder and decoder,
    `discriminator` the discriminator. `compile` wants an optimiser for each.

    Args:
        encoder: Keras layer or model, data `(B, ...)` → mean and log-variance of q(z|x), side
            by side, `(B, 2K)`.
        decoder: Keras layer or model, z `(B, K)` → the likelihood's parameters.
        discriminator: Keras layer or model, z `(B, K)` → a logit `(B, 1)`, high for codes and
            low for shuffled ones.
        gamma: γ, at least 0.
        likelihood: `"bernoulli"`, `"gaussian"`, or a loss of `course_lib.losses.likelihood`.
        seed: whole number that fixes the noise; by default `set_random_seed` does.
        name: model name.

    Raises:
        ValueError: if γ is negative.

    Reference: Kim and Mnih, 2018, algorithm 2.

    Example:

    >>> import numpy as np
    >>> dense = keras.layers.Dense
    >>> model = FactorVAE(dense(4), dense(5), dense(1), gamma=10.0)
    >>> model.compile({"vae": "adam", "discriminator": "adam"})
    >>> history = model.fit(np.ones((8, 5), "float32"), verbose=0)
    >>> sorted(history.history)
    ['discriminator', 'loss', 'vae']
    """

    def __init__(self, encoder, decoder, discriminator, gamma=10.0, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        if not (isinstance(gamma, numbers.Real) and 0 <= gamma < math.inf):
            raise ValueError(f"gamma must be a finite number of at least 0, but is {gamma!r}.")
        self.discriminator = discriminator
        self.gamma = float(gamma)
        self.shuffles = keras.random.SeedGenerator(self.sampling.seed)

    def phases(self):
        return [
            Phase("vae", self.vae_loss, [self.encoder, self.decoder]),
            Phase("discriminator", self.discriminator_loss, [self.discriminator]),
        ]

    def build(self, input_shape):
        if self.built:
            return
        self.build_networks(input_shape)
        if not self.discriminator.built:
            self.discriminator.build((None, self.units))
        super().build(input_shape)

    def vae_loss(self, x, training=False):
        """−log p(x|z) + KL(q(z|x) ‖ p(z)) + γ log d(z)/(1 − d(z)) of each example, in nats."""
        mean, log_variance = self.posterior(x, training)
        z = self.sampling(mean, log_variance)
        # The logit is the logarithm of the odds.
        correlation = self.discriminator(z, training=training)[:, 0]
        elbo = self.likelihood.call(x, self.decoder(z, training=training))
        return elbo + kl_to_standard_normal(mean, log_variance) + self.gamma * correlation

    def discriminator_loss(self, x, training=False):
        """−log d(z) − log(1 − d(z̄)): 2 log 2 where codes cannot be told from shuffled ones."""
        z = ops.stop_gradient(self.sampling(*self.posterior(x, training)))
        dice = keras.random.uniform(ops.shape(z), seed=self.shuffles)
        shuffled = ops.take_along_axis(z, ops.argsort(dice, axis=0), axis=0)
        of_codes = self.discriminator(z, training=training)
        of_shuffled = self.discriminator(shuffled, training=training)
        return discriminator_nll(of_codes, of_shuffled)

    def call(self, x, training=None):
        return self.decoder(self.posterior(x, training)[0], training=training)

    def get_config(self):
        config = {**super().get_config(), "gamma": self.gamma}
        del config["beta"], config["warmup"]
        return {
            **config,
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
        }

    def save_own_variables(self, store):
        store["shuffles"] = self.shuffles.state

    def load_own_variables(self, store):
        self.shuffles.state.assign(store["shuffles"])
