"""Two players: a discriminator tells two kinds of codes apart, a generator makes that hard.

    discriminator    −log d(a) − log(1 − d(b)),   a ~ p,  b ~ q
    generator        −log d(b)

d is the sigmoid of a logit. Where the discriminator is at its best its logit is the logarithm
of the density ratio, log p(z) − log q(z), so that its mean over a ~ p estimates KL(p ‖ q).

Reference: Goodfellow et al., Generative adversarial nets, 2014, https://arxiv.org/abs/1406.2661.
    Sugiyama, Suzuki and Kanamori, Density ratio estimation in machine learning, 2012,
    https://doi.org/10.1017/CBO9781139035613.
"""

from keras import ops

from course_lib.losses.sums import at_least_float32, in_one_dtype
from course_lib.validation import Tensor, check_array, check_same_shape


def discriminator_nll(first: Tensor, second: Tensor) -> Tensor:
    """Negative log-likelihood of telling two kinds apart, pair by pair.

        −log d(a) − log(1 − d(b))

    Where they cannot be told apart its mean is 2 log 2 at the best.

    Args:
        first: logits of a, floats of shape `(B, 1)`.
        second: logits of b, the same shape.

    Returns:
        Nats, at least 0, shape `(B,)`.

    Raises:
        ValueError: if the shapes differ or are not `(B, 1)`, or NumPy values are not finite.

    Reference: Goodfellow et al., 2014, equation (1), https://arxiv.org/abs/1406.2661.

    Example:

    >>> undecided = ops.zeros((1, 1))
    >>> print(f"{float(discriminator_nll(undecided, undecided)[0]):.3f}")
    1.386
    """
    _check_logits("first", first)
    _check_logits("second", second)
    check_same_shape("second", second, "first", first)
    first, second = in_one_dtype(first, second)
    return ops.squeeze(ops.softplus(-first) + ops.softplus(second), axis=1)


def generator_nll(logits: Tensor) -> Tensor:
    """What the generator pays for codes that do not pass for the first kind.

        −log d(b)

    The gradient of log(1 − d(b)) would vanish where the discriminator is sure; this one is
    largest there.

    Args:
        logits: of b, floats of shape `(B, 1)`.

    Returns:
        Nats, at least 0, shape `(B,)`.

    Raises:
        ValueError: if logits are not of shape `(B, 1)`, or NumPy values are not finite.

    Reference: Goodfellow et al., 2014, section 3, https://arxiv.org/abs/1406.2661.

    Example:

    >>> print(f"{float(generator_nll(ops.zeros((1, 1)))[0]):.3f}")
    0.693
    """
    _check_logits("logits", logits)
    return ops.squeeze(ops.softplus(-at_least_float32(logits)), axis=1)


def _check_logits(name, logits):
    check_array(name, logits, rank=2)
    if logits.shape[1] != 1:
        raise ValueError(
            f"{name} must have one logit an example, but its shape is {tuple(logits.shape)}."
        )
