"""Binary trees over a sequence: which neighbours merge, and in which order.

    up      n_parent = merge([n_left; n_right])      until one node is left, the root
    down    [n_left; n_right] = split(n_parent)      until the steps are reached

The steps are nodes 0 … T − 1, and merge m makes node T + m. A tree is the two children of each
merge, `(T − 1, 2)`. Trees of one shape for all are worked through level by level; where the data
decide, one merge after the other:

    greedy      (i, i + 1) = argmin ½ ‖[nᵢ; nᵢ₊₁] − split(merge([nᵢ; nᵢ₊₁]))‖²

Reference: Socher, Pennington, Huang, Ng and Manning, Semi-supervised recursive autoencoders for
predicting sentiment distributions, 2011, https://aclanthology.org/D11-1014.
"""

from collections.abc import Callable

import numpy as np
from keras import ops

from course_lib.layers.stepping import in_steps
from course_lib.losses.sums import at_least_float32
from course_lib.validation import Tensor


def balanced_tree(steps: int) -> np.ndarray:
    """The children of each merge where all pairs merge at once, level by level, `(T − 1, 2)`.

    Example:

    >>> balanced_tree(5).tolist()
    [[0, 1], [2, 3], [5, 6], [7, 4]]
    """
    level = list(range(steps))
    made: list[list[int]] = []
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level) - 1, 2)]
        rest = level[2 * len(pairs) :]
        level = [steps + len(made) + i for i in range(len(pairs))] + rest
        made += pairs
    return np.array(made, "int32").reshape(-1, 2)


def grow_balanced(leaves: Tensor, merge: Callable) -> Tensor:
    """All nodes of the balanced tree, `(B, 2T − 1, U)`, from its leaves `(B, T, U)`."""
    level, units, nodes = leaves, leaves.shape[-1], [leaves]
    while level.shape[1] > 1:
        pairs = level.shape[1] // 2
        merged = merge(ops.reshape(level[:, : 2 * pairs], (-1, pairs, 2 * units)))
        nodes.append(merged)
        level = ops.concatenate([merged, level[:, 2 * pairs :]], axis=1)
    return ops.concatenate(nodes, axis=1)


