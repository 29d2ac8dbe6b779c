"""Stacked autoencoders: greedy layer-wise pretraining of a deep network.

    h⁰ = x,   level k:  minimise −log p(hᵏ⁻¹ | gₖ(hᵏ)) [+ λ Ω(hᵏ)],   hᵏ = fₖ(hᵏ⁻¹)

Each level is an autoencoder of one layer, trained on the codes of the finished level below.
The deep code is f_L ∘ … ∘ f₁; what follows is fine-tuning of all layers at once, to rebuild
(`unroll`) or to classify (`classifier`).

Reference: Bengio, Lamblin, Popovici and Larochelle, Greedy layer-wise training of deep
networks, 2007,
https://papers.nips.cc/paper/2006/hash/5da713a690c067105aeb2fae32403405-Abstract.html.
Vincent, Larochelle, Lajoie, Bengio and Manzagol, Stacked denoising autoencoders, 2010,
https://jmlr.org/papers/v11/vincent10a.html.
"""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from course_lib.layers.likelihood_mean import LikelihoodMean
from course_lib.layers.tied import TiedDense
from course_lib.losses import likelihood as likelihoods
from course_lib.models.base import Autoencoder
from course_lib.models.sparse import SparseAutoencoder
from course_lib.training.batches import in_batches
from course_lib.training.inputs import refuse_what_is_no_data
from course_lib.validation import Tensor, check_array, check_number, check_whole


