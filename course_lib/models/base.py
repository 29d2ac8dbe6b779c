"""Autoencoder: code h = f(x), reconstruction x' = g(h), loss −log p(x | g(f(x))).

What every model of the course shares: one loss path. A model says in
`loss_terms` what it pays for, example by example, and in `term_weights` what
each term costs; `fit`, `evaluate`, logs and saving follow from that.
"""

from contextlib import contextmanager

import keras
import numpy as np
from keras import ops

from course_lib.losses import likelihood as likelihoods
from course_lib.training.batches import batches
from course_lib.validation import check_array, check_same_shape


@keras.saving.register_keras_serializable("course_lib")
class Autoencoder(keras.Model):
    """An encoder f and a decoder g, trained by maximum likelihood.

    minimises  E_x[ −log p(x | g(f(x))) ]

    The decoder returns the *parameters* of p: logits for a Bernoulli
    likelihood, the mean for a Gaussian one. `reconstruct` returns the mean.

    Subclasses override `loss_terms` (and `term_weights` when they add terms).

    Args:
        encoder: Keras layer or model, data `(B, ...)` → codes `(B, K)`.
        decoder: Keras layer or model, codes → the likelihood's parameters.
        likelihood: `"gaussian"`, `"bernoulli"`, or a loss of
            `course_lib.losses.likelihood`.
        name: model name.

    Reference:
        Hinton & Salakhutdinov, Reducing the dimensionality of data with
        neural networks, 2006.

    Example:

    >>> import keras, numpy as np
    >>> autoencoder = Autoencoder(keras.layers.Dense(2), keras.layers.Dense(5))
    >>> autoencoder.compile("adam")
    >>> history = autoencoder.fit(np.ones((8, 5), "float32"), verbose=0)
    >>> sorted(history.history)
    ['loss', 'reconstruction']
    """

    def __init__(self, encoder, decoder, likelihood="gaussian", name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        self.encoder = encoder
        self.decoder = decoder
        self.likelihood = likelihoods.get(likelihood)
        self._inside_step = False

    @property
    def term_weights(self):
        """What each loss term costs: `{name: weight}`, in the order of the logs."""
        return {"reconstruction": 1.0}

    @property
    def training_weights(self):
        """What each term costs in training, where a weight may still be on its way."""
        return self.term_weights

    def loss_terms(self, x, training=False):
        """The loss of each example, term by term, in one forward pass.

        Args:
            x: data `(B, ...)`.
            training: whether layers behave as in training.

        Returns:
            `{name: (B,)}`, in nats where the term is a likelihood.
        """
        parameters = self.decoder(self.encoder(x, training=training), training=training)
        return {"reconstruction": self.likelihood.call(x, parameters)}

    def encode(self, x):
        """Codes `(B, K)` of data `(B, ...)`: deterministic, two calls agree."""
        return self.encoder(x, training=False)

    def decode(self, codes):
        """Data-space mean `(B, ...)` of codes `(B, K)`."""
        return self.likelihood.mean(self.decoder(codes, training=False))

    def reconstruct(self, x):
        """Data-space mean `(B, ...)` of the reconstruction of `x`."""
        return self.decode(self.encode(x))

    def compile(self, optimizer="adam", steps_per_execution=None, **kwargs):
        """Keras' `compile` without losses and metrics: both are the model's own terms.

        Args:
            optimizer: Keras optimizer or its name.
            steps_per_execution: batches a call; by default 16 on
                TensorFlow, where small models spend more time being called
                than computing, and 1 elsewhere: JAX would compile 16 copies
                of the step, PyTorch cannot.
            kwargs: `jit_compile`, `run_eagerly` and `auto_scale_loss` of Keras.
        """
        for name in ("loss", "loss_weights", "metrics", "weighted_metrics"):
            if kwargs.get(name) is not None:
                raise ValueError(
                    f"{name} must be absent, because loss_terms says what an autoencoder "
                    f"minimises and logs, but is {kwargs[name]!r}."
                )
        if steps_per_execution is None:
            steps_per_execution = 16 if keras.backend.backend() == "tensorflow" else 1
        super().compile(optimizer, steps_per_execution=steps_per_execution, **kwargs)

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.built:
            self.optimizer.build(self.trainable_variables)

    def build(self, input_shape):
        if self.built:
            return
        if not self.encoder.built:
            self.encoder.build(input_shape)
        if not self.decoder.built:
            self.decoder.build(self.encoder.compute_output_shape(input_shape))
        self._trackers = {name: keras.metrics.Mean(name=name) for name in self.term_weights}
        self.built = True

    def call(self, x, training=None):
        # Inside a train or test step Keras wants a prediction first and a loss
        # of it after; handing it the terms keeps that to one forward pass.
        if self._inside_step:
            return self.loss_terms(x, training)
        return self.decoder(self.encoder(x, training=training), training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Mean over the batch of the weighted sum of the terms, plus layer penalties."""
        # Read first: a second call of a sub-layer would replace them.
        penalties = list(self.losses)
        if y is not None:
            check_same_shape("y", y, "x", x)
        terms = y_pred if self._inside_step else self.loss_terms(x, training)
        if set(terms) != set(self.term_weights):
            raise ValueError(
                f"loss_terms must return the terms {sorted(self.term_weights)}, "
                f"but returned {sorted(terms)}."
            )
        weights = self.training_weights if training else self.term_weights
        loss = sum(weight * terms[name] for name, weight in weights.items())
        if sample_weight is not None:
            loss = loss * ops.cast(sample_weight, loss.dtype)
        return sum(penalties, ops.mean(loss))

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        terms = y_pred if self._inside_step else self.loss_terms(x)
        for name, tracker in self._trackers.items():
            tracker.update_state(terms[name], sample_weight)
        return self.get_metrics_result()

    def train_step(self, *args, **kwargs):
        with self._step():
            return super().train_step(*args, **kwargs)

    def test_step(self, *args, **kwargs):
        with self._step():
            return super().test_step(*args, **kwargs)

    def fit(self, x=None, y=None, **kwargs):
        """Keras' `fit`; the target is the input, so `fit(x)` and `fit(x, x)` are the same."""
        held_out = kwargs.get("validation_data")
        if isinstance(held_out, np.ndarray):
            held_out = (held_out,)
        if isinstance(held_out, (tuple, list)):
            held_out = self._checked("validation_data", *held_out)
            if _alone(*held_out[:2]):
                size = kwargs.pop("validation_batch_size", None) or kwargs.get("batch_size")
                held_out = batches(held_out[0], size, shuffle=False)
            kwargs["validation_data"] = held_out
        x, y, weights = self._checked("x", x, y, kwargs.pop("sample_weight", None))
        if _alone(x, y) and not kwargs.get("validation_split"):
            x = batches(x, kwargs.pop("batch_size", None), kwargs.pop("shuffle", True))
            kwargs["shuffle"] = False
        return super().fit(x, y, sample_weight=weights, **kwargs)

    def evaluate(self, x=None, y=None, **kwargs):
        """Keras' `evaluate`; returns the mean of every term."""
        x, y, weights = self._checked("x", x, y, kwargs.pop("sample_weight", None))
        if _alone(x, y):
            x = batches(x, kwargs.pop("batch_size", None), shuffle=False)
        return super().evaluate(x, y, sample_weight=weights, **kwargs)

    def get_config(self):
        return {
            "encoder": keras.saving.serialize_keras_object(self.encoder),
            "decoder": keras.saving.serialize_keras_object(self.decoder),
            "likelihood": keras.saving.serialize_keras_object(self.likelihood),
            "name": self.name,
            "dtype": keras.saving.serialize_keras_object(self.dtype_policy),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(
            **{
                name: keras.saving.deserialize_keras_object(value, custom_objects)
                if isinstance(value, dict) and "class_name" in value
                else value
                for name, value in config.items()
            }
        )

    def _checked(self, name, x, y=None, sample_weight=None):
        """Check NumPy data once, before training: inside a compiled step it is too late."""
        if not isinstance(x, np.ndarray):
            return x, y, sample_weight
        check_array(name, x, low=self.likelihood.low, high=self.likelihood.high)
        if y is not None and y is not x and not np.array_equal(y, x):
            raise ValueError(
                "y must be x or absent, because an autoencoder's target is its input, "
                f"but another array of shape {np.shape(y)} was given."
            )
        # A target that repeats x need not be carried along, but without one
        # Keras drops the sample weights.
        return x, None if sample_weight is None else x, sample_weight

    @contextmanager
    def _step(self):
        self._inside_step = True
        try:
            yield
        finally:
            self._inside_step = False


def _alone(x, y):
    """Whether data are an array without a target, to be batched by the course's own pipeline."""
    return isinstance(x, np.ndarray) and y is None and keras.backend.backend() == "tensorflow"
