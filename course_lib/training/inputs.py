"""What `fit` is given, looked at before training: inside a compiled step it is too late.

An array is looked at as a whole; of what comes in batches, the first batch.
"""

import itertools
from typing import Any

import keras
import numpy as np
from keras import ops


def in_memory(data: Any) -> bool:
    """Whether data are NumPy arrays; parts that are `None`, as an absent target, do not count."""
    parts = (part for part in keras.tree.flatten(data) if part is not None)
    return all(isinstance(part, np.ndarray) for part in parts)


def is_array(data: Any) -> bool:
    """Whether data are an array or a tensor, or a pair of such, and no batches."""
    parts = data if isinstance(data, (tuple, list)) else [data]
    return all(hasattr(part, "shape") and hasattr(part, "dtype") for part in parts)


def first_batch(data: Any) -> tuple[Any, Any]:
    """The first batch of a dataset, and the dataset with that batch still in it.

    Args:
        data: a `tf.data.Dataset`, `keras.utils.PyDataset`, PyTorch `DataLoader`, or generator.

    Returns:
        The batch `(x, y, sample_weight)` in NumPy, and the data.

    Raises:
        ValueError: if there is none.
    """
    if isinstance(data, keras.utils.PyDataset):
        batch = data[0] if data.num_batches != 0 else None
    elif hasattr(data, "__next__"):
        batch = next(data, None)
        data = itertools.chain([] if batch is None else [batch], data)
        # Keras knows a generator by its type.
        data = (given for given in data)
    else:
        batch = next(iter(data), None)
    if batch is None:
        raise ValueError("x must not be empty, but has no batches.")
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
    return keras.tree.map_structure(as_numpy, (x, y, sample_weight)), data


def as_numpy(value: Any) -> Any:
    """An array of what a batch holds; `None` stays."""
    if value is None or isinstance(value, np.ndarray) or not hasattr(value, "shape"):
        return value
    return ops.convert_to_numpy(value)


def refuse_what_is_no_data(name: str, data: Any) -> None:
    """One sentence for what Keras would fail on from deep inside."""
    if data is None:
        raise ValueError(f"{name} must be given: an array, a tensor or a dataset.")
    if isinstance(data, (tuple, list)):
        for i, part in enumerate(data):
            refuse_what_is_no_data(f"{name}[{i}]", part)
    if hasattr(data, "toarray") and hasattr(data, "nnz"):
        raise ValueError(
            f"{name} must be a dense array or tensor, but is a sparse matrix of shape "
            f"{data.shape}; {name}.toarray() is dense."
        )


def check_features(name: str, shapes: Any, built_for: Any) -> None:
    """Raise `ValueError` unless data have the axes and the features a model was built for."""
    given, wanted = (_shapes(part) for part in (shapes, built_for or shapes))
    for one, other in zip(given, wanted, strict=False):
        if len(one) != len(other) or (None not in (one[-1], other[-1]) and one[-1] != other[-1]):
            shown = f"(N, {', '.join(str(n) for n in other[1:])})"
            raise ValueError(
                f"{name} must have the shape {shown} that the model was built for, "
                f"but its shape is (N, {', '.join(str(n) for n in one[1:])})."
            )


def _shapes(nested):
    if all(size is None or isinstance(size, int) for size in nested):
        return [tuple(nested)]
    return [tuple(shape) for shape in nested]


def check_weights(sample_weight: Any, count: int) -> None:
    """Raise `ValueError` unless weights are finite, one an example: `(N,)` or `(N, 1)`."""
    if sample_weight is None:
        return
    shape = np.shape(sample_weight)
    if shape not in ((count,), (count, 1)):
        raise ValueError(
            f"sample_weight must be one number an example, shape ({count},), but its shape is "
            f"{shape}."
        )
    if not np.isfinite(sample_weight).all():
        raise ValueError("sample_weight must be finite, but holds NaN or infinity.")
