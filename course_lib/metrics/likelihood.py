"""How likely data are under a model with latent variables, from importance weights.

    ELBO    E_z [ log w ]  ≤  IWAE-k  E [ log (1/k) Σᵢ wᵢ ]  ≤  log p(x) = log E_z [ w ]

    with  w = p(x|z) p(z) / q(z|x),  z ~ q(z|x)

Reference: Burda, Grosse and Salakhutdinov, Importance weighted autoencoders, 2016.
"""

import math
import numbers

import numpy as np
from keras import ops

from course_lib.validation import check_array


def importance_bound(log_weights, k=None):
    """Importance-weighted bound on log p(x) of each example.

        IWAE-k = log (1/k) Σᵢ wᵢ,    IWAE-1 = ELBO

    averaged over the S/k groups of k weights that there are.

    Args:
        log_weights: log w, floats of shape `(B, S)`.
        k: weights a bound, a divisor of S; by default all of them.

    Returns:
        Nats, shape `(B,)`. In expectation at most log p(x), and rising with k.

    Raises:
        ValueError: if k does not divide S.

    Reference: Burda et al., 2016, theorem 1.

    Example:

    >>> log_weights = np.log([[1.0, 3.0]])
    >>> print(np.exp(importance_bound(log_weights, 2)), np.exp(importance_bound(log_weights, 1)))
    [2.] [1.73205081]
    """
    check_array("log_weights", log_weights, rank=2)
    log_weights = np.asarray(ops.convert_to_numpy(log_weights), "float64")
    samples = log_weights.shape[1]
    k = samples if k is None else k
    if not (isinstance(k, numbers.Integral) and k > 0 and samples % k == 0):
        raise ValueError(f"k must divide the {samples} weights of an example, but is {k!r}.")
    groups = log_weights.reshape(len(log_weights), -1, k)
    return (np.logaddexp.reduce(groups, axis=2) - math.log(k)).mean(axis=1)


def importance_nll(log_weights, x, samples, batch_size=100, chunk=50):
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
        ValueError: if a size is no positive whole number, or x is empty.

    Reference: Burda et al., 2016, section 5.

    Example:

    >>> exact = lambda x, samples: np.full((len(x), samples), -7.0)
    >>> print(importance_nll(exact, np.zeros((3, 2)), samples=10))
    [7. 7. 7.]
    """
    check_array("x", x)
    for name, value in (("samples", samples), ("batch_size", batch_size), ("chunk", chunk)):
        if not (isinstance(value, numbers.Integral) and value > 0):
            raise ValueError(f"{name} must be a positive whole number, but is {value!r}.")
    nll = np.empty(len(x))
    for start in range(0, len(x), batch_size):
        batch = x[start : start + batch_size]
        total = np.full(len(batch), -np.inf)
        for done in range(0, samples, chunk):
            drawn = log_weights(batch, min(chunk, samples - done))
            drawn = np.asarray(ops.convert_to_numpy(drawn), "float64")
            total = np.logaddexp(total, np.logaddexp.reduce(drawn, axis=1))
        nll[start : start + len(batch)] = math.log(samples) - total
    return nll
