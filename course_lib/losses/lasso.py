"""The lasso: what a code costs, and how far that is from the least it can cost.

    E(x, h) = ‖x − hD‖² + λ‖h‖₁ [+ γ‖h − f‖²]

The rows of D are the dictionary's atoms. scikit-learn's lasso has ½‖x − hD‖² + α‖h‖₁: the same
minimum at α = λ/2.

Reference: Tibshirani, Regression shrinkage and selection via the lasso, 1996. Fercoq, Gramfort
and Salmon, Mind the duality gap: safer rules for the lasso, 2015.
"""

import math
import numbers

import keras
from keras import ops

from course_lib.validation import check_array


def lasso_objective(x, codes, dictionary, sparsity):
    """Energy of each code.

        E = ‖x − hD‖² + λ‖h‖₁

    Args:
        x: data, floats of shape `(N, D)`.
        codes: h, `(N, K)`.
        dictionary: atoms, `(K, D)`.
        sparsity: λ ≥ 0.

    Returns:
        A tensor of shape `(N,)`.

    Raises:
        ValueError: if the shapes do not fit, or NumPy values are not finite.

    Example:

    >>> import numpy as np
    >>> x, h = np.array([[3.0, 0.0]]), np.array([[2.0, 0.0]])
    >>> float(lasso_objective(x, h, np.eye(2), 0.5)[0])
    2.0
    """
    check_coding(x, dictionary, sparsity, codes=codes)
    dtype = keras.backend.result_type(x.dtype, "float32")
    x, codes, dictionary = (ops.cast(v, dtype) for v in (x, codes, dictionary))
    rest = x - ops.matmul(codes, dictionary)
    return ops.sum(ops.square(rest), axis=1) + sparsity * ops.sum(ops.abs(codes), axis=1)


def duality_gap(x, h, prediction, D, sparsity, pull):
    """An upper bound on how far each energy is from its minimum, and the energy itself.

        G = E(h) − max_{s ≤ 1} [ 2s xᵀr + 2sγ fᵀ(f − h) − s²(‖r‖² + γ‖f − h‖²) ],   r = x − hD

    with the one s that makes 2sr feasible for the dual problem. G is 0 at the minimum.

    Args:
        x: data, a tensor of shape `(B, D)`.
        h: codes, `(B, K)`.
        prediction: f, `(B, K)`.
        D: the dictionary's atoms, `(K, D)`.
        sparsity: λ ≥ 0.
        pull: γ ≥ 0.

    Returns:
        G and E, each of shape `(B,)`.

    Reference: Fercoq, Gramfort and Salmon, 2015.

    Example:

    >>> x, h, D = ops.array([[3.0, 0.0]]), ops.array([[2.0, 0.0]]), ops.eye(2)
    >>> gap, energy = duality_gap(x, h, h, D, sparsity=2.0, pull=0.0)
    >>> float(gap[0]), float(energy[0])  # the threshold is λ/2 = 1: h is optimal
    (0.0, 5.0)
    """
    x, h, prediction, D = (ops.convert_to_tensor(v) for v in (x, h, prediction, D))
    rest, away = x - ops.matmul(h, D), prediction - h
    squares = ops.sum(ops.square(rest), 1) + pull * ops.sum(ops.square(away), 1)
    energy = squares + sparsity * ops.sum(ops.abs(h), 1)
    slope = ops.matmul(rest, ops.transpose(D)) + pull * away
    steepest = ops.max(ops.abs(slope), axis=1)
    # Shrunk until it is feasible, twice the rest is a point of the dual problem.
    scale = ops.minimum(1.0, sparsity / (2 * ops.maximum(steepest, 1e-30)))
    data = ops.sum(x * rest, 1) + pull * ops.sum(prediction * away, 1)
    return energy - 2 * scale * data + ops.square(scale) * squares, energy


def check_coding(x, dictionary, sparsity, **codes):
    """Raise `ValueError` unless data, dictionary, λ and any codes fit each other."""
    check_array("x", x, rank=2)
    check_array("dictionary", dictionary, rank=2)
    if x.shape[1] != dictionary.shape[1]:
        raise ValueError(
            f"dictionary must have atoms of the {x.shape[1]} features of x, but its shape is "
            f"{tuple(dictionary.shape)}."
        )
    if not (isinstance(sparsity, numbers.Real) and 0 <= sparsity < math.inf):
        raise ValueError(f"sparsity must be a finite number of at least 0, but is {sparsity!r}.")
    for name, value in codes.items():
        if value is not None:
            check_array(name, value, rank=2)
            wanted = (x.shape[0], dictionary.shape[0])
            if tuple(value.shape) != wanted:
                raise ValueError(
                    f"{name} must have the shape {wanted} of the codes, but has "
                    f"{tuple(value.shape)}."
                )
