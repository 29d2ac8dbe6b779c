"""Divergences between the distribution of codes and the prior N(0, I).

    KL     KL(N(m, diag exp s) ‖ N(0, I)) = ½ Σⱼ [ exp(sⱼ) − 1 − sⱼ + mⱼ² ],   s = log σ²
    MMD    MMD²(P, Q) = E k(x, x') + E k(y, y') − 2 E k(x, y),   x, x' ~ P,  y, y' ~ Q

Reference: Kingma and Welling, Auto-encoding variational Bayes, 2014, appendix B. Gretton,
Borgwardt, Rasch, Schölkopf and Smola, A kernel two-sample test, 2012. Tolstikhin, Bousquet,
Gelly and Schölkopf, Wasserstein auto-encoders, 2018.
"""

import keras
import numpy as np
from keras import ops

from course_lib.validation import check_array, check_same_shape


def kl_per_unit(mean, log_variance):
    """KL divergence of each unit's Gaussian from N(0, 1).

        KLⱼ = ½ [ exp(sⱼ) − 1 − sⱼ + mⱼ² ]

    As a function of s it has its one minimum at s = 0: this term is what keeps the variance
    from vanishing.

    Args:
        mean: m, floats of shape `(B, K)`.
        log_variance: s = log σ², the same shape.

    Returns:
        Nats, at least 0, shape `(B, K)`.

    Raises:
        ValueError: if mean and log-variance do not fit, or NumPy values are not finite.

    Reference: Kingma and Welling, 2014, appendix B.

    Example:

    >>> kl = kl_per_unit(ops.array([[0.0, 2.0]]), ops.array([[0.0, 0.0]]))
    >>> print(ops.convert_to_numpy(kl))
    [[0. 2.]]
    """
    check_array("mean", mean, rank=2)
    check_array("log_variance", log_variance, rank=2)
    check_same_shape("log_variance", log_variance, "mean", mean)
    dtype = keras.backend.result_type(mean.dtype, "float32")
    mean, log_variance = (ops.convert_to_tensor(v, dtype) for v in (mean, log_variance))
    # expm1, because exp(s) − 1 − s is near 0 where a unit is unused.
    return 0.5 * (ops.expm1(log_variance) - log_variance + ops.square(mean))


def kl_to_standard_normal(mean, log_variance):
    """KL divergence of each example's Gaussian from N(0, I).

        KL = ½ Σⱼ [ exp(sⱼ) − 1 − sⱼ + mⱼ² ]

    Args:
        mean: m, floats of shape `(B, K)`.
        log_variance: s = log σ², the same shape.

    Returns:
        Nats, at least 0, shape `(B,)`.

    Raises:
        ValueError: if mean and log-variance do not fit, or NumPy values are not finite.

    Reference: Kingma and Welling, 2014, appendix B.

    Example:

    >>> print(ops.convert_to_numpy(kl_to_standard_normal(ops.ones((1, 3)), ops.zeros((1, 3)))))
    [1.5]
    """
    return ops.sum(kl_per_unit(mean, log_variance), axis=1)


def rbf_kernel(x, y, width):
    """Gaussian kernel between all pairs.

        k(x, y) = exp(−‖x − y‖² / 2w²)

    Args:
        x: floats of shape `(N, K)`.
        y: floats of shape `(M, K)`.
        width: w > 0.

    Returns:
        Floats in [0, 1], shape `(N, M)`.

    Reference: Gretton et al., 2012.

    Example:

    >>> print(f"{float(rbf_kernel(ops.zeros((1, 2)), ops.ones((1, 2)), 1.0)[0, 0]):.4f}")  # 1/e
    0.3679
    """
    return ops.exp(-_square_distances(x, y) / (2 * width**2))


def imq_kernel(x, y, width):
    """Inverse multiquadric kernel between all pairs: heavier tails than the Gaussian's.

        k(x, y) = w² / (w² + ‖x − y‖²)

    Args:
        x: floats of shape `(N, K)`.
        y: floats of shape `(M, K)`.
        width: w > 0.

    Returns:
        Floats in [0, 1], shape `(N, M)`.

    Reference: Tolstikhin et al., 2018.

    Example:

    >>> print(f"{float(imq_kernel(ops.zeros((1, 2)), ops.ones((1, 2)), 1.0)[0, 0]):.4f}")
    0.3333
    """
    return width**2 / (width**2 + _square_distances(x, y))


def mmd(x, y, kernel=imq_kernel, width=None):
    """Squared maximum mean discrepancy of two samples, without bias.

        MMD² = mean_{i≠j} k(xᵢ, xⱼ) + mean_{i≠j} k(yᵢ, yⱼ) − 2 mean_{i,j} k(xᵢ, yⱼ)

    Its expectation is 0 exactly when the distributions are equal; a sample's value may be
    below 0 then.

    Args:
        x: floats of shape `(N, K)`, N at least 2.
        y: floats of shape `(M, K)`, M at least 2.
        kernel: `rbf_kernel`, `imq_kernel`, or any function `(x, y, width) -> (N, M)`.
        width: of the kernel. By default √(2K), the root of the mean squared distance between
            two draws from N(0, I).

    Returns:
        A scalar.

    Raises:
        ValueError: if a NumPy sample has fewer than two rows, or the columns differ.

    Reference: Gretton et al., 2012, equation (3).

    Example:

    >>> a = keras.random.normal((500, 2), seed=1)
    >>> b = keras.random.normal((500, 2), seed=2)
    >>> abs(float(mmd(a, b))) < 0.01 < float(mmd(a, b + 1))
    True
    """
    for name, sample in (("x", x), ("y", y)):
        check_array(name, sample, rank=2)
        # A tensor of one example may be the last batch of an epoch.
        if isinstance(sample, np.ndarray) and len(sample) == 1:
            raise ValueError(f"{name} must hold two examples or more, but holds 1.")
    if x.shape[1] != y.shape[1]:
        raise ValueError(
            f"y must have the {x.shape[1]} columns of x, but its shape is {tuple(y.shape)}."
        )
    width = (2 * x.shape[1]) ** 0.5 if width is None else width
    x, y = ops.convert_to_tensor(x), ops.convert_to_tensor(y)
    across = ops.mean(kernel(x, y, width))
    return _mean_of_others(kernel(x, x, width)) + _mean_of_others(kernel(y, y, width)) - 2 * across


def _mean_of_others(gram):
    n = ops.cast(ops.shape(gram)[0], gram.dtype)
    return (ops.sum(gram) - ops.trace(gram)) / (n * ops.maximum(n - 1, 1))


def _square_distances(x, y):
    dots = ops.matmul(x, ops.transpose(y))
    squares = ops.sum(x * x, 1)[:, None] + ops.sum(y * y, 1)[None, :]
    return ops.maximum(squares - 2 * dots, 0)
