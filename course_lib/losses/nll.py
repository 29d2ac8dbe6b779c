"""What reconstruction error means: the negative log-likelihood −log p(x | h) of the decoder.

A decoder returns the parameters of a distribution over x. Training minimises

    Gaussian    −log p(x | h) = ½ Σᵢ [ log 2π + sᵢ + (xᵢ − mᵢ)² / exp(sᵢ) ]   mean m, log-variance s
    Bernoulli   −log p(x | h) = Σᵢ [ softplus(lᵢ) − xᵢ lᵢ ]                   logits l
    multinomial −log p(x | h) = −Σᵢ xᵢ log softmax(l)ᵢ                        logits l, counts x

summed over everything but the batch, in nats: squared error and cross-entropy without the
averaging over pixels that would silently weigh them against any second term of a loss.

Reference: Bishop, Pattern Recognition and Machine Learning, 2006, sections 1.2.4, 2.1 and 2.2,
    https://link.springer.com/book/9780387310732.
"""

import math
import numbers

import numpy as np
from keras import ops

from course_lib.losses.masks import masked
from course_lib.losses.sums import each_sum, in_one_dtype
from course_lib.validation import Tensor, check_array, check_same_shape


def gaussian_nll(
    x: Tensor, mean: Tensor, log_variance: Tensor | float = 0.0, mask: Tensor | None = None
) -> Tensor:
    """Negative log-likelihood of data under independent Gaussians.

        −log p(x) = ½ Σᵢ [ log 2π + sᵢ + (xᵢ − mᵢ)² / exp(sᵢ) ]

    At the default variance of 1 this is half the squared error plus ½ log 2π a feature.

    Args:
        x: floats of shape `(B, ...)`.
        mean: floats of the same shape.
        log_variance: log σ², one number for all features, or floats of the same shape.
        mask: booleans `(B,)`, `(B, T)` and so on, the first axes of x: only what they mark is
            summed. By default everything is.

    Returns:
        Nats, shape `(B,)`.

    Raises:
        ValueError: if shapes differ, the mask does not fit, or NumPy values are not finite.

    Reference: Bishop, Pattern Recognition and Machine Learning, 2006, section 1.2.4,
        https://link.springer.com/book/9780387310732.

    Example:

    >>> nll = gaussian_nll(np.array([[0.0, 1.0]]), mean=np.array([[0.0, 0.0]]))
    >>> print(f"{float(nll[0]):.4f}")  # log 2π + ½
    2.3379
    """
    check_array("x", x, rank=range(2, 6))
    check_array("mean", mean)
    check_same_shape("mean", mean, "x", x)
    number = isinstance(log_variance, numbers.Real)
    s: Tensor = np.asarray(log_variance, "float64") if number else log_variance
    check_array("log_variance", s)
    if len(s.shape):
        check_same_shape("log_variance", s, "x", x)
    x, mean, s = in_one_dtype(x, mean, s)
    if mask is not None:
        # A gradient must not see what is not marked, either: it may hold anything.
        mean = masked(mask, mean)
        s = masked(mask, ops.broadcast_to(s, ops.shape(x)))
    squared_error = ops.square(x - mean) / ops.exp(s)
    twice = math.log(2 * math.pi) + s + squared_error
    return 0.5 * each_sum(twice if mask is None else masked(mask, twice))


def bernoulli_nll(x: Tensor, logits: Tensor, mask: Tensor | None = None) -> Tensor:
    """Negative log-likelihood of data under independent Bernoulli variables.

        −log p(x) = Σᵢ [ softplus(lᵢ) − xᵢ lᵢ ],   p(xᵢ = 1) = sigmoid(lᵢ)

    Nothing is clipped: a logit of 100 on a 0 costs exactly 100 nats.

    Args:
        x: floats in [0, 1], shape `(B, ...)`. Grey levels are allowed: the value is then the
            cross-entropy between pixel and prediction, smallest where sigmoid(l) = x, but
            no longer a probability of x, and its minimum is not 0.
        logits: floats of the same shape.
        mask: booleans `(B,)`, `(B, T)` and so on, the first axes of x: only what they mark is
            summed. By default everything is.

    Returns:
        Nats, shape `(B,)`.

    Raises:
        ValueError: if shapes differ, the mask does not fit, NumPy values are not finite, or x
            leaves [0, 1].

    Reference: Bishop, Pattern Recognition and Machine Learning, 2006, section 2.1,
        https://link.springer.com/book/9780387310732.

    Example:

    >>> nll = bernoulli_nll(np.array([[0.0, 1.0]]), logits=np.array([[0.0, 0.0]]))
    >>> print(f"{float(nll[0]):.4f}")  # 2 log 2
    1.3863
    """
    check_array("x", x, rank=range(2, 6), low=0, high=1)
    check_array("logits", logits)
    check_same_shape("logits", logits, "x", x)
    x, logits = in_one_dtype(x, logits)
    if mask is not None:
        logits = masked(mask, logits)
    nats = ops.softplus(logits) - x * logits
    return each_sum(nats if mask is None else masked(mask, nats))


def multinomial_nll(x: Tensor, logits: Tensor, mask: Tensor | None = None) -> Tensor:
    """Negative log-likelihood of counts: words drawn one by one from one distribution.

        −log p(x) = −Σᵢ xᵢ log softmax(l)ᵢ

    That is the probability of the words in the order in which they stand. Of the bag, in which
    order is forgotten, it would be less by log (Σᵢ xᵢ)! − Σᵢ log xᵢ!, which no parameter changes.

    Args:
        x: counts, floats of at least 0, shape `(B, ..., V)`. Weights that are no whole numbers
            are allowed: the value is then Σᵢ xᵢ times a cross-entropy, and no longer a
            probability. Without any count it is 0.
        logits: floats of the same shape.
        mask: booleans `(B,)`, `(B, T)` and so on, the first axes of x: only what they mark is
            summed. By default everything is.

    Returns:
        Nats, shape `(B,)`.

    Raises:
        ValueError: if shapes differ, the mask does not fit, NumPy values are not finite, or x is
            negative.

    Reference: Salakhutdinov and Hinton, Replicated softmax: an undirected topic model, 2009,
        https://papers.nips.cc/paper/2009/hash/31839b036f63806cba3f47b93af8ccb5-Abstract.html.

    Example:

    >>> nll = multinomial_nll(np.array([[2.0, 0.0, 1.0]]), logits=np.zeros((1, 3)))
    >>> print(f"{float(nll[0]):.4f}")  # 3 log 3
    3.2958
    """
    check_array("x", x, rank=range(2, 6), low=0)
    check_array("logits", logits)
    check_same_shape("logits", logits, "x", x)
    x, logits = in_one_dtype(x, logits)
    if mask is not None:
        logits = masked(mask, logits)
    nats = -x * ops.log_softmax(logits, axis=-1)
    return each_sum(nats if mask is None else masked(mask, nats))
