"""Divergences between the distribution of codes and the prior N(0, I).

    KL     KL(N(m, diag exp s) ‖ N(0, I)) = ½ Σⱼ [ exp(sⱼ) − 1 − sⱼ + mⱼ² ],   s = log σ²
    MMD    MMD²(P, Q) = E k(x, x') + E k(y, y') − 2 E k(x, y),   x, x' ~ P,  y, y' ~ Q

Reference: Kingma and Welling, Auto-encoding variational Bayes, 2014, appendix B,
    https://arxiv.org/abs/1312.6114. Gretton, Borgwardt, Rasch, Schölkopf and Smola, A kernel
    two-sample test, 2012, https://jmlr.org/papers/v13/gretton12a.html. Tolstikhin, Bousquet, Gelly
    and Schölkopf, Wasserstein auto-encoders, 2018, https://arxiv.org/abs/1711.01558.
"""

from collections.abc import Callable

from keras import ops

from course_lib.losses.distances import squared_distances
from course_lib.losses.log_variance import bounded_log_variance
from course_lib.losses.sums import each_sum, in_one_dtype
from course_lib.validation import Tensor, check_array, check_number, check_same_shape


def kl_per_unit(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL divergence of each unit's Gaussian from N(0, 1).

        KLⱼ = ½ [ exp(sⱼ) − 1 − sⱼ + mⱼ² ]

    As a function of s it has its one minimum at s = 0: this term is what keeps the variance
    from vanishing.

    Args:
        mean: m, floats of shape `(B, K)`, or of maps `(B, ..., K)`.
        log_variance: s = log σ², the same shape, held from −30 to 20 by `bounded_log_variance`.

    Returns:
        Nats, at least 0, in the shape of the mean.

    Raises:
        ValueError: if mean and log-variance do not fit, or NumPy values are not finite.

    Reference: Kingma and Welling, 2014, appendix B, https://arxiv.org/abs/1312.6114.

    Example:

    >>> kl = kl_per_unit(ops.array([[0.0, 2.0]]), ops.array([[0.0, 0.0]]))
    >>> print(ops.convert_to_numpy(kl))
    [[0. 2.]]
    """
    check_array("mean", mean, rank=range(2, 6))
    check_array("log_variance", log_variance)
    check_same_shape("log_variance", log_variance, "mean", mean)
    mean, log_variance = in_one_dtype(mean, log_variance)
    log_variance = bounded_log_variance(log_variance)
    # expm1, because exp(s) − 1 − s is near 0 where a unit is unused.
    return 0.5 * (ops.expm1(log_variance) - log_variance + ops.square(mean))


def kl_to_standard_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL divergence of each example's Gaussian from N(0, I).

        KL = ½ Σⱼ [ exp(sⱼ) − 1 − sⱼ + mⱼ² ]

    Args:
        mean: m, floats of shape `(B, K)`, or of maps `(B, ..., K)`.
        log_variance: s = log σ², the same shape, held from −30 to 20 by `bounded_log_variance`.

    Returns:
        Nats, at least 0, shape `(B,)`: summed over everything but the batch.

    Raises:
        ValueError: if mean and log-variance do not fit, or NumPy values are not finite.

    Reference: Kingma and Welling, 2014, appendix B, https://arxiv.org/abs/1312.6114.

    Example:

    >>> print(ops.convert_to_numpy(kl_to_standard_normal(ops.ones((1, 3)), ops.zeros((1, 3)))))
    [1.5]
    """
    return each_sum(kl_per_unit(mean, log_variance))


def rbf_kernel(x: Tensor, y: Tensor, width: float) -> Tensor:
    """Gaussian kernel between all pairs.

        k(x, y) = exp(−‖x − y‖² / 2w²)

    Args:
        x: floats of shape `(N, K)`.
        y: floats of shape `(M, K)`.
        width: w > 0.

    Returns:
        Floats in [0, 1], shape `(N, M)`.

    Raises:
        ValueError: if the columns differ, or the width is not positive.

    Reference: Gretton et al., 2012, https://jmlr.org/papers/v13/gretton12a.html.

    Example:

    >>> print(f"{float(rbf_kernel(ops.zeros((1, 2)), ops.ones((1, 2)), 1.0)[0, 0]):.4f}")  # 1/e
    0.3679
    """
    _check_pair(x, y, width)
    return ops.exp(-squared_distances(x, y) / (2 * width**2))


def imq_kernel(x: Tensor, y: Tensor, width: float) -> Tensor:
    """Inverse multiquadric kernel between all pairs: heavier tails than the Gaussian's.

        k(x, y) = w² / (w² + ‖x − y‖²)

    Args:
        x: floats of shape `(N, K)`.
        y: floats of shape `(M, K)`.
        width: w > 0.

    Returns:
        Floats in [0, 1], shape `(N, M)`.

    Raises:
        ValueError: if the columns differ, or the width is not positive.

    Reference: Tolstikhin et al., 2018, https://arxiv.org/abs/1711.01558.

    Example:

    >>> print(f"{float(imq_kernel(ops.zeros((1, 2)), ops.ones((1, 2)), 1.0)[0, 0]):.4f}")
    0.3333
    """
    _check_pair(x, y, width)
    return width**2 / (width**2 + squared_distances(x, y))


def mmd(
    x: Tensor,
    y: Tensor,
    kernel: Callable[[Tensor, Tensor, float], Tensor] = imq_kernel,
    width: float | None = None,
) -> Tensor:
    """Squared maximum mean discrepancy of two samples, without bias.

        MMD² = mean_{i≠j} k(xᵢ, xⱼ) + mean_{i≠j} k(yᵢ, yⱼ) − 2 mean_{i,j} k(xᵢ, yⱼ)

    Its expectation is 0 exactly when the distributions are equal; a sample's value may be
    below 0 then. Of one example, which may be an epoch's last batch, no pair can be made: the
    value is 0 then, and so is its gradient.

    Args:
        x: floats of shape `(N, K)`.
        y: floats of shape `(M, K)`.
        kernel: `rbf_kernel`, `imq_kernel`, or any function `(x, y, width) -> (N, M)`.
        width: of the kernel. By default √(2K), the root of the mean squared distance between
            two draws from N(0, I).

    Returns:
        A scalar.

    Raises:
        ValueError: if the columns differ, or the width is not positive.

    Reference: Gretton et al., 2012, equation (3), https://jmlr.org/papers/v13/gretton12a.html.

    Example:

    >>> import keras
    >>> a = keras.random.normal((500, 2), seed=1)
    >>> b = keras.random.normal((500, 2), seed=2)
    >>> abs(float(mmd(a, b))) < 0.01 < float(mmd(a, b + 1))
    True
    """
    _check_pair(x, y, width)
    width = (2 * x.shape[1]) ** 0.5 if width is None else width
    x, y = in_one_dtype(x, y)
    across = ops.mean(kernel(x, y, width))
    value = _mean_of_others(kernel(x, x, width)) + _mean_of_others(kernel(y, y, width)) - 2 * across
    pairs = ops.minimum(ops.shape(x)[0], ops.shape(y)[0]) > 1
    return ops.where(pairs, value, ops.zeros_like(value))


def _check_pair(x, y, width):
    for name, sample in (("x", x), ("y", y)):
        check_array(name, sample, rank=2)
    if x.shape[1] != y.shape[1]:
        raise ValueError(
            f"y must have the {x.shape[1]} columns of x, but its shape is {tuple(y.shape)}."
        )
    if width is not None:
        check_number("width", width, above=0)


def _mean_of_others(gram):
    n = ops.cast(ops.shape(gram)[0], gram.dtype)
    return (ops.sum(gram) - ops.trace(gram)) / (n * ops.maximum(n - 1, 1))
