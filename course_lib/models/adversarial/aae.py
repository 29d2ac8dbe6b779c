"""Adversarial autoencoder: a discriminator holds the codes to a prior.

    reconstruction   encoder f and decoder g    −log p(x | g(f(x)))
    regularisation   discriminator d            −log d(z) − log(1 − d(f(x))),   z ~ p(z)
                     then the encoder           −log d(f(x))

in turn, batch by batch. Nothing is asked of p(z) but that one can draw from it.

Reference: Makhzani, Shlens, Jaitly, Goodfellow and Frey, Adversarial autoencoders, 2016,
https://arxiv.org/abs/1511.05644.
"""

from typing import Any

import keras
from keras import ops

from course_lib.layers.priors import Prior
from course_lib.losses.adversarial import discriminator_nll, generator_nll
from course_lib.models.adversarial.drawing import DrawsFromPrior
from course_lib.models.base import Autoencoder
from course_lib.training.phases import Phase, PhasedModel
from course_lib.validation import Tensor


@keras.saving.register_keras_serializable("course_lib")
class AdversarialAutoencoder(DrawsFromPrior, Autoencoder):
    """An autoencoder whose codes follow a prior of any shape, by playing against a discriminator.

    Three phases a step, each with its own optimiser: `reconstruction` moves encoder and decoder,
    `discriminator` moves the discriminator, `generator` moves the encoder. `compile` takes one
    optimiser for all, or one for each, `{phase: optimizer}`.

    Args:
        encoder: Keras layer or model, data `(B, ...)` → codes `(B, K)`.
        decoder: Keras layer or model, codes → the likelihood's parameters.
        discriminator: Keras layer or model, codes `(B, K)` → a logit `(B, 1)`, high for draws
            from the prior.
        prior: a `Prior` of K units, such as those of `course_lib.layers.priors`.
        likelihood: `"bernoulli"`, `"gaussian"`, or a loss of `course_lib.losses.likelihood`.
        seed: whole number that fixes the draws from the prior; by default `set_random_seed`
            does.
        name: model name.

    Raises:
        ValueError: if the prior is no `Prior`, or its units are not those of the codes.

    Reference: Makhzani et al., 2016, https://arxiv.org/abs/1511.05644.

    Example:

    >>> import numpy as np
    >>> from course_lib.layers import RingPrior
    >>> dense = keras.layers.Dense
    >>> model = AdversarialAutoencoder(dense(2), dense(5), dense(1), RingPrior())
    >>> model.compile("adam")
    >>> history = model.fit(np.ones((8, 5), "float32"), verbose=0)
    >>> sorted(history.history)
    ['discriminator', 'generator', 'loss', 'reconstruction']
    >>> model.generate(3).shape == (3, 5)
    True
    """

    def __init__(
        self,
        encoder: keras.layers.Layer,
        decoder: keras.layers.Layer,
        discriminator: keras.layers.Layer,
        prior: Prior,
        likelihood: Any = "bernoulli",
        seed: int | None = None,
        name: str | None = None,
        **kwargs,
    ):
        super().__init__(encoder, decoder, likelihood=likelihood, name=name, **kwargs)
        self.discriminator = discriminator
        self._take(prior, seed)

    loss_terms = PhasedModel.loss_terms
    term_weights = PhasedModel.term_weights

    def phases(self) -> list[Phase]:
        return [
            Phase("reconstruction", self.reconstruction_loss, [self.encoder, self.decoder]),
            Phase("discriminator", self.discriminator_loss, [self.discriminator]),
            Phase("generator", self.generator_loss, [self.encoder]),
        ]

    def build(self, input_shape: Any) -> None:
        if self.built:
            return
        if not self.encoder.built:
            self.encoder.build(input_shape)
        codes = self.encoder.compute_output_shape(input_shape)
        if codes[-1] != self.prior.units:
            raise ValueError(
                f"prior must have the {codes[-1]} units of the codes, but has {self.prior.units}."
            )
        for layer in (self.decoder, self.discriminator):
            if not layer.built:
                layer.build((None, self.prior.units))
        super().build(input_shape)

    def codes(self, x: Tensor, training: bool = False) -> Tensor:
        """f(x), `(B, K)`."""
        return self.encoder(x, training=training)

    def reconstruction_loss(self, x: Tensor, y: Tensor = None, training: bool = False) -> Tensor:
        """−log p(y | g(f(x))) of each example, in nats."""
        parameters = self.decoder(self.codes(x, training), training=training)
        return self.nll(x if y is None else y, parameters)

    def discriminator_loss(self, x: Tensor, y: Tensor = None, training: bool = False) -> Tensor:
        """−log d(z) − log(1 − d(f(x))), z ~ p(z): what the discriminator minimises.

        Where it cannot tell the two apart this is 2 log 2.
        """
        codes = ops.stop_gradient(self.codes(x, training))
        z = ops.cast(self.prior.sample(ops.shape(x)[0], self.seed_generator), codes.dtype)
        of_prior = self.discriminator(z, training=training)
        of_codes = self.discriminator(codes, training=training)
        return discriminator_nll(of_prior, of_codes)

    def generator_loss(self, x: Tensor, y: Tensor = None, training: bool = False) -> Tensor:
        """−log d(f(x)): what the encoder minimises in its second turn; log 2 at the best."""
        codes = self.codes(x, training)
        return generator_nll(self.discriminator(codes, training=training))

    def call(self, x: Any, training: bool = False) -> Tensor:
        return self.decoder(self.codes(x, training), training=training)

    def _codes(self, x):
        return self.codes(x)

    def get_config(self) -> dict[str, Any]:
        serialize = keras.saving.serialize_keras_object
        config = {**super().get_config(), "seed": self.seed}
        return {
            **config,
            "discriminator": serialize(self.discriminator),
            "prior": serialize(self.prior),
        }
