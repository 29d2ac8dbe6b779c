"""Terms to one loss: the only place where they are summed.

    L = mean_b( w_b Σ_t λ_t L_t(b) ) + Σ_r penalty_r

L_t(b) is term t of example b, λ_t its price, w_b the weight of the example. Penalties are those
that layers ask for themselves.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

Tensor = Any


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
    means = {
        name: _mean(name, values, sample_weight)
        for name, values in ((name, terms[name]) for name in weights)
    }
    loss = sum(_single(weights[name], mean.dtype) * mean for name, mean in means.items())
    loss = sum((_single(penalty, loss.dtype) for penalty in penalties), loss)
    return loss, means


def _mean(name, values, sample_weight):
    if len(values.shape) != 1:
        raise ValueError(
            f"{name} must hold one value an example, shape (B,), but its shape is "
            f"{tuple(values.shape)}."
        )
    values = _single(values)
    if sample_weight is not None:
        values = values * one_an_example(sample_weight, values)
    return ops.mean(values)


def one_an_example(sample_weight: Tensor, values: Tensor) -> Tensor:
    """Weights `(B,)` or `(B, 1)` in the shape and dtype of values `(B,)`."""
    shape, size = tuple(sample_weight.shape), values.shape[0]
    fits = None in (*shape[:1], size) or shape[:1] == (size,)
    if not (fits and shape[1:] in ((), (1,)) and shape):
        raise ValueError(
            f"sample_weight must be one number an example, shape ({size},), but its shape is {shape}."
        )
    return ops.cast(ops.reshape(sample_weight, (-1,)), values.dtype)


def _single(value, other="float32"):
    # A half could not hold a sum over pixels, and a mean over examples would lose digits.
    dtype = keras.backend.standardize_dtype(getattr(value, "dtype", "float32"))
    return ops.cast(value, keras.backend.result_type(dtype, other, "float32"))
