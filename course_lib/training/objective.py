"""Terms to one loss: the only place where they are summed.

    L = mean_b( w_b Σ_t λ_t L_t(b) ) + Σ_r penalty_r

L_t(b) is term t of example b, λ_t its price, w_b the weight of the example. Penalties are those
that layers ask for themselves.
"""

from collections.abc import Mapping, Sequence

from keras import ops

from course_lib.losses.sums import at_least_float32
from course_lib.validation import Tensor


def objective(
    terms: Mapping[str, Tensor],
    weights: Mapping[str, float | Tensor],
    sample_weight: Tensor | None = None,
    penalties: Sequence[Tensor] = (),
) -> tuple[Tensor, dict[str, Tensor]]:
    """One loss from terms, prices, weights of examples and penalties.

        L = mean_b( w_b Σ_t λ_t L_t(b) ) + Σ_r penalty_r

    Everything is computed in single precision at least.

    Args:
        terms: L, `{name: (B,)}`, one value an example.
        weights: λ, `{name: number}`, for exactly these names.
        sample_weight: w, `(B,)` or `(B, 1)`; `None` for 1 each.
        penalties: scalars that are added as they are.

    Returns:
        L, a scalar; and `{name: mean_b(w_b L_t(b))}`, what logs show.

    Raises:
        ValueError: if names differ, or a term or the weights are not one value an example.

    Example:

    >>> terms = {"a": ops.array([1.0, 3.0]), "b": ops.array([2.0, 2.0])}
    >>> loss, logs = objective(terms, {"a": 1.0, "b": 0.5}, penalties=[ops.array(10.0)])
    >>> float(loss), float(logs["a"])
    (13.0, 2.0)
    """
    if set(terms) != set(weights):
        raise ValueError(
            f"terms and weights must have the same names, but the terms are {sorted(terms)} "
            f"and the weights those of {sorted(weights)}."
        )
    values = {name: _weighted(name, terms[name], sample_weight) for name in weights}
    parts = [weights[name] * value for name, value in values.items()]
    double = any(at_least_float32(part.dtype) == "float64" for part in (*parts, *penalties))
    dtype = "float64" if double else "float32"
    # One mean of the sum, and not a sum of means: one way back for the gradient.
    loss = ops.mean(sum(ops.cast(part, dtype) for part in parts))
    loss = sum((ops.cast(penalty, dtype) for penalty in penalties), start=loss)
    return loss, {name: ops.mean(value) for name, value in values.items()}


def _weighted(name, values, sample_weight):
    if len(values.shape) != 1:
        raise ValueError(
            f"{name} must hold one value an example, shape (B,), but its shape is "
            f"{tuple(values.shape)}."
        )
    values = at_least_float32(values)
    return values if sample_weight is None else values * one_an_example(sample_weight, values)


def one_an_example(sample_weight: Tensor, values: Tensor) -> Tensor:
    """Weights `(B,)` or `(B, 1)` in the shape and dtype of values `(B,)`."""
    # A step that TensorFlow has traced for both forms knows the rank of neither.
    known = getattr(sample_weight.shape, "rank", 0) is not None
    shape, size = tuple(sample_weight.shape) if known else (None,), values.shape[0]
    fits = None in (*shape[:1], size) or shape[:1] == (size,)
    if not (fits and shape[1:] in ((), (1,)) and shape):
        raise ValueError(
            f"sample_weight must be one number an example, shape ({size},), "
            f"but its shape is {shape}."
        )
    return ops.cast(ops.reshape(sample_weight, (-1,)), values.dtype)
