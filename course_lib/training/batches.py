"""Batches: of an epoch, for training, and one after the other, for what takes a data set.

Keras' own pipeline of an array in memory gathers several batches ahead in threads of its own,
which on a machine with two cores take from small models what they give. `epoch_batches` is, for
TensorFlow, a shuffle of indices and a gather of one batch at a time.
"""

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from course_lib.validation import check_whole


def epoch_batches(arrays: Any, batch_size: int | None = None, shuffle: bool = True) -> Any:
    """The batches of one epoch, drawn anew each time they are gone through.

    Args:
        arrays: NumPy array `(N, ...)`, or a structure of such.
        batch_size: examples a batch, 32 by default as in Keras; the last may be smaller.
        shuffle: whether each epoch has an order of its own.

    Returns:
        A `tf.data.Dataset`, whose elements have the structure of `arrays`, tuples for lists,
        and floats in Keras' `floatx`.
    """
    import tensorflow as tf

    # A list would be taken for one tensor.
    structure = keras.tree.lists_to_tuples(arrays)
    flat = keras.tree.flatten(structure)
    count, size = len(flat[0]), batch_size or 32

    def rows(array, index):
        # NumPy gathers from the array itself: a tensor would be a second copy of all the data.
        found = tf.numpy_function(array.__getitem__, [index], array.dtype, stateful=False)
        found.set_shape((None, *array.shape[1:]))
        floats = np.issubdtype(array.dtype, np.floating)
        return tf.cast(found, keras.config.floatx()) if floats else found

    def gather(index):
        return keras.tree.pack_sequence_as(structure, [rows(array, index) for array in flat])

    indices = tf.data.Dataset.range(count)
    if shuffle:
        indices = indices.shuffle(count, reshuffle_each_iteration=True)
    options = tf.data.Options()
    # Nothing here can be tuned, and an epoch would wait at its end for the tuner to wake up.
    options.autotune.enabled = False
    return indices.batch(size).map(gather).with_options(options)


def steps_together(count: int, batch_size: int | None = None, most: int = 16) -> int:
    """The number of steps, up to `most`, that go into one call of a compiled function.

    Small models spend more time being called than computing. The number is the one between half
    of `most` and `most` whose calls fill an epoch best, the larger of two that do: the last call
    of an epoch may be shorter than the others. On PyTorch, whose loop takes no more, 1.

    Args:
        count: examples an epoch.
        batch_size: examples a step, 32 by default as in Keras.
        most: the largest answer.

    Returns:
        A whole number, at least 1: what `compile` calls `steps_per_execution`.

    Raises:
        ValueError: if a number is not whole or below 1.

    Example:

    >>> together = steps_together(60_000, 128)  # 10: 46 calls of ten, one of nine; 1 on PyTorch
    """
    check_whole("count", count, low=1)
    size = 32 if batch_size is None else check_whole("batch_size", batch_size, low=1)
    check_whole("most", most, low=1)
    if keras.backend.backend() == "torch":
        return 1
    steps = math.ceil(count / size)
    most = min(most, steps)
    return min(range((most + 1) // 2, most + 1), key=lambda n: (-steps % n, -n))


def in_batches(
    function: Callable, x: Any, batch_size: int | None = None, default: int = 128
) -> Any:
    """A function of a data set, batch by batch, so that memory does not grow with the data.

    Args:
        function: from tensors `(B, ...)` to a tensor `(B, ...)`, or a list of such.
        x: arrays or tensors `(N, ...)`, one or a structure of them.
        batch_size: examples at a time, at least 1.
        default: examples at a time without a `batch_size`.

    Returns:
        What `function(x)` would return: of NumPy arrays as NumPy arrays, of tensors as tensors.

    Example:

    >>> print(in_batches(ops.square, np.arange(3.0, dtype="float32"), batch_size=2))
    [0. 1. 4.]
    """
    size = default if batch_size is None else check_whole("batch_size", batch_size, low=1)
    flat = keras.tree.flatten(x)
    count = len(flat[0]) if isinstance(flat[0], np.ndarray) else flat[0].shape[0]
    parts = (
        function(keras.tree.map_structure(lambda a, i=i: a[i : i + size], x))
        for i in range(0, count or 1, size)
    )
    if not all(isinstance(a, np.ndarray) for a in flat):
        x = keras.tree.map_structure(ops.convert_to_tensor, x)
        if count is None or count <= size:
            return function(x)
        return keras.tree.map_structure(lambda *pieces: ops.concatenate(pieces), *parts)
    filled, structure, whole = 0, None, []  # type: int, Any, list[np.ndarray]
    for part in parts:
        pieces = [ops.convert_to_numpy(p) for p in keras.tree.flatten(part)]
        if not whole:
            whole = [np.empty((count, *p.shape[1:]), p.dtype) for p in pieces]
            structure = part
        for target, piece in zip(whole, pieces, strict=True):
            target[filled : filled + len(piece)] = piece
        filled += len(pieces[0])
    return keras.tree.pack_sequence_as(structure, whole)
