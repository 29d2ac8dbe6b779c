"""How far a dictionary can stretch a code, from just above: σ² = max_h ‖hD‖² / ‖h‖².

    matrix         σ² = λ(DDᵀ) ≤ ‖(DDᵀ)ⁿ‖^(1/n)      λ: largest eigenvalue, ‖·‖: Frobenius norm
    convolution    σ² ≤ max_ω λ(D̂(ω)D̂(ω)ᴴ),   D̂(ω) = Σᵤ D(u) e^(−iωu), a K × C matrix for each ω

A convolution that wraps around the image is diagonal in ω. One with zeros around the image is a
part of one that wraps around an image half a filter larger, and so stretches no more.

Reference: Golub and Van Loan, Matrix computations, 2013, section 7.3,
    https://www.press.jhu.edu/books/title/10678/matrix-computations. Sedghi, Gupta and Long, The
    singular values of convolutional layers, 2019, https://arxiv.org/abs/1805.10408.
"""

import math

import keras
import numpy as np
from keras import ops

from course_lib.losses.sums import at_least_float32
from course_lib.validation import Tensor


def stretch_bound(dictionary: Tensor, plane: tuple[int, ...] = (), doublings: int = 5) -> Tensor:
    """A number just above σ², in a few products.

    The Frobenius norm of the n-th power is at least the n-th power of the largest eigenvalue,
    and its n-th root comes down to that eigenvalue as n doubles.

    Args:
        dictionary: atoms, a tensor of shape `(K, D)`, or filters `(K, k, k, C)`.
        plane: rows and columns of the images, for filters.
        doublings: n is 2 to this power.

    Returns:
        A scalar tensor; 0 for a dictionary of zeros.

    Reference: Sedghi, Gupta and Long, 2019, https://arxiv.org/abs/1805.10408.

    Example:

    >>> round(float(stretch_bound(ops.array([[3.0, 4.0]]))), 4)
    25.0
    """
    dictionary = at_least_float32(dictionary)
    D, copies = dictionary, 1
    if len(dictionary.shape) == 4:
        # Each complex number as two rows and columns of real ones, and so each eigenvalue twice.
        D, copies = _transfer(dictionary, plane), 2
    across = ops.swapaxes(D, -1, -2)
    wide = D.shape[-2] > D.shape[-1]
    power = ops.matmul(across, D) if wide else ops.matmul(D, across)
    logarithm = ops.zeros((), D.dtype)
    for _ in range(doublings + 1):
        norm = ops.sqrt(ops.max(ops.sum(ops.square(power), axis=(-2, -1))) / copies)
        norm = ops.maximum(norm, 1e-30)  # of nothing but zeros
        logarithm = logarithm + ops.log(norm)
        last, power = logarithm, power / norm
        power, logarithm = ops.matmul(power, power), 2 * logarithm
    return ops.exp(last / 2**doublings)


def _transfer(filters, plane):
    """D̂ at each frequency of the larger image, `(frequencies, 2K, 2C)`: the real form of K × C."""
    K, *sizes, C = filters.shape
    waves = []
    for n, k in zip(plane, sizes, strict=True):
        around = n + k // 2
        waves.append(np.exp(-2j * np.pi * np.outer(np.arange(around), np.arange(k)) / around))
    # Of filters that are real, the frequencies −ω say what ω said.
    waves = np.kron(waves[0][: len(waves[0]) // 2 + 1], waves[1])
    dtype = keras.backend.standardize_dtype(filters.dtype)
    atoms = ops.reshape(filters, (K, math.prod(sizes), C))
    real, imaginary = (
        ops.einsum("fu,kuc->fkc", ops.convert_to_tensor(part, dtype), atoms)
        for part in (waves.real, waves.imag)
    )
    upper = ops.concatenate([real, -imaginary], axis=-1)
    return ops.concatenate([upper, ops.concatenate([imaginary, real], axis=-1)], axis=-2)


square_bound = stretch_bound
