"""Right and typical wrong answers to the exercises of lesson `sequences`."""

import keras
import numpy as np


def last_state(x, lengths, W, U, b):
    s = np.zeros((len(x), len(U)))
    for t in range(x.shape[1]):
        new = np.tanh(x[:, t] @ W + s @ U + b)
        s = np.where(t < np.asarray(lengths)[:, None], new, s)
    return s


def without_mask(x, lengths, W, U, b):
    return last_state(x, np.full(len(x), x.shape[1]), W, U, b)


def zero_after_the_end(x, lengths, W, U, b):
    real = np.arange(x.shape[1]) < np.asarray(lengths)[:, None]
    return without_mask(x * real[..., None], lengths, W, U, b)


def write(step, first, state, count, truth):
    written, previous = [], first
    for t in range(count):
        new, state = step(previous, state)
        written.append(new)
        previous = new if truth is None else truth[t]
    return np.array(written)


def never_told(step, first, state, count, truth):
    return write(step, first, state, count, None)


def told_the_answer(step, first, state, count, truth):
    """Reads the true step now instead of the one before."""
    if truth is None:
        return write(step, first, state, count, None)
    written = []
    for t in range(count):
        new, state = step(truth[t], state)
        written.append(new)
    return np.array(written)


def forgetful(step, first, state, count, truth):
    written, previous = [], first
    for t in range(count):
        new, _ = step(previous, state)
        written.append(new)
        previous = new if truth is None else truth[t]
    return np.array(written)


def greedy_tree(nodes, merge, cost, last=False, stale=False):
    nodes, numbers, merges, count = list(nodes), list(range(len(nodes))), [], len(nodes)
    while len(nodes) > 1:
        costs = [cost(nodes[i], nodes[i + 1]) for i in range(len(nodes) - 1)]
        i = len(costs) - 1 - int(np.argmin(costs[::-1])) if last else int(np.argmin(costs))
        merges.append((numbers[i], numbers[i + 1]))
        nodes[i : i + 2] = [nodes[i]] if stale else [merge(nodes[i], nodes[i + 1])]
        numbers[i : i + 2] = [count + len(merges) - 1]
    return merges


def chain_tree(nodes, merge, cost):
    count = len(nodes)
    return [(count + i - 2 if i > 1 else 0, i) for i in range(1, count)]


def arcs(masked=True, epochs=40):
    """The fourth exercise, right or with one thing wrong."""

    def answer(x, lengths, x_new, lengths_new):
        keras.utils.set_random_seed(0)
        real = (np.arange(12) < lengths[:, None]).astype("float32")
        dense = keras.layers.Dense
        model = keras.Sequential(
            [keras.layers.Flatten(), dense(128, "relu"), dense(8), dense(128, "relu"), dense(24)]
        )
        model.add(keras.layers.Reshape((12, 2)))
        model.compile(keras.optimizers.Adam(3e-3), "mse")
        weight = real if masked else np.ones_like(real)
        model.fit(x, x, sample_weight=weight, batch_size=50, epochs=epochs, verbose=0)
        return model.predict(x_new, verbose=0)

    return answer


RIGHT = {
    "sequences.1": last_state,
    "sequences.2": write,
    "sequences.3": greedy_tree,
    "sequences.4": arcs(),
}

WRONG = {
    "padding is read": ("sequences.1", without_mask),
    "zeros are read": ("sequences.1", zero_after_the_end),
    "no recurrence": ("sequences.1", lambda x, n, W, U, b: np.tanh(x[:, -1] @ W + b)),
    "never told": ("sequences.2", never_told),
    "told the answer itself": ("sequences.2", told_the_answer),
    "the state is dropped": ("sequences.2", forgetful),
    "the rightmost of equals": ("sequences.3", lambda *a: greedy_tree(*a, last=True)),
    "nothing put in their place": ("sequences.3", lambda *a: greedy_tree(*a, stale=True)),
    "a chain": ("sequences.3", chain_tree),
    "hardly trained": ("sequences.4", arcs(epochs=1)),
    "the mean": ("sequences.4", lambda x, n, x_new, m: 0 * x_new),
    "what was given": ("sequences.4", lambda x, n, x_new, m: x_new),
    "one shape too few": ("sequences.4", lambda x, n, x_new, m: x_new[:, 0]),
}
