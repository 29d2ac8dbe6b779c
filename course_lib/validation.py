"""Bad input gets one clear sentence: the argument, what was given, what is wanted."""

import math
import numbers
from typing import Any

import keras
import numpy as np

# A NumPy array or a tensor of the backend in use: Keras has no name for both.
Tensor = Any


def check_number(
    name: str,
    value: Any,
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
    below: float | None = None,
) -> float:
    """A finite number in its range, as a Python float; `ValueError` for anything else.

    Args:
        name: the argument's name, for the sentence.
        value: what was given: a Python or NumPy number.
        low: smallest allowed value.
        high: largest allowed value.
        above: what it must exceed.
        below: what it must stay under.

    Example:

    >>> check_number("rate", np.float32(0.5), low=0, high=1)
    0.5
    >>> check_number("sigma", -1, above=0)
    Traceback (most recent call last):
    ...
    ValueError: sigma must be a finite number above 0, but is -1.
    """
    real = isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_))
    if not (real and math.isfinite(value) and _within(value, low, high, above, below)):
        wanted = f"a finite number{_range(low, high, above, below)}"
        raise ValueError(f"{name} must be {wanted}, but is {value!r}.")
    return float(value)


def check_whole(name: str, value: Any, low: int | None = None, high: int | None = None) -> int:
    """A whole number in its range, as a Python int; `ValueError` for anything else.

    Args:
        name: the argument's name, for the sentence.
        value: what was given: a Python or NumPy integer.
        low: smallest allowed value.
        high: largest allowed value.

    Example:

    >>> check_whole("k", np.int64(3), low=1)
    3
    >>> check_whole("k", 2.5, low=1)
    Traceback (most recent call last):
    ...
    ValueError: k must be a whole number of at least 1, but is 2.5.
    """
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not (whole and _within(value, low, high)):
        raise ValueError(f"{name} must be a whole number{_range(low, high)}, but is {value!r}.")
    return int(value)


def check_seed(seed: Any) -> "int | keras.random.SeedGenerator | None":
    """A seed as Keras takes it: `None`, a whole number as a Python int, or a generator.

    Example:

    >>> check_seed(np.int64(3))
    3
    """
    if seed is None or isinstance(seed, keras.random.SeedGenerator):
        return seed
    return check_whole("seed", seed, low=0, high=2**31 - 1)


def _within(value, low=None, high=None, above=None, below=None):
    return (
        (low is None or value >= low)
        and (high is None or value <= high)
        and (above is None or value > above)
        and (below is None or value < below)
    )


def _range(low=None, high=None, above=None, below=None):
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if above is not None and below is not None:
        return f" between {above} and {below}"
    bounds = [
        f"{words} {bound}"
        for words, bound in (
            ("of at least", low),
            ("of at most", high),
            ("above", above),
            ("below", below),
        )
        if bound is not None
    ]
    return f" {' and '.join(bounds)}" if bounds else ""


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
