"""Criteria: what of a trained model says that an example is anomalous; high where it is.

    reconstruction    ‖x − x̂‖²
    likelihood        −log p(x), or −ELBO(x) where a model has a bound only
    latent            (h − h̄)ᵀ S⁺ (h − h̄),    h̄ and S the mean and covariance of training codes
    bigan             what the model itself has for a score

All are deterministic, and none depends on the examples beside it.

Reference: Sakurada and Yairi, Anomaly detection using autoencoders with nonlinear dimensionality
    reduction, 2014, https://doi.org/10.1145/2689746.2689747. An and Cho, Variational autoencoder
    based anomaly detection using reconstruction probability, 2015 (sampled scores),
    http://dm.snu.ac.kr/static/docs/TR/SNUDM-TR-2015-03.pdf. Zenati et al., Efficient GAN-based
    anomaly detection, 2018, https://arxiv.org/abs/1802.06222.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from course_lib.losses.divergence import kl_to_standard_normal
from course_lib.metrics import squared_error
from course_lib.models.latent import GaussianLatent

DRAWS = 16


def reconstruction(model: Any, x: np.ndarray) -> np.ndarray:
    """Squared error of each example, `(B,)`."""
    return squared_error(x, model.reconstruct(x, len(x)))


def likelihood(model: Any, x: np.ndarray) -> np.ndarray:
    """Nats of each example, `(B,)`: exact, or the bound that a Gaussian posterior gives."""
    if hasattr(model, "log_prob"):
        return -model.log_prob(x, len(x))
    return ops.convert_to_numpy(negative_bound(model, ops.convert_to_tensor(x)))


def negative_bound(model: GaussianLatent, x: Any) -> Any:
    """−ELBO of each example, `(B,)`, from draws that are the same for all examples.

        (1/S) Σₛ −log p(x | m + σ ⊙ εₛ) + KL(q(z|x) ‖ N(0, I))

    Noise of its own would make two calls differ, and so two equal examples.
    """
    mean, log_variance = model.posterior(x)
    half = np.random.default_rng(0).normal(size=(1, DRAWS // 2, *model.code_shape))
    noise = ops.cast(np.concatenate([half, -half], axis=1), mean.dtype)
    z = ops.expand_dims(mean, 1) + ops.exp(0.5 * ops.expand_dims(log_variance, 1)) * noise
    each = ops.repeat(x, DRAWS, axis=0)
    parameters = model.decoded(ops.reshape(z, (-1, *model.code_shape)), each)
    nll = model.likelihood.of_draws(x, parameters, DRAWS)
    return ops.mean(nll, axis=1) + kl_to_standard_normal(mean, log_variance)


def latent(model: Any, x: np.ndarray) -> np.ndarray:
    """Codes `(B, K)`, whose distance from those of training is the score."""
    codes = model.encode(x, len(x))
    return codes.reshape(len(codes), -1)


def bigan(model: Any, x: np.ndarray) -> np.ndarray:
    """The model's own scores, `(B,)`."""
    return model.scores(x, batch_size=len(x))


CRITERIA: dict[str, Callable] = {
    function.__name__: function for function in (reconstruction, likelihood, latent, bigan)
}
NEEDS = {
    "reconstruction": ("reconstruct",),
    "likelihood": ("log_prob", "log_weights"),
    "latent": ("encode",),
    "bigan": ("scores",),
}


def check_suits(model: Any, criterion: str) -> None:
    """Raise `ValueError` unless the model has what the criterion asks for."""
    if not any(hasattr(model, need) for need in NEEDS[criterion]):
        raise ValueError(
            f"build must make a model with {' or '.join(NEEDS[criterion])} for the criterion "
            f"{criterion!r}, but {type(model).__name__} has none."
        )