def unfold_balanced(root: Tensor, split: Callable, steps: int) -> Tensor:
    """The leaves `(B, T, U)` that a root `(B, U)` splits into."""
    sizes, level, units = [steps], root[:, None], root.shape[-1]
    while sizes[-1] > 1:
        sizes.append(-(-sizes[-1] // 2))
    for size in sizes[-2::-1]:
        pairs = size // 2
        halves = ops.reshape(split(level[:, :pairs]), (-1, 2 * pairs, units))
        level = ops.concatenate([halves, level[:, pairs:]], axis=1)
    return level


def grow_greedily(leaves: Tensor, merge: Callable, split: Callable) -> tuple[Tensor, Tensor]:
    """Merge, again and again, the neighbours that their merge rebuilds best.

    Args:
        leaves: `(B, T, U)`.
        merge: layer `(..., 2U)` → `(..., U)`.
        split: layer `(..., U)` → `(..., 2U)`.

    Returns:
        All nodes `(B, 2T − 1, U)`, and the tree `(B, T − 1, 2)`.
    """
    steps = leaves.shape[1]
    wide = at_least_float32(leaves.dtype)

    def look(pairs):
        """Each pair merged, and how badly that rebuilds it."""
        count, width = pairs.shape[1:]
        # As vectors: inside a loop XLA on TensorFlow finds no gradient of a layer on more axes.
        made = merge(ops.reshape(pairs, (-1, width)))
        rebuilt = ops.reshape(split(made), (-1, count, width))
        made = ops.reshape(made, (-1, count, width // 2))
        return made, ops.cast(ops.stop_gradient(merge_errors(pairs, rebuilt)), wide)

    places = ops.arange(steps, dtype="int32")[None]

    def step(new_name, states):
        nodes, names, merged, errors = states
        at = ops.cast(ops.argmin(errors, axis=1), "int32")[:, None]
        parent = _pick(merged, at)
        left, right = (_pick(names[:, :, None], place)[:, 0] for place in (at, at + 1))
        # The list behind the pair moves up by one, and the merge takes the pair's place.
        nodes, names, merged, errors = (_closed_up(v, places >= at) for v in states)
        nodes = ops.where((places == at)[:, :, None], parent, nodes)
        names = ops.where(places == at, new_name, names)
        # Two pairs are new: the merge with its left neighbour, and with its right one.
        before, after = _pick(nodes, at - 1), _pick(nodes, at + 1)
        one, other = (ops.concatenate(v, axis=1) for v in ((before, parent), (parent, after)))
        made, bad = look(ops.concatenate([one, other], axis=-1))
        for i, place in enumerate((at - 1, at)):
            here = places == place
            merged = ops.where(here[:, :, None], ops.cast(made[:, i : i + 1], wide), merged)
            errors = ops.where(here & (errors < float("inf")), bad[:, i : i + 1], errors)
        output = ops.concatenate([left, right, parent[:, 0]], axis=-1)
        return output, [nodes, names, merged, errors]

    merged, errors = look(ops.concatenate([leaves[:, :-1], leaves[:, 1:]], axis=-1))
    no_pair = ops.full_like(errors[:, :1], float("inf"))
    states = [
        leaves,
        ops.zeros_like(leaves[:, :, 0], dtype=wide) + ops.arange(steps, dtype=wide),
        ops.pad(merged, [[0, 0], [0, 1], [0, 0]]),
        ops.concatenate([errors, no_pair], axis=1),
    ]
    new_names = ops.zeros_like(leaves[:, :-1, :1], dtype=wide)
    new_names += ops.arange(steps, 2 * steps - 1, dtype=wide)[:, None]
    outputs, _ = in_steps(step, new_names, states)
    tree = ops.cast(ops.round(outputs[:, :, :2]), "int32")
    return ops.concatenate([leaves, ops.cast(outputs[:, :, 2:], leaves.dtype)], axis=1), tree


def unfold(nodes: Tensor, tree: Tensor, split: Callable, first: Tensor) -> Tensor:
    """Leaves that nodes split into, along trees of their own.

    Args:
        nodes: `(B, 2T − 1, U)`; of these only the first to be split is read.
        tree: `(B, T − 1, 2)`.
        split: layer `(..., U)` → `(..., 2U)`.
        first: `(B,)`, the merge whose node is split first, T − 2 for the root.

    Returns:
        Leaves `(B, T, U)`; those that are not below that node mean nothing.
    """
    merges, wide = tree.shape[1], at_least_float32(nodes.dtype)
    place = ops.cast(ops.arange(nodes.shape[1]), wide)[None]

    def step(inputs, states):
        (values,), (parent, left, right, below) = states, ops.split(inputs, 4, axis=-1)
        halves = split(_pick(values, parent)[:, 0])
        for half, child in zip(ops.split(halves, 2, axis=-1), (left, right), strict=True):
            written = (place == child) & (below > 0)
            values = ops.where(written[:, :, None], half[:, None], values)
        return parent, [values]

    order = ops.arange(merges, dtype="int32")[None, :, None]
    order = order + ops.zeros_like(tree[:, :, :1])
    below = ops.cast(order <= ops.cast(first, "int32")[:, None, None], "int32")
    inputs = ops.concatenate([order + merges + 1, tree, below], axis=-1)
    _, (values,) = in_steps(step, ops.flip(ops.cast(inputs, wide), axis=1), [nodes])
    return ops.cast(values[:, : merges + 1], nodes.dtype)


def merge_errors(pairs: Tensor, rebuilt: Tensor) -> Tensor:
    """½ ‖pair − rebuilt‖² of each pair, `(B, n)`, in single precision at least.

    What is to be rebuilt is a constant: with a gradient there, the error would be least where
    all nodes are zero.
    """
    difference = at_least_float32(ops.stop_gradient(pairs)) - at_least_float32(rebuilt)
    return 0.5 * ops.sum(ops.square(difference), axis=-1)


def _pick(values, place):
    """The vectors at one place each, `(B, 1, U)`; zeros where there is no such place."""
    places = ops.arange(values.shape[1], dtype=place.dtype)[None]
    # A product, because XLA on TensorFlow finds no gradient of a gather inside a loop.
    return ops.matmul(ops.cast(places == place, values.dtype)[:, None], values)


def _closed_up(values, behind):
    """A list with one place fewer: those behind move up."""
    moved = ops.concatenate([values[:, 1:], values[:, -1:]], axis=1)
    return ops.where(behind[:, :, None] if len(values.shape) == 3 else behind, moved, values)
