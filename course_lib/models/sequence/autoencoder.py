"""Sequence autoencoder: x₁ … x_T → h → x'₁ … x'_T, many to one and one to many.

    h = f(x₁, …, x_T),   loss Σₜ −log p(xₜ | g(h)ₜ)   over the steps that are there

Any layers of Keras that make a vector of a sequence, and a sequence of a vector, go together.

Reference: Srivastava, Mansimov and Salakhutdinov, Unsupervised learning of video representations
using LSTMs, 2015, https://arxiv.org/abs/1502.04681. Sutskever, Vinyals and Le, Sequence to sequence
learning with neural networks, 2014, https://arxiv.org/abs/1409.3215.
"""

import warnings
from typing import Any

import keras
from keras import ops

from course_lib.layers.recurrent_decoder import RecurrentDecoder
from course_lib.models.base import Autoencoder
from course_lib.training.batches import in_batches
from course_lib.validation import Tensor, check_array, check_number

# Examples at a time without a batch size: the loop over steps costs the same for all of them, and
# JAX compiles it anew each time.
MANY = 1024


@keras.saving.register_keras_serializable("course_lib")
class SequenceAutoencoder(Autoencoder):
    """An autoencoder whose encoder reads a sequence and whose decoder writes it.

    minimises  E_x[ Σₜ −log p(xₜ | g(f(x))ₜ) ]

    **Teacher forcing.** A `RecurrentDecoder` with `feedback` reads the true step before in
    training, and its own everywhere else: in `evaluate`, validation, `decode`, `reconstruct` and
    a call of the model. So its loss in training is no error of a reconstruction, most of which it
    has been told; what it makes of that is `forced`.

    **Unequal lengths.** With a `mask_value`, the steps behind the last that holds another value
    are padding: they change neither code nor loss, and `reconstruct` gives them back as they
    were. Layers of the encoder have to pass on masks of Keras, as recurrent ones do and
    convolutions do not.

    **Speed.** On TensorFlow `compile(jit_compile=True)` makes a step of LSTMs about 1.5 times as
    fast, after seconds of compiling: it pays from one or two thousand steps on.

    Args:
        encoder: Keras layer or model, `(B, T, F)` → codes `(B, K)`.
        decoder: a `course_lib.layers.RecurrentDecoder`, or another Keras layer or model, codes →
            the likelihood's parameters `(B, T, F)`.
        likelihood: `"gaussian"`, `"bernoulli"`, or a loss of `course_lib.losses.likelihood`.
        mask_value: what all features of a padded step hold; by default nothing is padding.
        name: model name.
        **kwargs: `dtype` of `keras.Model`.

    Raises:
        ValueError: if the encoder makes no vector, or cannot pass on a mask that it needs.

    Reference: Srivastava et al., 2015, https://arxiv.org/abs/1502.04681.

    Example:

    >>> import numpy as np
    >>> decoder = RecurrentDecoder(keras.layers.LSTM(4, return_sequences=True), 7, features=2)
    >>> model = SequenceAutoencoder(keras.layers.LSTM(3), decoder)
    >>> model.encode(np.ones((5, 7, 2), "float32")).shape
    (5, 3)
    """

    def __init__(
        self,
        encoder: keras.layers.Layer,
        decoder: keras.layers.Layer,
        likelihood: Any = "gaussian",
        mask_value: float | None = None,
        name: str | None = None,
        **kwargs,
    ):
        super().__init__(encoder, decoder, likelihood=likelihood, name=name, **kwargs)
        self.mask_value = None if mask_value is None else check_number("mask_value", mask_value)
        if self.mask_value is not None:
            deaf = [layer for layer in _parts(encoder) if not layer.supports_masking]
            if deaf:
                raise ValueError(
                    "mask_value must be absent, because the encoder's layer "
                    f"{deaf[0].name!r}, a {type(deaf[0]).__name__}, takes no notice of masks."
                )

    @property
    def feedback(self) -> bool:
        """Whether each step reads the one before, and the true one in training."""
        return isinstance(self.decoder, RecurrentDecoder) and self.decoder.feedback

    def build(self, input_shape: Any) -> None:
        if self.built:
            return
        if not self.encoder.built:
            self.encoder.build(input_shape)
        codes = self.encoder.compute_output_shape(input_shape)
        if len(codes) != 2:
            raise ValueError(
                f"encoder must make one code of a sequence, shape (B, K), but makes {tuple(codes)}."
            )
        super().build(input_shape)

    def check_data(self, x: Any, y: Any = None, name: str = "x") -> None:
        super().check_data(x, y, name)
        check_array(name, x, rank=3)
        if y is not None:
            return
        self.check_built(x, name)
        codes = self.encoder.compute_output_shape((None, *x.shape[1:]))
        made = keras.KerasTensor(self.decoder.compute_output_shape(codes), self.compute_dtype)
        wanted = tuple(self.likelihood.mean(made).shape[1:])
        if tuple(x.shape[1:]) != wanted:
            raise ValueError(
                f"{name} must have the shape (N, {', '.join(str(n) for n in wanted)}) of what the "
                f"decoder writes, but its shape is {tuple(x.shape)}."
            )

    def loss_terms(self, x: Tensor, y: Tensor = None, training: bool = False) -> dict[str, Tensor]:
        y = x if y is None else y
        truth = y if training and self.feedback else None
        parameters = self._rebuilt(x, truth, training)
        if self.mask_value is None:
            return {"reconstruction": self.nll(y, parameters)}
        return {"reconstruction": self.likelihood.call(y, parameters, self._mask(x))}

    def encode(self, x: Tensor, batch_size: int | None = None) -> Tensor:
        return super().encode(x, MANY if batch_size is None else batch_size)

    def decode(self, codes: Tensor, batch_size: int | None = None) -> Tensor:
        return super().decode(codes, MANY if batch_size is None else batch_size)

    def reconstruct(self, x: Tensor, batch_size: int | None = None) -> Tensor:
        """Data-space means `(N, T, F)` of the reconstructions of `x`, padding as it was.

        Args:
            x: data `(N, T, F)`.
            batch_size: examples at a time, which bounds memory.
        """
        self.check_built(x)
        return in_batches(self._shown, x, batch_size, MANY)

    def forced(self, x: Tensor, batch_size: int | None = None) -> Tensor:
        """What the decoder makes of each step when it is told the true one before.

        That is no reconstruction: the code alone does not give it.

        Args:
            x: data `(N, T, F)`.
            batch_size: examples at a time, which bounds memory.

        Returns:
            Data-space means `(N, T, F)`.

        Raises:
            ValueError: if the decoder has no feedback.
        """
        if not self.feedback:
            raise ValueError(
                "The decoder must be a RecurrentDecoder with feedback to be told steps, but is "
                f"{self.decoder!r}."
            )
        self.check_built(x)
        return in_batches(lambda part: self._shown(part, truth=part), x, batch_size, MANY)

    def call(self, x: Any, training: bool = False) -> Tensor:
        return self._rebuilt(x, None, training)

    def _rebuilt(self, x, truth, training):
        mask = self._mask(x)
        return self._written(
            self._coded(x, mask, training),
            truth=truth,
            lengths=None if mask is None else ops.sum(ops.cast(mask, "int32"), axis=1),
            training=training,
        )

    def _shown(self, x, truth=None):
        means = self.likelihood.mean(self._rebuilt(x, truth, False))
        if self.mask_value is None:
            return means
        padding = ops.cast(self.mask_value, means.dtype)
        return ops.where(self._mask(x)[:, :, None], means, padding)

    def _coded(self, x, mask, training):
        if mask is None:
            return self.encoder(x, training=training)
        with warnings.catch_warnings():
            # A model of Keras hands masks to its layers, and warns that it does not to others.
            warnings.filterwarnings("ignore", message=".*does not support masking")
            return self.encoder(x, training=training, mask=mask)

    def _written(self, codes, training=False, **options):
        if isinstance(self.decoder, RecurrentDecoder):
            options["mean"] = self.likelihood.mean
            return self.decoder(codes, training=training, **options)
        return self.decoder(codes, training=training)

    def _codes(self, x):
        return self._coded(x, self._mask(x), False)

    def _means(self, codes):
        return self.likelihood.mean(self._written(codes))

    def _mask(self, x):
        """Which steps are there, `(B, T)`: those up to the last that holds another value."""
        if self.mask_value is None:
            return None
        x = ops.convert_to_tensor(x)
        holds = ops.any(ops.not_equal(x, ops.cast(self.mask_value, x.dtype)), axis=-1)
        count = ops.cumsum(ops.cast(ops.flip(holds, axis=1), "int32"), axis=1)
        return ops.flip(count, axis=1) > 0

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mask_value": self.mask_value}


def _parts(layer):
    """The layers of a model, of models inside it too; a layer is its own only part."""
    if isinstance(layer, keras.Model):
        return [
            part
            for inner in layer.layers
            if not isinstance(inner, keras.layers.InputLayer)
            for part in _parts(inner)
        ]
    return [layer]
