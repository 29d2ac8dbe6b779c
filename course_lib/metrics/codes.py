"""What a code is like, in numbers that do not change when the code is scaled.

    sensitivity   √( E‖J(x)‖²_F · tr Cov(x)/D  /  tr Cov(f(x)) ),   J = ∂f/∂x
    activity      mean over units of (E|hⱼ|)² / E hⱼ²

‖J‖_F and ‖h‖₁ themselves are as small as anyone likes them to be: halve the encoder and let the
decoder double what it gets.

Reference: Rifai, Vincent, Muller, Glorot and Bengio, Contractive auto-encoders, 2011,
    https://icml.cc/2011/papers/455_icmlpaper.pdf. Treves and Rolls, What determines the capacity of
    autoassociative memories in the brain?, 1991, https://doi.org/10.1088/0954-898X_2_4_004.
"""

from collections.abc import Callable

import numpy as np

from course_lib.autodiff import vjp
from course_lib.metrics.arrays import floats
from course_lib.validation import Tensor, check_number, check_whole


def sensitivity(
    encode: Callable[[Tensor], Tensor], x: Tensor, seed: int = 0, probes: int = 1
) -> float:
    """How much a code answers to noise, as a share of what it answers to data.

        √( σ² E‖J(x)‖²_F / tr Cov(f(x)) ),   σ² = tr Cov(x)/D

    White noise of the data's own mean variance σ² would move the code that far, were the
    encoder as steep everywhere as it is at x. A code that takes noise and data alike, as a
    random projection does, has 1; one that follows the data and little else has less.
    ‖J‖² is estimated with random signs, without bias.

    Args:
        encode: callable from data `(N, D)` to codes `(N, K)`, no example depending on another.
        x: floats of shape `(N, D)`, at least two.
        seed: whole number that fixes the signs.
        probes: how many signs for each example, at least 1.

    Returns:
        A float of at least 0; 1 for the data themselves.

    Raises:
        ValueError: if x does not fit, or all codes are the same.

    Reference: Rifai et al., 2011, https://icml.cc/2011/papers/455_icmlpaper.pdf. Hutchinson, A
        stochastic estimator of the trace of the influence matrix, 1990,
        https://doi.org/10.1080/03610919008812866.

    Example:

    >>> x = np.random.default_rng(0).normal(size=(100, 6)).astype("float32")
    >>> print(f"{sensitivity(lambda x: 10 * x, x):.3f}")
    1.000
    """
    x = floats("x", x, rank=2)
    seed, probes = check_whole("seed", seed, low=0), check_whole("probes", probes, low=1)
    codes = floats("codes", encode(x), rank=2)
    spread = codes.var(axis=0, dtype="float64").sum()
    if not spread > 0:
        raise ValueError("encode must return codes that differ, but all are the same.")
    rng, total = np.random.default_rng(seed), 0.0
    for _ in range(probes):
        signs = rng.choice([-1.0, 1.0], codes.shape).astype(codes.dtype)
        pulled = floats("the gradient of encode", vjp(encode, x, signs)[1])
        total += (pulled.astype("float64") ** 2).sum(axis=1).mean()
    return float(np.sqrt(total / probes * x.var(axis=0, dtype="float64").mean() / spread))


def activity(codes: Tensor, least: float = 0.01) -> tuple[float, int]:
    """For which share of the data a unit is at work, on average over the units in use.

        mean over j of (E|hⱼ|)² / E hⱼ²

    For a unit that is 0 except for a share p of the data, where it has one value, this is p; for
    a Gaussian unit of mean 0 it is 2/π. Scaling a unit changes nothing.

    Args:
        codes: floats of shape `(N, K)`.
        least: a unit is in use if its variance is above this share of the units' mean variance;
            from 0 to below 1.

    Returns:
        The activity, a float in (0, 1], and the number of units in use.

    Raises:
        ValueError: if codes do not fit, or none is in use.

    Reference: Treves and Rolls, 1991, https://doi.org/10.1088/0954-898X_2_4_004; as a measure of
        single units Vinje and Gallant, Sparse coding and decorrelation in primary visual cortex
        during natural vision, 2000, https://doi.org/10.1126/science.287.5456.1273.

    Example:

    >>> codes = np.zeros((100, 3))
    >>> codes[:20, 0], codes[:40, 1] = 5.0, -0.1  # one in five, two in five, and one never
    >>> share, units = activity(codes, least=0)
    >>> print(f"{share:.2f} of {units}")
    0.30 of 2
    """
    h = floats("codes", codes, rank=2).astype("float64")
    least = check_number("least", least, low=0, below=1)
    variances = h.var(axis=0)
    in_use = variances > least * variances.mean()
    if not in_use.any():
        raise ValueError("codes must differ in one unit at least, but all are the same.")
    h = h[:, in_use]
    return float((np.abs(h).mean(axis=0) ** 2 / (h**2).mean(axis=0)).mean()), int(in_use.sum())
