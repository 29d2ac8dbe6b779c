"""The lasso: what a code costs, and how far that is from the least it can cost.

    E(x, h) = ‖x − hD‖² + λ‖h‖₁ [+ γ‖h − f‖²]

The rows of D are the dictionary's atoms. scikit-learn's lasso has ½‖x − hD‖² + α‖h‖₁: the same
minimum at α = λ/2.

A dictionary of filters is such a matrix too, with every filter at every place for its rows:

    hD = Σₖ hₖ * Dₖ,    (xDᵀ)ₖ = x ⋆ Dₖ    (convolution and correlation, zeros around the image)

Reference: Tibshirani, Regression shrinkage and selection via the lasso, 1996,
    https://doi.org/10.1111/j.2517-6161.1996.tb02080.x. Zeiler, Krishnan, Taylor and Fergus,
    Deconvolutional networks, 2010 (filters), https://doi.org/10.1109/CVPR.2010.5539957. Fercoq,
    Gramfort and Salmon, Mind the duality gap: safer rules for the lasso, 2015,
    https://arxiv.org/abs/1505.03410.
"""

from keras import ops

from course_lib.losses.sums import each_sum, in_one_dtype
from course_lib.validation import Tensor, check_array, check_number


def lasso_objective(x: Tensor, codes: Tensor, dictionary: Tensor, sparsity: float) -> Tensor:
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


def synthesis(codes: Tensor, dictionary: Tensor) -> Tensor:
    """What codes stand for: the sum of their atoms.

        hD,  or  Σₖ hₖ * Dₖ

    Args:
        codes: h, floats of shape `(B, K)`, or maps `(B, H, W, K)`.
        dictionary: atoms, `(K, D)`, or filters `(K, k, k, C)`.

    Returns:
        A tensor of shape `(B, D)`, or images `(B, H, W, C)`.

    Reference: Zeiler et al., 2010, https://doi.org/10.1109/CVPR.2010.5539957.

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


def analysis(x: Tensor, dictionary: Tensor) -> Tensor:
    """How well each atom fits data: the adjoint of `synthesis`.

        xDᵀ,  or  x ⋆ Dₖ for each k

    Args:
        x: data, floats of shape `(B, D)`, or images `(B, H, W, C)`.
        dictionary: atoms, `(K, D)`, or filters `(K, k, k, C)`.

    Returns:
        A tensor of shape `(B, K)`, or maps `(B, H, W, K)`.

    Reference: Zeiler et al., 2010, https://doi.org/10.1109/CVPR.2010.5539957.

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


def duality_gap(
    x: Tensor,
    codes: Tensor,
    dictionary: Tensor,
    sparsity: float,
    prediction: Tensor | None = None,
    pull: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """An upper bound on how far each energy is from its minimum, and the energy itself.

        G = E(h) − max_{s ≤ 1} [ 2s xᵀr + 2sγ fᵀ(f − h) − s²(‖r‖² + γ‖f − h‖²) ],   r = x − hD

    with the one s that makes 2sr feasible for the dual problem. G is 0 at the minimum.

    Args:
        x: data, a tensor of shape `(B, D)`, or images `(B, H, W, C)`.
        codes: h, `(B, K)`, or maps `(B, H, W, K)`.
        dictionary: atoms, `(K, D)`, or filters `(K, k, k, C)`.
        sparsity: λ ≥ 0, a number or a scalar tensor.
        prediction: f, in the shape of the codes; by default 0.
        pull: γ ≥ 0, a number or a scalar tensor.

    Returns:
        G and E, each of shape `(B,)`.

    Raises:
        ValueError: if the shapes do not fit, or NumPy values are not finite.

    Reference: Fercoq, Gramfort and Salmon, 2015, https://arxiv.org/abs/1505.03410.

    Example:

    >>> x, h = ops.array([[3.0, 0.0]]), ops.array([[2.0, 0.0]])
    >>> gap, energy = duality_gap(x, h, ops.eye(2), sparsity=2.0)
    >>> float(gap[0]), float(energy[0])  # the threshold is λ/2 = 1: h is optimal
    (0.0, 5.0)
    """
    check_coding(x, dictionary, sparsity, codes=codes, prediction=prediction)
    prediction = ops.zeros_like(codes) if prediction is None else prediction
    x, h, prediction, D = in_one_dtype(x, codes, prediction, dictionary)
    rest, away = x - synthesis(h, D), prediction - h
    squares = each_sum(ops.square(rest)) + pull * each_sum(ops.square(away))
    energy = squares + sparsity * each_sum(ops.abs(h))
    slope = analysis(rest, D) + pull * away
    steepest = ops.max(ops.abs(slope), axis=tuple(range(1, len(slope.shape))))
    # Shrunk until it is feasible, twice the rest is a point of the dual problem.
    scale = ops.minimum(1.0, sparsity / (2 * ops.maximum(steepest, 1e-30)))
    data = each_sum(x * rest) + pull * each_sum(prediction * away)
    return energy - 2 * scale * data + ops.square(scale) * squares, energy


def check_coding(x: Tensor, dictionary: Tensor, sparsity: float, **codes: Tensor | None) -> None:
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
    if not ops.is_tensor(sparsity):
        check_number("sparsity", sparsity, low=0)
    for name, value in codes.items():
        if value is not None:
            check_array(name, value, rank=rank)
            wanted = (*x.shape[:-1], dictionary.shape[0])
            known = zip(value.shape, wanted, strict=True)
            if any(None not in pair and pair[0] != pair[1] for pair in known):
                raise ValueError(
                    f"{name} must have the shape {wanted} of the codes, but has "
                    f"{tuple(value.shape)}."
                )
