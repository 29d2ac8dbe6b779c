"""Bad input gets one clear sentence: the argument, what was given, what is wanted."""

import keras
import numpy as np


def check_array(name, x, rank=None, low=None, high=None, integer=False):
    """Raise `ValueError` unless `x` is what a loss, layer or metric can work on.

    Rank, emptiness and dtype are checked on arrays and tensors alike. Values
    are checked on NumPy arrays only: a tensor inside a compiled step has none
    to look at.

    Args:
        name: the argument's name, for the sentence.
        x: NumPy array or tensor.
        rank: the number of axes wanted, or a tuple of allowed numbers.
        low: smallest allowed value.
        high: largest allowed value.
        integer: whether integers are wanted, instead of floats.

    Raises:
        ValueError: in one sentence.

    Example:

    >>> check_array("x", np.zeros((2, 3), "float32"), rank=2, low=0, high=1)
    >>> check_array("x", np.full((2, 3), 7.0), rank=2, low=0, high=1)
    Traceback (most recent call last):
    ...
    ValueError: x must lie in [0, 1], but its values run from 7 to 7.
    """
    if not hasattr(x, "shape") or not hasattr(x, "dtype"):
        raise ValueError(f"{name} must be an array or tensor, but is of type {type(x).__name__}.")
    shape = tuple(x.shape)
    if rank is not None:
        ranks = (rank,) if isinstance(rank, int) else tuple(rank)
        if len(shape) not in ranks:
            wanted = " or ".join(str(r) for r in ranks)
            axes = "axis" if ranks == (1,) else "axes"
            raise ValueError(f"{name} must have {wanted} {axes}, but its shape is {shape}.")
    if 0 in shape:
        raise ValueError(f"{name} must not be empty, but its shape is {shape}.")
    kind = str(x.dtype) if isinstance(x, np.ndarray) else keras.backend.standardize_dtype(x.dtype)
    wanted = ("int", "uint") if integer else ("float", "bfloat")
    if not kind.startswith(wanted):
        noun = "integers" if integer else "floats"
        raise ValueError(f"{name} must hold {noun}, but its dtype is {kind}.")
    if isinstance(x, np.ndarray):
        _check_values(name, x, low, high)


def check_same_shape(name, x, other_name, other):
    """Raise `ValueError` unless two arrays or tensors agree in every known axis."""
    a, b = tuple(x.shape), tuple(other.shape)
    if len(a) != len(b) or any(None not in (i, j) and i != j for i, j in zip(a, b, strict=True)):
        raise ValueError(f"{name} must have the shape of {other_name}, but they are {a} and {b}.")


def _check_values(name, x, low, high):
    smallest, largest = x.min(), x.max()
    if not (np.isfinite(smallest) and np.isfinite(largest)):
        raise ValueError(f"{name} must be finite, but holds NaN or infinity.")
    if (low is not None and smallest < low) or (high is not None and largest > high):
        wanted = (
            f"lie in [{low:g}, {high:g}]"
            if None not in (low, high)
            else f"be at least {low:g}"
            if high is None
            else f"be at most {high:g}"
        )
        raise ValueError(
            f"{name} must {wanted}, but its values run from {smallest:g} to {largest:g}."
        )
