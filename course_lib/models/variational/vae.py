"""Variational autoencoder: the evidence lower bound, by reparameterised sampling.

    −ELBO(x) = E_{z ~ q(z|x)} [ −log p(x | z) ] + KL(q(z|x) ‖ p(z)),   p(z) = N(0, I)

and  log p(x) = ELBO(x) + KL(q(z|x) ‖ p(z|x)),  so the bound is as tight as q is good.

Reference: Kingma and Welling, Auto-encoding variational Bayes, 2014,
https://arxiv.org/abs/1312.6114. Higgins et al., beta-VAE: learning basic visual concepts with a
constrained variational framework, 2017, https://openreview.net/forum?id=Sy2fzU9gl. Bowman et
al., Generating sentences from a continuous space, 2016 (warm-up),
https://arxiv.org/abs/1511.06349.
"""

from typing import Any

import keras
from keras import ops

from course_lib.losses.divergence import kl_to_standard_normal
from course_lib.losses.sums import at_least_float32
from course_lib.models.latent import GaussianLatent
from course_lib.validation import Tensor, check_number, check_whole


@keras.saving.register_keras_serializable("course_lib")
class VAE(GaussianLatent):
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

    Reference: Kingma and Welling, 2014, https://arxiv.org/abs/1312.6114.

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
        encoder: keras.layers.Layer,
        decoder: keras.layers.Layer,
        beta: float = 1.0,
        warmup: int = 0,
        likelihood: Any = "bernoulli",
        seed: int | None = None,
        name: str | None = None,
        **kwargs,
    ):
        super().__init__(encoder, decoder, likelihood, seed, name=name, **kwargs)
        self.beta = check_number("beta", beta, low=0)
        self.warmup = check_whole("warmup", warmup, low=0)

    @property
    def term_weights(self) -> dict[str, Any]:
        return self.weights_at(self.beta)

    @property
    def training_weights(self) -> dict[str, Any]:
        return self.weights_at(self.beta_now())

    def weights_at(self, beta: Any) -> dict[str, Any]:
        """What each term costs while β has this value."""
        return {"reconstruction": 1.0, "kl": beta}

    def beta_now(self) -> Any:
        """β as far as warm-up has brought it."""
        if not self.warmup:
            return self.beta
        share = ops.cast(self._steps, self._steps_dtype) / self.warmup
        return self.beta * ops.minimum(share, 1.0)

    def count_step(self, training: bool) -> None:
        """To be called once by each `loss_terms`: what warm-up counts."""
        if training and self.warmup:
            self._steps.assign_add(1)

    def build(self, input_shape: Any) -> None:
        if self.built:
            return
        if self.warmup:
            self._steps = self.add_weight(
                shape=(), dtype="int32", initializer="zeros", trainable=False, name="steps"
            )
            self._steps_dtype = at_least_float32(self.variable_dtype)
        super().build(input_shape)

    def loss_terms(self, x: Tensor, y: Tensor = None, training: bool = False) -> dict[str, Tensor]:
        mean, log_variance = self.posterior(x, training)
        z = self.sampling(mean, log_variance)
        self.count_step(training)
        target = self.target(x) if y is None else y
        return {
            "reconstruction": self.nll(target, self.decoded(z, x, training)),
            "kl": kl_to_standard_normal(mean, log_variance),
        }

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta": self.beta, "warmup": self.warmup}
