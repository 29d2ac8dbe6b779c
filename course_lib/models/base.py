"""Autoencoder: code h = f(x), reconstruction x' = g(h), loss −log p(x | g(f(x))).

What every model of the course shares: one loss path. A model says in
`loss_terms` what it pays for, example by example, and in `term_weights` what
each term costs; `fit`, `evaluate`, logs and saving follow from that.
"""

import copy
from typing import Any

import keras
import numpy as np

from course_lib.losses import likelihood as likelihoods
from course_lib.losses.masks import mask_of
from course_lib.training.batches import in_batches
from course_lib.training.fitting import Fitting
from course_lib.training.phases import Phase
from course_lib.validation import Tensor, check_array


@keras.saving.register_keras_serializable("course_lib")
class Autoencoder(Fitting):
    """An encoder f and a decoder g, trained by maximum likelihood.

    minimises  E_x[ −log p(x | g(f(x))) ]

    The decoder returns the *parameters* of p: logits for a Bernoulli likelihood, the mean for a
    Gaussian one. `reconstruct` returns the mean.

    `fit(x)` rebuilds x from itself; `fit(x, y)` rebuilds y from x, as a denoiser does of given
    pairs. Steps that a mask of Keras hides cost nothing.

    Subclasses override `loss_terms`, and `term_weights` when they add terms.

    Args:
        encoder: Keras layer or model, data `(B, ...)` → codes `(B, K)`.
        decoder: Keras layer or model, codes → the likelihood's parameters.
        likelihood: `"gaussian"`, `"bernoulli"`, or a loss of `course_lib.losses.likelihood`.
        name: model name.
        **kwargs: `dtype` of `keras.Model`.

    Reference: Hinton and Salakhutdinov, Reducing the dimensionality of data with neural
    networks, 2006, https://doi.org/10.1126/science.1127647.

    Example:

    >>> import numpy as np
    >>> autoencoder = Autoencoder(keras.layers.Dense(2), keras.layers.Dense(5))
    >>> autoencoder.compile("adam")
    >>> history = autoencoder.fit(np.ones((8, 5), "float32"), verbose=0)
    >>> sorted(history.history)
    ['loss', 'reconstruction']
    """

    takes_target = True

    def __init__(
        self,
        encoder: keras.layers.Layer,
        decoder: keras.layers.Layer,
        likelihood: Any = "gaussian",
        name: str | None = None,
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.encoder = encoder
        self.decoder = decoder
        self.likelihood = likelihoods.get(likelihood)

    @property
    def term_weights(self) -> dict[str, Any]:
        """What each loss term costs: `{name: weight}`, in the order of the logs."""
        return {"reconstruction": 1.0}

    @property
    def training_weights(self) -> dict[str, Any]:
        """What each term costs in training, where a weight may still be on its way."""
        return self.term_weights

    def loss_terms(self, x: Tensor, y: Tensor = None, training: bool = False) -> dict[str, Tensor]:
        """The loss of each example, term by term, in one forward pass.

        Args:
            x: data `(B, ...)`.
            y: what is to be rebuilt, `(B, ...)`; x by default.
            training: whether layers behave as in training.

        Returns:
            `{name: (B,)}`, in nats where the term is a likelihood.
        """
        parameters = self.decoder(self.encoder(x, training=training), training=training)
        return {"reconstruction": self.nll(x if y is None else y, parameters)}

    def nll(self, y: Tensor, parameters: Tensor) -> Tensor:
        """−log p(y | parameters) of each example, `(B,)`, without the steps that a mask hides."""
        mask = mask_of(parameters)
        masked = {} if mask is None else {"mask": mask}
        return self.likelihood.call(y, parameters, **masked)

    def phases(self) -> list[Phase]:
        def prices(training):
            return self.training_weights if training else self.term_weights

        return [Phase("autoencoder", self.loss_terms, [self], prices)]

    def encode(self, x: Tensor, batch_size: int | None = None) -> Tensor:
        """Codes `(N, K)` of data `(N, ...)`: deterministic, two calls agree.

        Of a NumPy array they are a NumPy array, of a tensor a tensor; so it is with `decode` and
        `reconstruct`.

        Args:
            x: data `(N, ...)`.
            batch_size: examples at a time, which bounds memory.
        """
        self.check_built(x)
        return in_batches(self._codes, x, batch_size)

    def decode(self, codes: Tensor, batch_size: int | None = None) -> Tensor:
        """Data-space means `(N, ...)` of codes `(N, K)`.

        Args:
            codes: what `encode` returns.
            batch_size: examples at a time, which bounds memory.
        """
        self.check_built()
        return in_batches(self._means, codes, batch_size)

    def reconstruct(self, x: Tensor, batch_size: int | None = None) -> Tensor:
        """Data-space means `(N, ...)` of the reconstructions of `x`.

        Args:
            x: data `(N, ...)`.
            batch_size: examples at a time, which bounds memory.
        """
        return self.decode(self.encode(x, batch_size), batch_size)

    def _codes(self, x):
        return self.encoder(x, training=False)

    def _means(self, codes):
        return self.likelihood.mean(self.decoder(codes, training=False))

    def build(self, input_shape: Any) -> None:
        if self.built:
            return
        if not self.encoder.built:
            self.encoder.build(input_shape)
        if not self.decoder.built:
            self.decoder.build(self.encoder.compute_output_shape(input_shape))
        super().build(input_shape)

    def call(self, x: Any, training: bool = False) -> Tensor:
        return self.decoder(self.encoder(x, training=training), training=training)

    def check_data(self, x: Any, y: Any = None, name: str = "x") -> None:
        """Raise `ValueError` unless NumPy data, and a target of their own, suit the model."""
        low, high = self.likelihood.low, self.likelihood.high
        if y is None:
            check_array(name, x, rank=range(2, 6), low=low, high=high)
            return
        if not self.takes_target and not np.array_equal(x, y):
            raise ValueError(
                f"y must be absent or {name} itself, because {type(self).__name__} rebuilds its "
                "input and nothing else, but another array was given."
            )
        # A corrupted input may leave the range of what is to be rebuilt.
        check_array(name, x, rank=range(2, 6))
        check_array("y", y, rank=range(2, 6), low=low, high=high)
        if len(y) != len(x):
            raise ValueError(f"y must have the {len(x)} examples of {name}, but has {len(y)}.")

    def check_target(self, x: Any, y: Any) -> None:
        symbols = keras.tree.map_structure(
            lambda part: keras.KerasTensor((None, *part.shape[1:]), part.dtype), x
        )
        rebuilt = tuple(self.likelihood.mean(self(symbols)).shape[1:])
        if tuple(y.shape[1:]) != rebuilt:
            raise ValueError(
                f"y must have the shape (N, {', '.join(str(n) for n in rebuilt)}) of what the "
                f"model rebuilds, but its shape is {tuple(y.shape)}."
            )

    def get_config(self) -> dict[str, Any]:
        serialize = keras.saving.serialize_keras_object
        return {
            "encoder": serialize(self.encoder),
            "decoder": serialize(self.decoder),
            "likelihood": serialize(self.likelihood),
            "name": self.name,
            "dtype": serialize(self.dtype_policy),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        # A copy, because Keras empties the dictionary of a functional model.
        return cls(
            **{
                name: keras.saving.deserialize_keras_object(copy.deepcopy(value), custom_objects)
                if isinstance(value, dict) and "class_name" in value
                else value
                for name, value in config.items()
            }
        )
