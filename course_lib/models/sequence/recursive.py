"""Recursive autoencoder: one network merges two neighbours, again and again, to one code.

    parent = merge([left; right]),   [left'; right'] = split(parent)

    L = −log p(x | g(f(x))) + λ ( −log p(x | leaves) + Σ_merges ½ ‖[left; right] − split(parent)‖² )

The first term goes through the root alone. The second, Socher's, asks each node to hold its span.

Reference: Socher, Pennington, Huang, Ng and Manning, Semi-supervised recursive autoencoders for
predicting sentiment distributions, 2011, https://aclanthology.org/D11-1014.
"""

import math
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from course_lib.losses.sums import each_sum
from course_lib.models.base import Autoencoder
from course_lib.models.sequence.tree_layers import Residual, TreeDecoder, TreeEncoder
from course_lib.models.sequence.trees import merge_errors, unfold
from course_lib.training.batches import in_batches
from course_lib.validation import Tensor, check_number, check_whole


@dataclass(frozen=True, eq=False)
class Spans:
    """Every node of every tree: the T steps first, then the T − 1 merges in their order.

    Args:
        codes: the nodes' vectors, `(N, 2T − 1, U)`.
        inside: which steps a node spans, booleans `(N, 2T − 1, T)`.
        rebuilt: those steps, made from that node alone, `(N, 2T − 1, T, F)`; zeros elsewhere.
    """

    codes: np.ndarray
    inside: np.ndarray
    rebuilt: np.ndarray