@keras.saving.register_keras_serializable("course_lib")
class StackedAutoencoder(keras.Model):
    """Autoencoders of one layer, each trained on the codes of the one below.

    A level is a dense layer with tied weights. It rebuilds data by the likelihood given, and
    codes by a Bernoulli likelihood where units are sigmoid, a Gaussian one where they are not.

    The stack itself maps data to the top level's codes; `levels` are its autoencoders. `unroll`
    and `classifier` start from copies of its weights, so that one pretraining serves any number
    of fine-tunings.

    Args:
        widths: units of each level, from the data up.
        corruption: a layer that corrupts in training only; each level gets a copy and learns
            to rebuild the clean from the corrupted. `None` for none.
        penalty: a layer, codes → `(B,)`, that each level pays for its code. `None` for none.
        weight: λ of the penalty, at least 0.
        activation: of the units, a Keras activation or its name.
        likelihood: of the data: `"gaussian"`, `"bernoulli"`, or a loss of
            `course_lib.losses.likelihood`.
        one_layer: any other way to make a level, instead of corruption, penalty and
            activation: a callable `one_layer(level, features, units)`, level counting from 0,
            returning an `Autoencoder` with codes `(B, units)`; or those autoencoders, a list.
        name: model name.

    Raises:
        ValueError: if widths are no positive whole numbers, or a level's makings do not fit.

    Reference: Vincent et al., 2010, https://jmlr.org/papers/v11/vincent10a.html.

    Example:

    >>> x = np.random.default_rng(0).random((64, 12)).astype("float32")
    >>> stack = StackedAutoencoder((8, 4), corruption=keras.layers.GaussianNoise(0.1))
    >>> histories = stack.pretrain(x, epochs=1, batch_size=16, verbose=0)
    >>> len(histories), stack.encode(x).shape == (64, 4)
    (2, True)
    >>> stack.unroll()(x).shape == (64, 12), stack.classifier(10)(x).shape == (64, 10)
    (True, True)
    """

    built: bool

    def __init__(
        self,
        widths: Sequence[int],
        corruption: keras.layers.Layer | None = None,
        penalty: keras.layers.Layer | None = None,
        weight: float = 1.0,
        activation: Any = "sigmoid",
        likelihood: Any = "bernoulli",
        one_layer: Callable | Sequence[Autoencoder] | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(name=name, **kwargs)
        widths = tuple(widths)
        if not widths:
            raise ValueError("widths must hold a number for each level, but is empty.")
        widths = tuple(check_whole("widths", n, low=1) for n in widths)
        for argument, layer in (("corruption", corruption), ("penalty", penalty)):
            if not (layer is None or isinstance(layer, keras.layers.Layer)):
                raise ValueError(f"{argument} must be a layer or None, but is {layer!r}.")
        if one_layer is not None and not (corruption is None and penalty is None):
            raise ValueError(
                "corruption and penalty must be absent where one_layer makes the levels, "
                f"but are {corruption!r} and {penalty!r}."
            )
        if isinstance(one_layer, (list, tuple)) and len(one_layer) != len(widths):
            raise ValueError(
                f"one_layer must hold an autoencoder for each of the {len(widths)} widths, "
                f"but holds {len(one_layer)}."
            )
        self.widths = widths
        self.corruption = corruption
        self.penalty = penalty
        self.weight = check_number("weight", weight, low=0)
        self.activation = keras.activations.get(activation)
        self.likelihood = likelihoods.get(likelihood)
        self.one_layer = one_layer

    def build(self, input_shape: Any) -> None:
        if self.built:
            return
        make = self.one_layer or self._dense_layer
        self.levels = []
        self.features = features = input_shape[-1]
        for level, units in enumerate(self.widths):
            made = make(level, features, units) if callable(make) else make[level]
            if not isinstance(made, Autoencoder):
                raise ValueError(
                    f"one_layer must make an Autoencoder, but for level {level} made {made!r}."
                )
            if not made.built:
                made.build((None, features))
            codes = tuple(made.encoder.compute_output_shape((None, features)))
            if codes != (None, units):
                raise ValueError(
                    f"one_layer must make codes (B, {units}) at level {level}, but their "
                    f"shape is {codes}."
                )
            self.levels.append(made)
            features = units
        self.built = True

    def pretrain(
        self,
        x: np.ndarray,
        epochs: int,
        batch_size: int = 128,
        optimizer: Any = "adam",
        **kwargs: Any,
    ) -> list[dict]:
        """Train level after level, each on the codes of the finished one below.

        Those codes, of clean data, are computed once a level and kept, so a stack costs what
        its levels cost one by one. Training a level changes no other.

        Args:
            x: data `(N, features)`, a NumPy array.
            epochs: passes over the data, for each level.
            batch_size: examples a step.
            optimizer: Keras optimizer or its name; each level gets a fresh copy.
            **kwargs: those of `fit` that bring no data: `verbose`, `callbacks`, `shuffle`.

        Returns:
            A list of the levels' `fit(...).history`.

        Raises:
            ValueError: if x is not finite floats of shape `(N, features)`.

        Reference: Bengio et al., 2007,
        https://papers.nips.cc/paper/2006/hash/5da713a690c067105aeb2fae32403405-Abstract.html.
        """
        check_array("x", x, rank=2)
        data = {"y", "sample_weight", "class_weight", "validation_data", "validation_split"}
        for name in sorted(data & set(kwargs)):
            raise ValueError(
                f"{name} must be absent, because each level is trained on the codes of the one "
                "below, but was given."
            )
        if not self.built:
            self.build(x.shape)
        optimizer = keras.optimizers.get(optimizer)
        histories = []
        for level in self.levels:
            level.compile(optimizer.from_config(optimizer.get_config()))
            fitted = level.fit(x, epochs=epochs, batch_size=batch_size, **kwargs)
            histories.append(fitted.history)
            if level is not self.levels[-1]:
                x = ops.convert_to_numpy(ops.cast(level.encode(x, batch_size), self.variable_dtype))
        return histories

    def unroll(self) -> Autoencoder:
        """The deep `Autoencoder`: all encoders upwards, then all decoders downwards.

        Its weights are copies, tied where they were tied. Corruption and penalties belong to
        pretraining and stay behind.

        Raises:
            ValueError: if the stack has not been built, by `pretrain` or by `build`.
        """
        levels = self._copies()
        decoders = []
        for level in reversed(levels):
            decoders += [level.decoder, LikelihoodMean(level.likelihood, dtype=self.dtype_policy)]
        deep = Autoencoder(
            keras.Sequential([self._clean_encoder(level) for level in levels], name="encoder"),
            # The last one leaves its parameters to the likelihood of the data.
            keras.Sequential(decoders[:-1], name="decoder"),
            likelihood=levels[0].likelihood,
            dtype=self.dtype_policy,
        )
        deep.build((None, self.features))
        return deep

    def classifier(self, classes: int) -> keras.Model:
        """All encoders and a new dense layer of logits, to be fine-tuned with labels.

        The encoders' weights are copies. On a stack that was built but not pretrained this is
        the same network from a random start.

        Args:
            classes: number of classes.

        Returns:
            A Keras model `(B, features)` → logits `(B, classes)`, all of it trainable; compile
            it with a loss that has `from_logits=True`.

        Raises:
            ValueError: if the stack has not been built, by `pretrain` or by `build`.
        """
        classes = check_whole("classes", classes, low=1)
        encoders = [self._clean_encoder(level) for level in self._copies()]
        logits = keras.layers.Dense(classes, name="logits", dtype=self.dtype_policy)
        return keras.Sequential([keras.Input((self.features,)), *encoders, logits])

    def encode(self, x: Tensor, batch_size: int | None = None) -> Tensor:
        """The top level's codes `(N, widths[-1])` of data `(N, features)`.

        Args:
            x: data `(N, features)`.
            batch_size: examples at a time, which bounds memory.
        """
        refuse_what_is_no_data("x", x)
        return in_batches(lambda part: self(part, training=False), x, batch_size)

    def call(self, x: Any, training: bool = False) -> Tensor:
        for level in self.levels:
            x = self._clean_encoder(level)(x, training=training)
        return x

    def get_config(self) -> dict[str, Any]:
        serialize = keras.saving.serialize_keras_object
        config = {
            "widths": self.widths,
            "corruption": serialize(self.corruption),
            "penalty": serialize(self.penalty),
            "weight": self.weight,
            "activation": keras.activations.serialize(self.activation),
            "likelihood": serialize(self.likelihood),
            "name": self.name,
            "dtype": serialize(self.dtype_policy),
        }
        if self.one_layer is not None:
            # The callable may not survive in a file; what it made does.
            self._check_built()
            config["one_layer"] = [serialize(level) for level in self.levels]
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        def revive(value):
            if isinstance(value, list):
                return [revive(element) for element in value]
            if isinstance(value, dict):
                return keras.saving.deserialize_keras_object(value, custom_objects)
            return value

        return cls(**{name: revive(value) for name, value in config.items()})

    def _dense_layer(self, level, features, units):
        options = {"dtype": self.dtype_policy}
        dense = keras.layers.Dense(units, self.activation, name=f"level_{level}", **options)
        decoder = TiedDense(dense, name=f"level_{level}_back", **options)
        encoder = dense
        if self.corruption is not None:
            encoder = keras.Sequential([_copy(self.corruption), dense])
        sigmoid = self.activation is keras.activations.sigmoid
        codes = likelihoods.get("bernoulli" if sigmoid else "gaussian")
        return SparseAutoencoder(
            encoder,
            decoder,
            penalty=self.penalty and _copy(self.penalty),
            weight=self.weight,
            likelihood=codes if level else self.likelihood,
            **options,
        )

    def _clean_encoder(self, level):
        return level.encoder if self.corruption is None else level.encoder.layers[-1]

    def _copies(self):
        self._check_built()
        # By way of a file in memory, so that ties between weights are copied too.
        return [copy.deepcopy(level) for level in self.levels]

    def _check_built(self):
        if not self.built:
            raise ValueError(
                f"The stack {self.name!r} must be built, by pretrain or by build, but is not."
            )


def _copy(layer):
    return layer.from_config(layer.get_config())
