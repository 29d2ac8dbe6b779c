"""Log-likelihood of data under Gaussian windows on a model's samples.

    log p(x) = log (1/S) Σₛ N(x; xₛ, σ² I)

Reference: Parzen, On estimation of a probability density function and mode, 1962. For
generative models: Breuleux, Bengio and Vincent, Quickly generating representative samples from
an RBM-derived process, 2011; its weakness: Theis, van den Oord and Bethge, A note on the
evaluation of generative models, 2016.
"""

import math
import numbers

import numpy as np
from keras import ops
from scipy.special import logsumexp

from course_lib.validation import check_array


def parzen_log_likelihood(samples, x, sigma, batch_size=200):
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

    Reference: Breuleux et al., 2011.

    Example:

    >>> nats = parzen_log_likelihood(np.zeros((1, 2)), np.zeros((1, 2)), sigma=1.0)
    >>> print(f"{nats[0]:.4f}")  # −log 2π
    -1.8379
    """
    check_array("samples", samples, rank=2)
    check_array("x", x, rank=2)
    if samples.shape[1] != x.shape[1]:
        raise ValueError(
            f"x must have the {samples.shape[1]} columns of samples, but its shape is "
            f"{tuple(x.shape)}."
        )
    if not (isinstance(sigma, numbers.Real) and 0 < sigma < math.inf):
        raise ValueError(f"sigma must be a positive number, but is {sigma!r}.")
    samples, x = (np.asarray(ops.convert_to_numpy(v), "float64") for v in (samples, x))
    squares = (samples**2).sum(1)
    constant = math.log(len(samples)) + x.shape[1] / 2 * math.log(2 * math.pi * sigma**2)
    nats = np.empty(len(x))
    for start in range(0, len(x), batch_size):
        part = x[start : start + batch_size]
        distances = (part**2).sum(1)[:, None] + squares - 2 * part @ samples.T
        exponents = -np.maximum(distances, 0) / (2 * sigma**2)
        nats[start : start + len(part)] = logsumexp(exponents, axis=1) - constant
    return nats
