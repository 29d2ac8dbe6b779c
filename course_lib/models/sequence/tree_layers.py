"""The two ways through a tree, as layers: from the steps to a code, and back.

    up      n = x E + e,   parent = [l; r] S + relu([l; r] A + a) B + b,   h = root C + c
    down    root = h C' + c',   [l; r] = n S' + relu(n A' + a') B' + b',   p = n E' + e'

One merge and one split for all nodes. Each adds what two layers make to what one linear layer
passes on, and begins as the linear layer alone (B = 0). There is no layer normalisation: the
length of a node's vector is how much there is in its span.

Reference: Socher et al., 2011, https://aclanthology.org/D11-1014.
"""

from typing import Any

import keras
from keras import layers, ops

from course_lib.models.sequence.trees import (
    balanced_tree,
    grow_balanced,
    grow_greedily,
    unfold,
    unfold_balanced,
)
from course_lib.validation import Tensor


@keras.saving.register_keras_serializable("course_lib")
class Residual(keras.layers.Layer):
    """x S + relu(x A + a) B + b, of vectors `(B, n, D)`.

    Args:
        units: numbers in the output.
        hidden: units of the rectified layer.
        **kwargs: those of `keras.layers.Layer`.
    """

    def __init__(self, units: int, hidden: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units, self.hidden = units, hidden
        self.skip = layers.Dense(units, use_bias=False, dtype=self.dtype_policy)
        self.inner = layers.Dense(hidden, "relu", dtype=self.dtype_policy)
        self.outer = layers.Dense(units, kernel_initializer="zeros", dtype=self.dtype_policy)

    def build(self, input_shape):
        self.skip.build(input_shape)
        self.inner.build(input_shape)
        self.outer.build((*input_shape[:-1], self.hidden))
        self.built = True

    def call(self, x: Tensor) -> Tensor:
        return self.skip(x) + self.outer(self.inner(x))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "hidden": self.hidden}


class _OnTree(keras.layers.Layer):
    """What both ways share: the kind of tree, and the split, which greedy merging tries out."""

    def __init__(self, steps, units, tree, split, **kwargs):
        super().__init__(**kwargs)
        self.steps, self.units, self.tree, self.split = steps, units, tree, split

    def dense(self, units):
        return layers.Dense(units, dtype=self.dtype_policy)

    def get_config(self):
        return {
            **super().get_config(),
            "steps": self.steps,
            "units": self.units,
            "tree": self.tree,
            "split": keras.saving.serialize_keras_object(self.split),
        }

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "split": keras.saving.deserialize_keras_object(config["split"])})


@keras.saving.register_keras_serializable("course_lib")
class TreeEncoder(_OnTree):
    """Steps → code, by merging neighbours.

    Args:
        steps: T.
        units: U, numbers of a node.
        tree: `"balanced"` or `"greedy"`.
        split: the decoder's layer `(B, n, U)` → `(B, n, 2U)`.
        code: K.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        x: floats `(B, T, F)`.
        nodes: whether the nodes and the tree are wanted beside the code.

    Returns:
        Codes `(B, K)`; of a greedy tree `[codes, tree]`, the tree `(B, T − 1, 2)`. With `nodes`,
        those, the nodes `(B, 2T − 1, U)` and the tree.
    """

    def __init__(
        self, steps: int, units: int, tree: str, split: keras.layers.Layer, code: int, **kwargs: Any
    ) -> None:
        super().__init__(steps, units, tree, split, **kwargs)
        self.code = code
        self.leaf, self.down = self.dense(units), self.dense(code)
        self.merge = Residual(units, 2 * units, dtype=self.dtype_policy)

    def build(self, input_shape):
        self.leaf.build(input_shape)
        self.merge.build((None, None, 2 * self.units))
        if not self.split.built:
            self.split.build((None, None, self.units))
        self.down.build((None, self.units))
        self.built = True

    def call(self, x: Tensor, nodes: bool = False) -> Any:
        leaves = self.leaf(x)
        if self.tree == "greedy":
            grown, tree = grow_greedily(leaves, self.merge, self.split)
        else:
            grown, tree = grow_balanced(leaves, self.merge), balanced_tree(self.steps)
            tree = ops.cast(ops.zeros_like(leaves[:, :1, :1]), "int32") + tree
        codes = self.down(grown[:, -1])
        codes = [codes, tree] if self.tree == "greedy" else codes
        return (codes, grown, tree) if nodes else codes

    def compute_output_spec(self, x, nodes=False):
        codes = keras.KerasTensor((x.shape[0], self.code), self.compute_dtype)
        tree = keras.KerasTensor((x.shape[0], self.steps - 1, 2), "int32")
        grown = keras.KerasTensor((x.shape[0], 2 * self.steps - 1, self.units), self.compute_dtype)
        codes = [codes, tree] if self.tree == "greedy" else codes
        return (codes, grown, tree) if nodes else codes

    def compute_output_shape(self, input_shape):
        codes = (input_shape[0], self.code)
        return [codes, (input_shape[0], self.steps - 1, 2)] if self.tree == "greedy" else codes

    def get_config(self):
        return {**super().get_config(), "code": self.code}


@keras.saving.register_keras_serializable("course_lib")
class TreeDecoder(_OnTree):
    """Code → steps, by splitting nodes.

    Args:
        steps: T.
        units: U, numbers of a node.
        tree: `"balanced"` or `"greedy"`.
        split: layer `(B, n, U)` → `(B, n, 2U)`.
        features: F.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        codes: `(B, K)`; of a greedy tree `[codes, tree]`.

    Returns:
        Parameters of the steps, `(B, T, F)`.
    """

    def __init__(
        self,
        steps: int,
        units: int,
        tree: str,
        split: keras.layers.Layer,
        features: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(steps, units, tree, split, **kwargs)
        self.features = features
        self.up, self.step = self.dense(units), self.dense(features)

    def build(self, input_shape):
        codes = input_shape[0] if self.tree == "greedy" else input_shape
        self.up.build(codes)
        if not self.split.built:
            self.split.build((None, None, self.units))
        self.step.build((None, None, self.units))
        self.built = True

    def call(self, codes: Any) -> Tensor:
        if self.tree != "greedy":
            return self.step(unfold_balanced(self.up(codes), self.split, self.steps))
        codes, tree = codes
        root = self.up(codes)[:, None]
        nodes = ops.pad(root, [[0, 0], [2 * self.steps - 2, 0], [0, 0]])
        first = ops.zeros_like(tree[:, 0, 0]) + self.steps - 2
        return self.step(unfold(nodes, tree, self.split, first))

    def compute_output_shape(self, input_shape):
        codes = input_shape[0] if self.tree == "greedy" else input_shape
        return (codes[0], self.steps, self.features)

    def get_config(self):
        return {**super().get_config(), "features": self.features}