@keras.saving.register_keras_serializable("course_lib")
class RecursiveAutoencoder(Autoencoder):
    """An autoencoder that merges a sequence to its code, and splits the code back.

    minimises  E_x[ −log p(x | g(f(x))) + λ local(x) ]

    `local` is what the nodes lose one by one: each leaf has to give its step, each merge the two
    nodes it was made of. Those are constants to it, so that it cannot be made small by making
    them small; Socher et al. give nodes length 1 instead. Without it only the root holds its span.

    A greedy tree is not part of the code, yet the decoder splits along it. `encode` then returns
    a list, codes and trees, and `decode` wants both; `tree_bits` is what passes that way. Its
    merges come one after the other: on TensorFlow `compile(jit_compile=True)` makes them faster.

    Args:
        steps: T, at least 2.
        features: F, of a step.
        units: U, numbers of a node.
        code: K.
        tree: `"balanced"`, which merges all pairs at once, level by level; or `"greedy"`, which
            merges the two neighbours that their merge rebuilds best, one pair after the other.
        local_weight: λ ≥ 0.
        likelihood: `"gaussian"`, `"bernoulli"`, or a loss of `course_lib.losses.likelihood` with
            one parameter a feature.
        name: model name.
        **kwargs: `dtype` of `keras.Model`.

    Raises:
        ValueError: if an argument is none of these.

    Reference: Socher et al., 2011, https://aclanthology.org/D11-1014.

    Example:

    >>> model = RecursiveAutoencoder(steps=4, features=2, units=5, code=3)
    >>> spans = model.spans(np.ones((1, 4, 2), "float32"))
    >>> spans.inside[0].sum(axis=1)  # four steps, two pairs, the whole
    array([1, 1, 1, 1, 2, 2, 4])
    """

    def __init__(
        self,
        steps: int,
        features: int,
        units: int = 64,
        code: int = 16,
        tree: str = "balanced",
        local_weight: float = 0.0,
        likelihood: Any = "gaussian",
        name: str | None = None,
        **kwargs,
    ):
        steps = check_whole("steps", steps, low=2)
        sizes = {"features": features, "units": units, "code": code}
        sizes = {size: check_whole(size, value, low=1) for size, value in sizes.items()}
        if tree not in ("balanced", "greedy"):
            raise ValueError(f"tree must be 'balanced' or 'greedy', but is {tree!r}.")
        units, options = sizes["units"], {"dtype": kwargs.get("dtype")}
        split = Residual(2 * units, 2 * units, **options)
        super().__init__(
            TreeEncoder(steps, units, tree, split, sizes["code"], **options),
            TreeDecoder(steps, units, tree, split, sizes["features"], **options),
            likelihood=likelihood,
            name=name,
            **kwargs,
        )
        self.steps, self.tree = steps, tree
        self.local_weight = check_number("local_weight", local_weight, low=0)
        self.sizes = sizes
        self.build((None, steps, sizes["features"]))

    @property
    def term_weights(self) -> dict[str, Any]:
        return {"reconstruction": 1.0, "local": self.local_weight}

    @property
    def tree_bits(self) -> float:
        """How many bits of tree one sequence needs beside its code: log₂ of how many there are."""
        if self.tree == "balanced":
            return 0.0
        return math.log2(math.comb(2 * self.steps - 2, self.steps - 1) // self.steps)

    def check_data(self, x: Any, y: Any = None, name: str = "x") -> None:
        super().check_data(x, y, name)
        wanted = (self.steps, self.sizes["features"])
        if tuple(x.shape[1:]) != wanted:
            raise ValueError(
                f"{name} must be sequences of the shape {wanted}, but its shape is "
                f"{tuple(x.shape)}."
            )

    def loss_terms(self, x: Tensor, y: Tensor = None, training: bool = False) -> dict[str, Tensor]:
        y = x if y is None else y
        codes, nodes, tree = self.encoder(x, nodes=True, training=training)
        return {
            "reconstruction": self.nll(y, self.decoder(codes, training=training)),
            "local": self.nll(y, self.decoder.step(nodes[:, : self.steps]))
            + each_sum(self._merge_errors(nodes, tree)),
        }

    def _merge_errors(self, nodes, tree):
        """What each merge loses of its two children, `(B, T − 1)`."""
        places = ops.reshape(tree, (-1, 2 * self.steps - 2, 1))
        children = ops.take_along_axis(nodes, places, axis=1)
        children = ops.reshape(children, (-1, self.steps - 1, 2 * self.sizes["units"]))
        return merge_errors(children, self.decoder.split(nodes[:, self.steps :]))

    def trees(self, x: Tensor, batch_size: int | None = None) -> Tensor:
        """The two children of each merge, whole numbers `(N, T − 1, 2)`.

        The steps are nodes 0 … T − 1, and merge m makes node T + m.

        Args:
            x: data `(N, T, F)`.
            batch_size: examples at a time, which bounds memory.
        """
        self.check_built(x)
        return in_batches(lambda part: self.encoder(part, nodes=True)[2], x, batch_size)

    def spans(self, x: Tensor, batch_size: int | None = None) -> Spans:
        """The code of every span that became a node, and what that code alone gives back.

        Args:
            x: data `(N, T, F)`.
            batch_size: examples at a time, which bounds memory.

        Returns:
            `Spans`, of NumPy arrays.
        """
        self.check_built(x)
        codes, tree, rebuilt = (
            ops.convert_to_numpy(part) for part in in_batches(self._spans, x, batch_size)
        )
        inside = np.zeros((len(codes), 2 * self.steps - 1, self.steps), bool)
        inside[:, : self.steps] = np.eye(self.steps, dtype=bool)
        rows = np.arange(len(codes))
        for merge, (left, right) in enumerate(np.moveaxis(tree, 0, 2)):
            inside[:, self.steps + merge] = inside[rows, left] | inside[rows, right]
        return Spans(codes, inside, rebuilt * inside[..., None])

    def _spans(self, x):
        _, nodes, tree = self.encoder(x, nodes=True, training=False)
        merges = self.steps - 1
        leaves = ops.repeat(nodes[:, None, : self.steps], self.steps, axis=1)
        first = ops.zeros_like(tree[:, :, 0]) + ops.arange(merges, dtype="int32")
        # Each node once, as the first to be split in a copy of its tree.
        below = unfold(
            ops.repeat(nodes, merges, axis=0),
            ops.repeat(tree, merges, axis=0),
            self.decoder.split,
            ops.reshape(first, (-1,)),
        )
        below = ops.reshape(below, (-1, merges, *below.shape[1:]))
        steps = self.decoder.step(ops.concatenate([leaves, below], axis=1))
        return [nodes, tree, self.likelihood.mean(steps)]

    def get_config(self) -> dict[str, Any]:
        return {
            "steps": self.steps,
            **self.sizes,
            "tree": self.tree,
            "local_weight": self.local_weight,
            "likelihood": keras.saving.serialize_keras_object(self.likelihood),
            "name": self.name,
            "dtype": keras.saving.serialize_keras_object(self.dtype_policy),
        }
