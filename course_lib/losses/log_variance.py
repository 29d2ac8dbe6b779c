"""What a network says of a Gaussian's variance: its logarithm, held where its exponential is sound.

    s = log σ²,    s ← min(max(s, −30), 20)

Reference: Rombach, Blattmann, Lorenz, Esser and Ommer, High-resolution image synthesis with latent
    diffusion models, 2022, https://arxiv.org/abs/2112.10752.
"""

from keras import ops

from course_lib.validation import Tensor

LOWEST, HIGHEST = -30.0, 20.0


def bounded_log_variance(log_variance: Tensor) -> Tensor:
    """A log-variance whose exponential neither overflows nor vanishes.

        s ← min(max(s, −30), 20)

    Standard deviations then lie between 3e−7 and 22,026, and so fit into every format but
    float16, which rounds the smallest to 0. Outside, the gradient is zero: what a network says
    there has no more consequences, and no less.

    Args:
        log_variance: s = log σ², floats of any shape.

    Returns:
        The same shape and dtype. NaN stays NaN.

    Reference: Rombach, Blattmann, Lorenz, Esser and Ommer, High-resolution image synthesis with
        latent diffusion models, 2022, whose code bounds it so, https://arxiv.org/abs/2112.10752.

    Example:

    >>> print(ops.convert_to_numpy(bounded_log_variance(ops.array([-99.0, 1.0, 99.0]))))
    [-30.   1.  20.]
    """
    return ops.clip(log_variance, LOWEST, HIGHEST)
