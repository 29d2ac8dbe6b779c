"""Sparse autoencoder: −log p(x | g(h)) + λ Ω(h), h = f(x).

With Ω = ‖h‖₁ this is −log p(x, h) under a Laplace prior on the codes, up to a constant: the
code may be larger than the data, because only few of its units are active for one x.

Reference: Ranzato, Boureau and LeCun, Sparse feature learning for deep belief networks, 2007,
https://papers.nips.cc/paper/2007/hash/c60d060b946d6dd6145dcbad5c4ccf6f-Abstract.html. Ng, Sparse
autoencoder, 2011, https://web.stanford.edu/class/cs294a/sparseAutoencoder_2011new.pdf.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from course_lib.models.base import Autoencoder
from course_lib.validation import Tensor, check_array, check_number


@keras.saving.register_keras_serializable("course_lib")
class SparseAutoencoder(Autoencoder):
    """An autoencoder that pays for active units.

    minimises  E_x[ −log p(x | g(h)) + λ Ω(h) ],  h = f(x)

    L1 on codes that no one keeps from shrinking is dodged by a growing decoder: give the
    decoder tied weights or a norm, or bound the codes.

    Args:
        encoder: Keras layer or model, data `(B, ...)` → codes `(B, K)`.
        decoder: Keras layer or model, codes → the likelihood's parameters.
        penalty: Ω: a layer, codes → `(B,)`, such as `L1Penalty()` or `KLPenalty(rate)`; `None`
            where the encoder itself is sparse, as one that ends in `TopK(k)` is.
        weight: λ, at least 0.
        likelihood: `"gaussian"`, `"bernoulli"`, or a loss of `course_lib.losses.likelihood`.
        name: model name.

    Raises:
        ValueError: if the weight is negative, or codes do not suit the penalty.

    Reference: Ng, Sparse autoencoder, 2011,
    https://web.stanford.edu/class/cs294a/sparseAutoencoder_2011new.pdf.

    Example:

    >>> from course_lib.layers import KLPenalty
    >>> encoder = keras.layers.Dense(8, activation="sigmoid")
    >>> model = SparseAutoencoder(encoder, keras.layers.Dense(5), KLPenalty(0.1), weight=3.0)
    >>> model.compile("adam")
    >>> history = model.fit(np.ones((8, 5), "float32"), verbose=0)
    >>> sorted(history.history)
    ['loss', 'reconstruction', 'sparsity']
    """

    def __init__(
        self,
        encoder: keras.layers.Layer,
        decoder: keras.layers.Layer,
        penalty: keras.layers.Layer | None = None,
        weight: float = 1.0,
        likelihood: Any = "gaussian",
        **kwargs,
    ):
        super().__init__(encoder, decoder, likelihood=likelihood, **kwargs)
        if not (penalty is None or isinstance(penalty, keras.layers.Layer)):
            raise ValueError(
                "penalty must be a layer from codes to one value per example, or None, "
                f"but is {penalty!r}."
            )
        self.penalty = penalty
        self.weight = check_number("weight", weight, low=0)

    @property
    def term_weights(self) -> dict[str, Any]:
        weights = super().term_weights
        return weights if self.penalty is None else {**weights, "sparsity": self.weight}

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        if self.penalty is not None and not self.penalty.built:
            self.penalty.build(self.encoder.compute_output_shape(input_shape))

    def loss_terms(self, x: Tensor, y: Tensor = None, training: bool = False) -> dict[str, Tensor]:
        codes = self.encoder(x, training=training)
        parameters = self.decoder(codes, training=training)
        terms = {"reconstruction": self.nll(x if y is None else y, parameters)}
        return terms if self.penalty is None else {**terms, "sparsity": self.penalty(codes)}

    def active_rates(self, x: Any, threshold: float = 0.0) -> np.ndarray:
        """How often each unit fires: the share of examples with |hⱼ| above a threshold.

        Args:
            x: data `(N, ...)`.
            threshold: what counts as silence, at least 0. Sigmoid units never reach 0: give
                them more, such as 0.1.

        Returns:
            NumPy floats in [0, 1], one per unit, in the shape of one code.

        Raises:
            ValueError: if x is not finite floats, or the threshold is negative.
        """
        check_array("x", x)
        threshold = check_number("threshold", threshold, low=0)
        return (np.abs(ops.convert_to_numpy(self.encode(x))) > threshold).mean(axis=0)

    def dead_units(self, x: Any, threshold: float = 0.0) -> np.ndarray:
        """The units that never fire on data `(N, ...)`: their flat indices, a NumPy array.

        Args and errors: those of `active_rates`.
        """
        return np.flatnonzero(self.active_rates(x, threshold) == 0)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "penalty": keras.saving.serialize_keras_object(self.penalty),
            "weight": self.weight,
        }

    def check_data(self, x: Any, y: Any = None, name: str = "x") -> None:
        super().check_data(x, y, name)
        if self.penalty is not None:
            # A compiled step cannot look at values, and codes that leave the range of a
            # penalty would turn the loss into NaN there.
            self.penalty.call(ops.convert_to_numpy(self.encode(x[:32])))
