"""Codes by gradient descent: of all codes of an example, one that costs little, whatever the cost.

    z*(x) ≈ argmin_z E(z; x),   by Adam on z, from a start:

    m ← β₁m + (1 − β₁)g,   v ← β₂v + (1 − β₂)g²,   g = ∂E/∂z
    z ← z − η √(1 − β₂ᵗ)/(1 − β₁ᵗ) · m / (√v + ε)

A decoder that came without an encoder is inverted like this, hundreds of steps for each example.

Reference: Schlegl, Seeböck, Waldstein, Schmidt-Erfurth and Langs, Unsupervised anomaly detection
    with generative adversarial networks to guide marker discovery, 2017,
    https://arxiv.org/abs/1703.05921. Kingma and Ba, Adam: a method for stochastic optimization,
    2015, https://arxiv.org/abs/1412.6980.
"""

from collections.abc import Callable

from keras import ops

from course_lib.autodiff import gradient
from course_lib.validation import Tensor, check_array, check_number, check_whole

FIRST, SECOND, EPSILON = 0.9, 0.999, 1e-7  # β₁, β₂ and ε of Adam


def descend(
    energy: Callable[[Tensor], Tensor],
    start: Tensor,
    steps: int | Tensor = 500,
    rate: float | Tensor = 0.01,
) -> tuple[Tensor, Tensor]:
    """Codes after so many steps of Adam, and what they cost; usable in a compiled function.

    Each example takes its own way, whatever else is in its batch.

    Args:
        energy: callable from codes to shape `(B,)`, each value depending on its own example only.
        start: codes to start from, floats of shape `(B, ...)`.
        steps: how many, a number of at least 1 or a scalar tensor.
        rate: η, a positive number or a scalar tensor.

    Returns:
        Codes in the shape of `start`, and their energies, shape `(B,)`.

    Raises:
        ValueError: if start is not floats, the energy has another shape, or a number is out of
            range.

    Reference: Kingma and Ba, 2015, algorithm 1, https://arxiv.org/abs/1412.6980.

    Example:

    >>> far = lambda z: ops.sum(ops.square(z - 3.0), axis=-1)
    >>> z, energy = descend(far, ops.zeros((1, 1)), steps=500, rate=0.1)
    >>> print(f"{float(z[0, 0]):.2f} {float(energy[0]):.2f}")
    3.00 0.00
    """
    check_array("start", start)
    steps = steps if ops.is_tensor(steps) else check_whole("steps", steps, low=1)
    rate = rate if ops.is_tensor(rate) else check_number("rate", rate, above=0)
    start = ops.convert_to_tensor(start)

    def move(t, state):
        z, mean, square = state
        # PyTorch would keep the way of all steps before.
        slope = ops.stop_gradient(gradient(energy, z)[1])
        mean = FIRST * mean + (1 - FIRST) * slope
        square = SECOND * square + (1 - SECOND) * ops.square(slope)
        t = ops.cast(t + 1, z.dtype)
        length = rate * ops.sqrt(1 - SECOND**t) / (1 - FIRST**t)
        z = z - ops.cast(length, z.dtype) * mean / (ops.sqrt(square) + EPSILON)
        return ops.stop_gradient(z), mean, square

    state = start, ops.zeros_like(start), ops.zeros_like(start)
    z = ops.fori_loop(0, steps, move, state)[0]
    return z, ops.stop_gradient(energy(z))
