"""The lasso: what a code costs, and how far that is from the least it can cost.

    E(x, h) = ‖x − hD‖² + λ‖h‖₁ [+ γ‖h − f‖²]

The rows of D are the dictionary's atoms. scikit-learn's lasso has ½‖x − hD‖² + α‖h‖₁: the same
minimum at α = λ/2.

A dictionary of filters is such a matrix too, with every filter at every place for its rows:

    hD = Σₖ hₖ * Dₖ,    (xDᵀ)ₖ = x ⋆ Dₖ    (convolution and correlation, zeros around the image)

Reference: Tibshirani, Regression shrinkage and selection via the lasso, 1996. Zeiler, Krishnan,
Taylor and Fergus, Deconvolutional networks, 2010 (filters). Fercoq, Gramfort and Salmon, Mind the
duality gap: safer rules for the lasso, 2015.
"""

from keras import ops

from course_lib.losses.sums import each_sum, in_one_dtype
from course_lib.validation import check_array, check_number


def lasso_objective(x, codes, dictionary, sparsity):
    """Energy of each code.

        E = ‖x − hD‖² + λ‖h‖₁

    Args:
        x: data, floats of shape `(N, D)`, or images `(N, H, W, C)`.
        codes: h, `(N, K)`, or maps `(N, H, W, K)`.
        dictionary: atoms, `(K, D)`, or filters `(K, k, k, C)`.
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
    x, codes, dictionary = in_one_dtype(x, codes, dictionary)
    rest = x - synthesis(codes, dictionary)
    return each_sum(ops.square(rest)) + sparsity * each_sum(ops.abs(codes))


def synthesis(codes, dictionary):
    """What codes stand for: the sum of their atoms.

        hD,  or  Σₖ hₖ * Dₖ

    Args:
        codes: h, floats of shape `(B, K)`, or maps `(B, H, W, K)`.
        dictionary: atoms, `(K, D)`, or filters `(K, k, k, C)`.

    Returns:
        A tensor of shape `(B, D)`, or images `(B, H, W, C)`.

    Reference: Zeiler et al., 2010.

    Example:

    >>> import numpy as np
    >>> image = synthesis(ops.ones((1, 1, 3, 1)), np.array([[[[1.0], [2.0], [4.0]]]], "float32"))
    >>> print(ops.convert_to_numpy(image)[0, 0, :, 0])
    [3. 7. 6.]
    """
    if len(dictionary.shape) == 2:
        return ops.matmul(codes, dictionary)
    kernel = ops.transpose(dictionary, (1, 2, 3, 0))
    return ops.conv_transpose(codes, kernel, 1, "same", data_format="channels_last")


def analysis(x, dictionary):
    """How well each atom fits data: the adjoint of `synthesis`.

        xDᵀ,  or  x ⋆ Dₖ for each k

    Args:
        x: data, floats of shape `(B, D)`, or images `(B, H, W, C)`.
        dictionary: atoms, `(K, D)`, or filters `(K, k, k, C)`.

    Returns:
        A tensor of shape `(B, K)`, or maps `(B, H, W, K)`.

    Reference: Zeiler et al., 2010.

    Example:

    >>> import numpy as np
    >>> maps = analysis(ops.ones((1, 1, 3, 1)), np.array([[[[1.0], [2.0], [4.0]]]], "float32"))
    >>> print(ops.convert_to_numpy(maps)[0, 0, :, 0])
    [6. 7. 3.]
    """
    if len(dictionary.shape) == 2:
        return ops.matmul(x, ops.transpose(dictionary))
    kernel = ops.transpose(dictionary, (1, 2, 3, 0))
    return ops.conv(x, kernel, 1, "same", data_format="channels_last")


def duality_gap(x, h, prediction, D, sparsity, pull):
    """An upper bound on how far each energy is from its minimum, and the energy itself.

        G = E(h) − max_{s ≤ 1} [ 2s xᵀr + 2sγ fᵀ(f − h) − s²(‖r‖² + γ‖f − h‖²) ],   r = x − hD

    with the one s that makes 2sr feasible for the dual problem. G is 0 at the minimum.

    Args:
        x: data, a tensor of shape `(B, D)`, or images `(B, H, W, C)`.
        h: codes, `(B, K)`, or maps `(B, H, W, K)`.
        prediction: f, in the shape of h.
        D: the dictionary's atoms, `(K, D)`, or filters `(K, k, k, C)`.
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
    rest, away = x - synthesis(h, D), prediction - h
    squares = each_sum(ops.square(rest)) + pull * each_sum(ops.square(away))
    energy = squares + sparsity * each_sum(ops.abs(h))
    slope = analysis(rest, D) + pull * away
    steepest = ops.max(ops.abs(slope), axis=tuple(range(1, len(slope.shape))))
    # Shrunk until it is feasible, twice the rest is a point of the dual problem.
    scale = ops.minimum(1.0, sparsity / (2 * ops.maximum(steepest, 1e-30)))
    data = each_sum(x * rest) + pull * each_sum(prediction * away)
    return energy - 2 * scale * data + ops.square(scale) * squares, energy


def check_coding(x, dictionary, sparsity, **codes):
    """Raise `ValueError` unless data, dictionary, λ and any codes fit each other."""
    check_array("dictionary", dictionary, rank=(2, 4))
    rank = len(dictionary.shape)
    check_array("x", x, rank=rank)
    if x.shape[-1] != dictionary.shape[-1]:
        atoms, features = ("atoms", "features") if rank == 2 else ("filters", "channels")
        raise ValueError(
            f"dictionary must have {atoms} of the {x.shape[-1]} {features} of x, but its shape is "
            f"{tuple(dictionary.shape)}."
        )
    check_number("sparsity", sparsity, low=0)
    for name, value in codes.items():
        if value is not None:
            check_array(name, value, rank=rank)
            wanted = (*x.shape[:-1], dictionary.shape[0])
            if tuple(value.shape) != wanted:
                raise ValueError(
                    f"{name} must have the shape {wanted} of the codes, but has "
                    f"{tuple(value.shape)}."
                )
