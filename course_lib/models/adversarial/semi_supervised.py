"""Semi-supervised adversarial autoencoder: a few labels name the clusters.

    reconstruction    encoder and decoder     −log p(x | g(y, z)),   (y, z) = f(x)
    discriminator     discriminator           tell prior from codes
    generator         encoder                 make that hard
    classification    encoder                 −log y_c,   for examples whose class c is known

in turn, batch by batch: the first three see all data, the last a batch of the labelled ones.

Reference: Makhzani, Shlens, Jaitly, Goodfellow and Frey, Adversarial autoencoders, 2016,
https://arxiv.org/abs/1511.05644, section 5.
"""

from contextlib import contextmanager
from typing import Any

import keras
from keras import ops

from course_lib.layers.priors import CategoricalPrior
from course_lib.models.adversarial.clustering import ClusteringAAE
from course_lib.training.phases import Phase
from course_lib.validation import Tensor, check_array, check_whole


@keras.saving.register_keras_serializable("course_lib")
class SemiSupervisedAAE(ClusteringAAE):
    """A `ClusteringAAE` whose clusters are classes, because some examples have labels.

    Four phases a step, each with its own optimiser: those of `AdversarialAutoencoder`, then
    `classification`, which moves the encoder.

    Args:
        encoder: Keras layer or model, data `(B, ...)` → `(B, C + K)`: C logits of the classes,
            then K numbers of style.
        decoder: Keras layer or model, probabilities and style side by side, `(B, C + K)` → the
            likelihood's parameters.
        discriminator: Keras layer or model, the same `(B, C + K)` → a logit `(B, 1)`.
        prior: `CategoricalPrior(C, K)`.
        labelled_batch: labelled examples a step, drawn with replacement.
        likelihood: `"bernoulli"`, `"gaussian"`, or a loss of `course_lib.losses.likelihood`.
        seed: whole number that fixes all draws; by default `set_random_seed` does.
        name: model name.

    Raises:
        ValueError: if the prior is no `CategoricalPrior`, its units are not those of the codes,
            or `labelled_batch` is no positive whole number.

    Reference: Makhzani et al., 2016, section 5, https://arxiv.org/abs/1511.05644.

    Example:

    >>> import numpy as np
    >>> from course_lib.layers import CategoricalPrior
    >>> dense = keras.layers.Dense
    >>> model = SemiSupervisedAAE(dense(5), dense(4), dense(1), CategoricalPrior(3, 2))
    >>> model.compile("adam")
    >>> x = np.ones((8, 4), "float32")
    >>> history = model.fit(x, labelled=(x[:3], np.array([0, 1, 2])), verbose=0)
    >>> model.probabilities(x).shape == (8, 3)
    True
    """

    def __init__(
        self,
        encoder: keras.layers.Layer,
        decoder: keras.layers.Layer,
        discriminator: keras.layers.Layer,
        prior: CategoricalPrior,
        labelled_batch: int = 100,
        **kwargs,
    ):
        super().__init__(encoder, decoder, discriminator, prior, **kwargs)
        self.labelled_batch = check_whole("labelled_batch", labelled_batch, low=1)
        self._labelled: Any = None
        self._compiled_for: Any = (None, None)

    def phases(self) -> list[Phase]:
        classify = Phase("classification", self.classification_loss, [self.encoder], of_batch=False)
        return [*super().phases(), classify]

    def fit(
        self, x: Any = None, y: Any = None, *args: Any, labelled: Any = None, **kwargs: Any
    ) -> keras.callbacks.History:
        """Keras' `fit` on all data x, labelled or not.

        Args:
            x: data `(N, ...)`.
            y: what is to be rebuilt; x by default.
            *args: those of Keras' `fit`.
            labelled: examples and their labels, `(M, ...)` floats and `(M,)` whole numbers from
                0 to C − 1.
            **kwargs: those of Keras' `fit`. Sample weights concern x, not the labelled examples.
        """
        with self._given(labelled):
            return super().fit(x, y, *args, **kwargs)

    def evaluate(
        self, x: Any = None, y: Any = None, *args: Any, labelled: Any = None, **kwargs: Any
    ) -> Any:
        """Keras' `evaluate` on all data x; `classification` is that of the labelled examples."""
        with self._given(labelled):
            return super().evaluate(x, y, *args, **kwargs)

    def train_on_batch(
        self, x: Any, y: Any = None, *args: Any, labelled: Any = None, **kwargs: Any
    ) -> Any:
        """Keras' `train_on_batch` on data x, and a batch of the labelled examples."""
        with self._given(labelled):
            return super().train_on_batch(x, y, *args, **kwargs)

    def test_on_batch(
        self, x: Any, y: Any = None, *args: Any, labelled: Any = None, **kwargs: Any
    ) -> Any:
        """Keras' `test_on_batch` on data x, and all labelled examples."""
        with self._given(labelled):
            return super().test_on_batch(x, y, *args, **kwargs)

    def classification_loss(self, x: Tensor, y: Tensor = None, training: bool = False) -> Tensor:
        """−log y_c of labelled examples: in training a batch drawn from them, else all."""
        x, labels = self._labelled
        if training:
            drawn = keras.random.randint(
                (self.labelled_batch,), 0, len(labels), seed=self.seed_generator
            )
            x, labels = (ops.take(part, drawn, axis=0) for part in (x, labels))
        logits, _ = self.split(self.encoder(x, training=training))
        return keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "labelled_batch": self.labelled_batch}

    @contextmanager
    def _given(self, labelled):
        if labelled is None and self._labelled is not None:
            # Validation, inside of `fit`.
            yield
            return
        if not isinstance(labelled, (tuple, list)) or len(labelled) != 2:
            raise ValueError(
                "labelled must be a pair of examples and their labels, "
                f"but is of type {type(labelled).__name__}."
            )
        x, labels = labelled
        check_array(
            "labelled[0]", x, rank=range(2, 6), low=self.likelihood.low, high=self.likelihood.high
        )
        check_array("labelled[1]", labels, rank=1, integer=True, low=0, high=self.prior.classes - 1)
        if len(x) != len(labels):
            raise ValueError(
                f"labelled must hold a label for each of its {len(x)} examples, "
                f"but holds {len(labels)}."
            )
        if x is not self._compiled_for[0] or labels is not self._compiled_for[1]:
            # Compiled functions keep the labelled examples that they were compiled with.
            self.train_function = self.test_function = None
            self._functions = {}
        self._labelled = self._compiled_for = x, labels
        try:
            yield
        finally:
            self._labelled = None
