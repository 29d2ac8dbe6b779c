"""FactorVAE: a discriminator tells how dependent the units of a code are.

    vae              −log p(x|z) + KL(q(z|x) ‖ p(z)) + γ TC(z),   TC(z) ≈ log d(z) − log(1 − d(z))
    discriminator    −log d(z) − log(1 − d(z̄))

z̄ are the batch's z with each unit shuffled over the examples by itself, which makes units
independent and leaves each one's distribution alone. If d is the best discriminator, its odds
are q(z) / Πⱼ q(zⱼ), and their mean logarithm the total correlation.

Reference: Kim and Mnih, Disentangling by factorising, 2018, https://arxiv.org/abs/1802.05983.
"""

from typing import Any

import keras
from keras import ops

from course_lib.losses.adversarial import discriminator_nll
from course_lib.losses.divergence import kl_to_standard_normal
from course_lib.models.latent import GaussianLatent
from course_lib.training.phases import Phase, PhasedModel
from course_lib.validation import Tensor, check_number


@keras.saving.register_keras_serializable("course_lib")
class FactorVAE(GaussianLatent):
    """A variational autoencoder that pays γ for total correlation, as a discriminator estimates it.

    Two phases a step, each with its own optimiser: `vae` moves encoder and decoder,
    `discriminator` the discriminator. `compile` takes one optimiser for both, or one for each.

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

    Reference: Kim and Mnih, 2018, algorithm 2, https://arxiv.org/abs/1802.05983.

    Example:

    >>> import numpy as np
    >>> dense = keras.layers.Dense
    >>> model = FactorVAE(dense(4), dense(5), dense(1), gamma=10.0)
    >>> model.compile({"vae": "adam", "discriminator": "adam"})
    >>> history = model.fit(np.ones((8, 5), "float32"), verbose=0)
    >>> sorted(history.history)
    ['discriminator', 'kl', 'loss', 'reconstruction', 'total_correlation']
    """

    def __init__(
        self,
        encoder: keras.layers.Layer,
        decoder: keras.layers.Layer,
        discriminator: keras.layers.Layer,
        gamma: float = 10.0,
        **kwargs,
    ):
        super().__init__(encoder, decoder, **kwargs)
        self.discriminator = discriminator
        self.gamma = check_number("gamma", gamma, low=0)

    loss_terms = PhasedModel.loss_terms
    term_weights = PhasedModel.term_weights

    def phases(self) -> list[Phase]:
        def prices(training):
            return {"reconstruction": 1.0, "kl": 1.0, "total_correlation": self.gamma}

        return [
            Phase("vae", self.vae_terms, [self.encoder, self.decoder], prices),
            Phase("discriminator", self.discriminator_loss, [self.discriminator]),
        ]

    def build(self, input_shape: Any) -> None:
        if self.built:
            return
        super().build(input_shape)
        if not self.discriminator.built:
            self.discriminator.build((None, *self.code_shape))

    def vae_terms(self, x: Tensor, y: Tensor = None, training: bool = False) -> dict[str, Tensor]:
        """−log p(x|z), KL(q(z|x) ‖ p(z)) and log d(z)/(1 − d(z)) of each example, in nats."""
        mean, log_variance = self.posterior(x, training)
        z = self.sampling(mean, log_variance)
        return {
            "reconstruction": self.nll(x if y is None else y, self.decoded(z, x, training)),
            "kl": kl_to_standard_normal(mean, log_variance),
            # The logit is the logarithm of the odds.
            "total_correlation": self.discriminator(z, training=training)[:, 0],
        }

    def discriminator_loss(self, x: Tensor, y: Tensor = None, training: bool = False) -> Tensor:
        """−log d(z) − log(1 − d(z̄)): 2 log 2 where codes cannot be told from shuffled ones."""
        z = ops.stop_gradient(self.sampling(*self.posterior(x, training)))
        dice = keras.random.uniform(ops.shape(z), seed=self.sampling.seed_generator)
        shuffled = ops.take_along_axis(z, ops.argsort(dice, axis=0), axis=0)
        of_codes = self.discriminator(z, training=training)
        of_shuffled = self.discriminator(shuffled, training=training)
        return discriminator_nll(of_codes, of_shuffled)

    def get_config(self) -> dict[str, Any]:
        discriminator = keras.saving.serialize_keras_object(self.discriminator)
        return {**super().get_config(), "gamma": self.gamma, "discriminator": discriminator}
