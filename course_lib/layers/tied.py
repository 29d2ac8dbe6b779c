"""Tied weights: a decoder layer that uses the encoder's kernel, transposed.

    encoder   h = f(x W + b)
    decoder   r = act(h Wᵀ + c)

One matrix instead of two: half the weights, and the decoder cannot grow while the encoder
shrinks, which is what makes a penalty on the encoder alone mean something.

Reference: Vincent, Larochelle, Lajoie, Bengio and Manzagol, Stacked denoising autoencoders, 2010,
    section 2.2, https://jmlr.org/papers/v11/vincent10a.html.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from course_lib.validation import Tensor


@keras.saving.register_keras_serializable("course_lib")
class TiedDense(keras.layers.Layer):
    """A dense layer whose kernel is the transpose of another one's.

        r = activation(h Wᵀ + c)

    W is the kernel of `dense`, not a copy of it: it is counted once, gradients reach it from
    both layers, and a model that holds both is saved with one W and loaded with one. Saved
    without the encoder, this layer brings W along. Only `keras.models.clone_model` unties: it
    copies layer by layer, and gives the copy of this one a W of its own.

    Args:
        dense: the `keras.layers.Dense` to be tied to; built before this layer is, as it is
            when it has been called.
        activation: a Keras activation or its name.
        use_bias: whether to add c, as long as the input of `dense`.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        inputs: h, floats of shape `(B, ..., units)`, `units` being those of `dense`.

    Returns:
        r, shape `(B, ..., features)`, `features` being those of the input of `dense`.

    Raises:
        ValueError: if `dense` is something else or not built, or the input is not its output.

    Reference: Vincent et al., Stacked denoising autoencoders, 2010, section 2.2,
        https://jmlr.org/papers/v11/vincent10a.html.

    Example:

    >>> encode = keras.layers.Dense(2, activation="relu")
    >>> decode = TiedDense(encode)
    >>> decode(encode(ops.ones((4, 6)))).shape == (4, 6)
    True
    >>> len(encode.weights), len(decode.weights)  # W and b; W, b and c
    (2, 3)
    """

    def __init__(
        self,
        dense: keras.layers.Dense,
        activation: str | Callable[[Tensor], Tensor] | None = None,
        use_bias: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(dense, keras.layers.Dense):
            raise ValueError(
                f"dense must be a keras.layers.Dense, but is of type {type(dense).__name__}."
            )
        self.dense = dense
        _save_as_shared(dense)
        self.activation = keras.activations.get(activation)
        self.use_bias = use_bias
        self.supports_masking = True

    def build(self, input_shape):
        features = self._features(input_shape)
        self.bias = (
            self.add_weight(shape=(features,), initializer="zeros", name="bias")
            if self.use_bias
            else None
        )

    def call(self, inputs: Tensor) -> Tensor:
        kernel = ops.cast(self.dense.kernel, self.compute_dtype)
        outputs = ops.matmul(inputs, ops.transpose(kernel))
        if self.bias is not None:
            outputs = ops.add(outputs, self.bias)
        return self.activation(outputs)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self._features(input_shape))

    def get_config(self):
        return {
            **super().get_config(),
            "dense": keras.saving.serialize_keras_object(self.dense),
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
        }

    @classmethod
    def from_config(cls, config):
        # Inside a model that also holds the encoder, Keras gives back the encoder's own layer.
        return cls(**{**config, "dense": keras.saving.deserialize_keras_object(config["dense"])})

    def _features(self, input_shape):
        if not self.dense.built:
            raise ValueError(
                f"dense must be built, by calling it on its input, before layer {self.name!r} "
                "that is tied to it, but is not."
            )
        features, units = self.dense.kernel.shape
        if input_shape[-1] != units:
            raise ValueError(
                f"inputs must have a last axis of {units}, the units of {self.dense.name!r}, "
                f"but their shape is {tuple(input_shape)}."
            )
        return features


def _save_as_shared(dense):
    # Keras marks an object as shared when it meets it for the second time, by writing into the
    # config that it made the first time. Inside an encoder that is a model of its own that
    # config has been copied by then, the mark is lost, and so is the tie. So let Keras meet
    # the layer twice at once.
    get_config = dense.get_config

    def meet_twice():
        dense.get_config = get_config
        keras.saving.serialize_keras_object(dense)
        dense.get_config = meet_twice
        return get_config()

    dense.get_config = meet_twice
