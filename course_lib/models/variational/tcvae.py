"""β-TCVAE: a VAE that pays β for total correlation alone.

    −log p(x|z)  +  I(x; z)  +  β TC(z)  +  Σⱼ KL(q(zⱼ) ‖ p(zⱼ))

With β = 1 that is the negative ELBO. A β-VAE pays β for all three parts of the KL divergence,
so it also pays for what the code knows of x; this one only for units that depend on each other.

Reference: Chen, Li, Grosse and Duvenaud, Isolating sources of disentanglement in variational
autoencoders, 2018, https://arxiv.org/abs/1802.04942.
"""

import math
from typing import Any

import keras
from keras import ops

from course_lib.losses.aggregate import kl_parts
from course_lib.models.variational.vae import VAE
from course_lib.validation import Tensor, check_whole


@keras.saving.register_keras_serializable("course_lib")
class BetaTCVAE(VAE):
    """A VAE whose total correlation costs β times as much.

    minimises  E_x [ −log p(x|z) + I(x; z) + β TC(z) + Σⱼ KL(q(zⱼ) ‖ N(0, 1)) ]

    The three parts are estimated from the batch, which should not be small.

    Args:
        encoder: Keras layer or model, data `(B, ...)` → mean and log-variance of q(z|x), side
            by side, `(B, 2K)`.
        decoder: Keras layer or model, z `(B, K)` → the likelihood's parameters.
        dataset_size: N, how many examples it trains on.
        beta: β, at least 0.
        warmup: training steps until β has its full value; 0 for none.
        likelihood: `"bernoulli"`, `"gaussian"`, or a loss of `course_lib.losses.likelihood`.
        seed: whole number that fixes the noise; by default `set_random_seed` does.
        name: model name.

    Raises:
        ValueError: if β or a size is out of range, or a batch is smaller than two examples.

    Reference: Chen et al., 2018, https://arxiv.org/abs/1802.04942.

    Example:

    >>> import numpy as np
    >>> model = BetaTCVAE(keras.layers.Dense(4), keras.layers.Dense(5), dataset_size=8, beta=4.0)
    >>> model.compile("adam")
    >>> history = model.fit(np.ones((8, 5), "float32"), verbose=0)
    >>> sorted(history.history)
    ['loss', 'mutual_information', 'reconstruction', 'total_correlation', 'unit_kl']
    """

    def __init__(
        self,
        encoder: keras.layers.Layer,
        decoder: keras.layers.Layer,
        dataset_size: int,
        beta: float = 6.0,
        **kwargs,
    ):
        super().__init__(encoder, decoder, beta=beta, **kwargs)
        self.dataset_size = check_whole("dataset_size", dataset_size, low=2)

    def weights_at(self, beta: Any) -> dict[str, Any]:
        names = ("reconstruction", "mutual_information", "total_correlation", "unit_kl")
        return dict(zip(names, (1.0, 1.0, beta, 1.0), strict=True))

    def loss_terms(self, x: Tensor, y: Tensor = None, training: bool = False) -> dict[str, Tensor]:
        mean, log_variance = self.posterior(x, training)
        z = self.sampling(mean, log_variance)
        self.count_step(training)
        units = math.prod(self.code_shape)
        flat = [ops.reshape(part, (-1, units)) for part in (z, mean, log_variance)]
        parts = kl_parts(flat[0], flat[1], flat[2], self.dataset_size)
        return {
            "reconstruction": self.nll(x if y is None else y, self.decoded(z, x, training)),
            "mutual_information": parts[0],
            "total_correlation": parts[1],
            "unit_kl": parts[2],
        }

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "dataset_size": self.dataset_size}
