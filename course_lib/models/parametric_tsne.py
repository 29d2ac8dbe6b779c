"""Parametric t-SNE: a network y = f(x) that draws the map, and places points it has not seen.

    minimises  E_(x, x')[ −log k(f(x), f(x')) / Σⱼ k(f(x), f(x'ⱼ)) ],   k(y, z) = 1 / (1 + ‖y − z‖²)

(x, x') are pairs of neighbours, and x'ⱼ the neighbours in the batch. van der Maaten trains f on
KL(P ‖ Q) of large batches, each with a P of its own. Batches of pairs keep every neighbour, however
small a batch is of the data, and come closer to t-SNE's own map in the same time.

Reference: van der Maaten, Learning a parametric embedding by preserving local structure, 2009,
    https://proceedings.mlr.press/v5/maaten09a.html. Damrich, Böhm, Hamprecht and Kobak, From t-SNE
    to UMAP with contrastive learning, 2023, https://arxiv.org/abs/2206.01816.
"""

from typing import Any

import keras
from keras import ops

from course_lib.losses.neighbours import neighbour_nll
from course_lib.training.batches import in_batches
from course_lib.training.fitting import Fitting
from course_lib.training.phases import Phase
from course_lib.validation import Tensor, check_array, check_same_shape


@keras.saving.register_keras_serializable("course_lib")
class ParametricTSNE(Fitting):
    """An encoder trained to map neighbours close to each other, and all others apart.

        minimises  E_(x, x')[ −log k(f(x), f(x')) / Σⱼ k(f(x), f(x'ⱼ)) ],   nats a pair

    `fit(x, y)` takes points and one neighbour of each; `fit(NeighbourPairs(x))` draws new pairs of
    the neighbour graph in every epoch. Batches should be large: 500 to 2,000 pairs. `fit(x)`
    takes each point for its own neighbour, which teaches an encoder something only if it
    draws noise, and so sees a point in two ways.

    The encoder may come from an autoencoder that was trained before, as in the paper.

    Args:
        encoder: Keras layer or model, data `(B, ...)` → places in the map `(B, K)`, without an
            activation at its end: distances in a map have no bound.
        name: model name.
        **kwargs: `dtype` of `keras.Model`.

    Reference: van der Maaten, 2009, https://proceedings.mlr.press/v5/maaten09a.html; Damrich et
        al., 2023, https://arxiv.org/abs/2206.01816.

    Example:

    >>> import numpy as np
    >>> from course_lib.data import NeighbourPairs
    >>> x = np.random.default_rng(0).normal(size=(50, 5)).astype("float32")
    >>> dense = keras.layers.Dense
    >>> model = ParametricTSNE(keras.Sequential([dense(16, activation="relu"), dense(2)]))
    >>> model.compile("adam")
    >>> history = model.fit(NeighbourPairs(x, k=5, batch_size=25), verbose=0)
    >>> model.encode(np.zeros((3, 5), "float32")).shape
    (3, 2)
    """

    def __init__(self, encoder: keras.layers.Layer, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.encoder = encoder

    @property
    def term_weights(self) -> dict[str, Any]:
        """What each loss term costs: `{name: weight}`."""
        return {"neighbours": 1.0}

    def loss_terms(self, x: Tensor, y: Tensor = None, training: bool = False) -> dict[str, Tensor]:
        """`neighbour_nll` of each pair, `{"neighbours": (B,)}`, in nats.

        Args:
            x: data `(B, ...)`.
            y: a neighbour of each, of the same shape; x itself by default.
            training: whether layers behave as in training.
        """
        both = ops.concatenate([x, x if y is None else y])
        places, others = ops.split(self.encoder(both, training=training), 2)
        return {"neighbours": neighbour_nll(places, others)}

    def phases(self) -> list[Phase]:
        return [Phase("map", self.loss_terms, [self], lambda training: self.term_weights)]

    def encode(self, x: Tensor, batch_size: int | None = None) -> Tensor:
        """Places `(N, K)` in the map of data `(N, ...)`, seen in training or not.

        Args:
            x: data `(N, ...)`.
            batch_size: examples at a time, which bounds memory.

        Returns:
            Of a NumPy array a NumPy array, of a tensor a tensor; two calls agree.
        """
        self.check_built(x)
        return in_batches(lambda part: self.encoder(part, training=False), x, batch_size)

    def build(self, input_shape: Any) -> None:
        if self.built:
            return
        if not self.encoder.built:
            self.encoder.build(input_shape)
        super().build(input_shape)

    def call(self, x: Any, training: bool = False) -> Tensor:
        return self.encoder(x, training=training)

    def check_data(self, x: Any, y: Any = None, name: str = "x") -> None:
        """Raise `ValueError` unless NumPy data, and their neighbours, suit the model."""
        check_array(name, x, rank=range(2, 6))
        if y is not None:
            check_array("y", y, rank=range(2, 6))
            check_same_shape("y", y, name, x)

    def get_config(self) -> dict[str, Any]:
        serialize = keras.saving.serialize_keras_object
        return {
            "encoder": serialize(self.encoder),
            "name": self.name,
            "dtype": serialize(self.dtype_policy),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        encoder = keras.saving.deserialize_keras_object(config["encoder"], custom_objects)
        return cls(**{**config, "encoder": encoder})
