"""InfoVAE: hold the codes of all data together to the prior, not each by itself.

    E_x E_{q(z|x)} [ −log p(x|z) ] + (1 − α) E_x KL(q(z|x) ‖ p(z)) + (α + λ − 1) MMD²(q(z), p(z))

A KL divergence example by example also punishes what the code knows of x; the distance between
the aggregate q(z) and the prior does not. α = 0, λ = 1 is the VAE, α = 1 leaves MMD alone.

Reference: Zhao, Song and Ermon, InfoVAE: balancing learning and inference in variational
autoencoders, 2019, https://arxiv.org/abs/1706.02262. Tolstikhin, Bousquet, Gelly and Schölkopf,
Wasserstein auto-encoders, 2018, https://arxiv.org/abs/1711.01558.
"""

import math
from typing import Any

import keras
from keras import ops

from course_lib.losses.divergence import kl_to_standard_normal, mmd
from course_lib.models.latent import GaussianLatent
from course_lib.validation import Tensor, check_number


@keras.saving.register_keras_serializable("course_lib")
class InfoVAE(GaussianLatent):
    """A variational autoencoder that pays less for the KL divergence and some for MMD to the prior.

    minimises  E_x [ −log p(x|z) + (1 − α) KL ] + (α + λ − 1) MMD²(q(z), N(0, I))

    MMD belongs to the batch: every example gets the same value, the unbiased estimate between
    the batch's z and as many draws from the prior. It is at most 2 whatever the data, may be a
    little below 0, and is 0 for a batch of one. So λ is large, about as many as an image has
    nats.

    Args:
        encoder: Keras layer or model, data `(B, ...)` → mean and log-variance of q(z|x), side
            by side, `(B, 2K)`.
        decoder: Keras layer or model, z `(B, K)` → the likelihood's parameters.
        alpha: α, at most 1.
        weight: λ, at least 1 − α.
        likelihood: `"bernoulli"`, `"gaussian"`, or a loss of `course_lib.losses.likelihood`.
        seed: whole number that fixes the noise; by default `set_random_seed` does.
        name: model name.

    Raises:
        ValueError: if α or λ is out of range.

    Reference: Zhao et al., 2019, https://arxiv.org/abs/1706.02262.

    Example:

    >>> import numpy as np
    >>> model = InfoVAE(keras.layers.Dense(4), keras.layers.Dense(5), weight=100.0)
    >>> model.compile("adam")
    >>> history = model.fit(np.ones((8, 5), "float32"), verbose=0)
    >>> sorted(history.history)
    ['kl', 'loss', 'mmd', 'reconstruction']
    """

    def __init__(
        self,
        encoder: keras.layers.Layer,
        decoder: keras.layers.Layer,
        alpha: float = 1.0,
        weight: float = 100.0,
        **kwargs,
    ):
        super().__init__(encoder, decoder, **kwargs)
        self.alpha = check_number("alpha", alpha, high=1)
        self.weight = check_number("weight", weight, low=1 - self.alpha)

    @property
    def term_weights(self) -> dict[str, Any]:
        mmd_weight = self.alpha + self.weight - 1
        return {"reconstruction": 1.0, "kl": 1 - self.alpha, "mmd": mmd_weight}

    def loss_terms(self, x: Tensor, y: Tensor = None, training: bool = False) -> dict[str, Tensor]:
        mean, log_variance = self.posterior(x, training)
        z = self.sampling(mean, log_variance)
        zeros = ops.zeros_like(mean)
        units = math.prod(self.code_shape)
        drawn = (ops.reshape(v, (-1, units)) for v in (z, self.sampling(zeros, zeros)))
        distance = mmd(*drawn)
        kl = kl_to_standard_normal(mean, log_variance)
        return {
            "reconstruction": self.nll(x if y is None else y, self.decoded(z, x, training)),
            "kl": kl,
            "mmd": distance * ops.ones_like(kl, dtype=distance.dtype),
        }

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha, "weight": self.weight}
