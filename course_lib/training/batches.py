"""Batches of an array in memory, for TensorFlow: shuffled indices, gathered one batch at a time.

Keras' own pipeline gathers several batches ahead in threads of its own, which on a machine with
two cores take from small models what they give.
"""


def batches(x, batch_size=None, shuffle=True):
    """The batches of one epoch, drawn anew each time they are gone through.

    Args:
        x: NumPy array `(N, ...)`.
        batch_size: examples a batch, 32 by default as in Keras; the last may be smaller.
        shuffle: whether each epoch has an order of its own.

    Returns:
        A `tf.data.Dataset`.
    """
    import tensorflow as tf

    count, size = len(x), batch_size or 32

    def gather(index):
        # NumPy gathers from the array itself: a tensor would be a second copy of all the data.
        batch = tf.numpy_function(x.__getitem__, [index], x.dtype, stateful=False)
        batch.set_shape((None, *x.shape[1:]))
        return batch

    indices = tf.data.Dataset.range(count)
    if shuffle:
        indices = indices.shuffle(count, reshuffle_each_iteration=True)
    options = tf.data.Options()
    # Nothing here can be tuned, and an epoch would wait at its end for the tuner to wake up.
    options.autotune.enabled = False
    return indices.batch(size).map(gather).with_options(options)
