"""How likely data are under a model with latent variables, from importance weights.

    ELBO    E_z [ log w ]  ≤  IWAE-k  E [ log (1/k) Σᵢ wᵢ ]  ≤  log p(x) = log E_z [ w ]

    with  w = p(x|z) p(z) / q(z|x),  z ~ q(z|x)

Reference: Burda, Grosse and Salakhutdinov, Importance weighted autoencoders, 2016,
    https://arxiv.org/abs/1509.00519.
"""

import math
from collections.abc import Callable

import numpy as np
from keras import ops

from course_lib.metrics.arrays import floats
from course_lib.validation import Tensor, check_array, check_whole


def importance_bound(log_weights: Tensor, k: int | None = None) -> np.ndarray:
    """Importance-weighted bound on log p(x) of each example.

        IWAE-k = log (1/k) Σᵢ wᵢ,    IWAE-1 = ELBO

    averaged over the S/k groups of k weights that there are.

    Args:
        log_weights: log w, floats of shape `(B, S)`.
        k: weights a bound, a divisor of S; by default all of them.

    Returns:
        Nats, shape `(B,)`. In expectation at most log p(x), and rising with k.

    Raises:
        ValueError: if k does not divide S, or log-weights are not finite.

    Reference: Burda et al., 2016, theorem 1, https://arxiv.org/abs/1509.00519.

    Example:

    >>> log_weights = np.log([[1.0, 3.0]])
    >>> print(np.exp(importance_bound(log_weights, 2)), np.exp(importance_bound(log_weights, 1)))
    [2.] [1.73205081]
    """
    log_weights = floats("log_weights", log_weights, rank=2).astype("float64")
    samples = log_weights.shape[1]
    k = samples if k is None else check_whole("k", k, low=1)
    if samples % k:
        raise ValueError(f"k must divide the {samples} weights of an example, but is {k!r}.")
    groups = log_weights.reshape(len(log_weights), -1, k)
    return (np.logaddexp.reduce(groups, axis=2) - math.log(k)).mean(axis=1)


def importance_nll(
    log_weights: Callable[[np.ndarray, int], Tensor],
    x: np.ndarray,
    samples: int,
    batch_size: int = 100,
    chunk: int = 50,
) -> np.ndarray:
    """Negative log-likelihood of each example, estimated from many importance weights.

        −log p(x) ≈ −log (1/S) Σᵢ wᵢ

    The estimate is an upper bound in expectation, and exact as S grows. Memory does not grow
    with S: weights are drawn a chunk at a time and only their running sum is kept.

    Args:
        log_weights: a function `(x, samples) -> (B, samples)` of log w, such as
            `VAE.log_weights`.
        x: data `(N, ...)`, a NumPy array.
        samples: S, weights for each example.
        batch_size: examples at a time.
        chunk: weights at a time, for each of these examples.

    Returns:
        −log p(x) in nats, float64, shape `(N,)`.

    Raises:
        ValueError: if a size is no whole number of at least 1, x is empty, or `log_weights`
            returns NaN or another shape.

    Reference: Burda et al., 2016, section 5, https://arxiv.org/abs/1509.00519.

    Example:

    >>> exact = lambda x, samples: np.full((len(x), samples), -7.0)
    >>> print(importance_nll(exact, np.zeros((3, 2)), samples=10))
    [7. 7. 7.]
    """
    check_array("x", x)
    samples = check_whole("samples", samples, low=1)
    batch_size = check_whole("batch_size", batch_size, low=1)
    chunk = check_whole("chunk", chunk, low=1)
    nll = np.empty(len(x))
    for start in range(0, len(x), batch_size):
        batch = x[start : start + batch_size]
        total = np.full(len(batch), -np.inf)
        for done in range(0, samples, chunk):
            count = min(chunk, samples - done)
            drawn = np.asarray(ops.convert_to_numpy(log_weights(batch, count)), "float64")
            if drawn.shape != (len(batch), count) or np.isnan(drawn).any():
                raise ValueError(
                    f"log_weights must return numbers of shape {(len(batch), count)}, but returned "
                    f"{'NaN' if np.isnan(drawn).any() else f'shape {drawn.shape}'}."
                )
            total = np.logaddexp(total, np.logaddexp.reduce(drawn, axis=1))
        nll[start : start + len(batch)] = math.log(samples) - total
    return nll
