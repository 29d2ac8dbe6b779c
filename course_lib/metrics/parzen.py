"""Log-likelihood of data under Gaussian windows on a model's samples.

    log p(x) = log (1/S) Σₛ N(x; xₛ, σ² I)

Reference: Parzen, On estimation of a probability density function and mode, 1962,
    https://doi.org/10.1214/aoms/1177704472. For generative models: Breuleux, Bengio and Vincent,
    Quickly generating representative samples from an RBM-derived process, 2011,
    https://doi.org/10.1162/NECO_a_00158; its weakness: Theis, van den Oord and Bethge, A note on
    the evaluation of generative models, 2016, https://arxiv.org/abs/1511.01844.
"""

import math

import numpy as np

from course_lib.extras import extra
from course_lib.metrics.arrays import floats
from course_lib.validation import Tensor, check_number, check_whole


def parzen_log_likelihood(
    samples: Tensor, x: Tensor, sigma: float, batch_size: int = 200
) -> np.ndarray:
    """Log-density of each example under Gaussian windows on samples.

        log p(x) = log (1/S) Σₛ exp( −‖x − xₛ‖² / 2σ² ) − (D/2) log 2πσ²

    Choose σ on validation data. The figure rewards samples that lie where the data do, blurred
    or copied, more than a good model: it compares published results, and little else.

    Args:
        samples: a model's, floats of shape `(S, D)`.
        x: data, floats of shape `(N, D)`.
        sigma: σ > 0, width of the windows, in the units of the data.
        batch_size: examples at a time; memory grows with it times S.

    Returns:
        Nats, float64, shape `(N,)`.

    Raises:
        ValueError: if samples and data have different columns, or σ is not positive.

    Reference: Breuleux et al., 2011, https://doi.org/10.1162/NECO_a_00158.

    Example:

    >>> nats = parzen_log_likelihood(np.zeros((1, 2)), np.zeros((1, 2)), sigma=1.0)
    >>> print(f"{nats[0]:.4f}")  # −log 2π
    -1.8379
    """
    with extra("metrics"):
        from scipy.special import logsumexp
    samples, x = floats("samples", samples, rank=2), floats("x", x, rank=2)
    sigma, batch_size = (
        check_number("sigma", sigma, above=0),
        check_whole("batch_size", batch_size, 1),
    )
    if samples.shape[1] != x.shape[1]:
        raise ValueError(
            f"x must have the {samples.shape[1]} columns of samples, but its shape is {x.shape}."
        )
    # Centred, so that squares of what all share do not drown distances.
    centre = samples.mean(axis=0, dtype="float64")
    samples, x = samples - centre, x - centre
    squares = (samples**2).sum(1)
    constant = math.log(len(samples)) + x.shape[1] / 2 * math.log(2 * math.pi * sigma**2)
    nats = np.empty(len(x))
    for start in range(0, len(x), batch_size):
        part = x[start : start + batch_size]
        distances = (part**2).sum(1)[:, None] + squares - 2 * part @ samples.T
        exponents = -np.maximum(distances, 0) / (2 * sigma**2)
        nats[start : start + len(part)] = logsumexp(exponents, axis=1) - constant
    return nats
