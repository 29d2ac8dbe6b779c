"""Importance-weighted autoencoder: a tighter bound from k draws of the same posterior.

    −L_k(x) = −E [ log (1/k) Σᵢ wᵢ ],   wᵢ = p(x|zᵢ) p(zᵢ) / q(zᵢ|x),   zᵢ ~ q(z|x)

    ELBO = L_1 ≤ L_k ≤ log p(x)

Reference: Burda, Grosse and Salakhutdinov, Importance weighted autoencoders, 2016,
https://arxiv.org/abs/1509.00519.
"""

import math
from typing import Any

import keras
from keras import ops

from course_lib.models.latent import GaussianLatent
from course_lib.validation import Tensor, check_whole


@keras.saving.register_keras_serializable("course_lib")
class IWAE(GaussianLatent):
    """A variational autoencoder trained on the importance-weighted bound of k draws.

    minimises  −E_x E [ log (1/k) Σᵢ p(x|zᵢ) p(zᵢ) / q(zᵢ|x) ]

    The gradient weighs each draw by its share wᵢ / Σⱼ wⱼ: the best draw counts most. Its one
    term is the bound itself, which cannot be split into reconstruction and KL.

    Args:
        encoder: Keras layer or model, data `(B, ...)` → mean and log-variance of q(z|x), side
            by side, `(B, 2K)`.
        decoder: Keras layer or model, z `(B, K)` → the likelihood's parameters.
        k: draws for each example, at least 1; with 1 the bound is the ELBO.
        likelihood: `"bernoulli"`, `"gaussian"`, or a loss of `course_lib.losses.likelihood`.
        seed: whole number that fixes the noise; by default `set_random_seed` does.
        name: model name.

    Raises:
        ValueError: if k is no positive whole number.

    Reference: Burda et al., 2016, https://arxiv.org/abs/1509.00519.

    Example:

    >>> import numpy as np
    >>> model = IWAE(keras.layers.Dense(4), keras.layers.Dense(5), k=5)
    >>> model.compile("adam")
    >>> history = model.fit(np.ones((8, 5), "float32"), verbose=0)
    >>> sorted(history.history)
    ['bound', 'loss']
    """

    def __init__(
        self, encoder: keras.layers.Layer, decoder: keras.layers.Layer, k: int = 5, **kwargs
    ):
        super().__init__(encoder, decoder, **kwargs)
        self.k = check_whole("k", k, low=1)

    @property
    def term_weights(self) -> dict[str, Any]:
        return {"bound": 1.0}

    def loss_terms(self, x: Tensor, y: Tensor = None, training: bool = False) -> dict[str, Tensor]:
        log_weights = self.draw_weights(x, x if y is None else y, self.k, training)
        return {"bound": math.log(self.k) - ops.logsumexp(log_weights, axis=1)}

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "k": self.k}
