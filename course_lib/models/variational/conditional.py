"""Conditional variational autoencoder: the label is given, so the code need not carry it.

    −ELBO(x|y) = E_{z ~ q(z|x,y)} [ −log p(x | z, y) ] + KL(q(z|x,y) ‖ p(z)),   p(z) = N(0, I)

Encoder and decoder see the label y as C further numbers, one of them 1 (of an image: as C
further channels).

Reference: Sohn, Lee and Yan, Learning structured output representation using deep conditional
generative models, 2015,
https://papers.nips.cc/paper/2015/hash/8d55a249e6baa5c06772297520da2051-Abstract.html. Kingma,
Rezende, Mohamed and Welling, Semi-supervised learning with deep generative models, 2014,
https://arxiv.org/abs/1406.5298.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from course_lib.models.variational.vae import VAE
from course_lib.training.inputs import as_numpy, refuse_what_is_no_data
from course_lib.validation import Tensor, check_array, check_whole


@keras.saving.register_keras_serializable("course_lib")
class ConditionalVAE(VAE):
    """A VAE of data whose labels are known: it generates examples of a wanted class.

    minimises  E_{x,y} [ E_{z ~ q(z|x,y)} [ −log p(x | z, y) ] + β KL(q(z|x,y) ‖ N(0, I)) ]

    What a `VAE` takes as x is a pair here: `fit([x, labels])`, `encode([x, labels])`,
    `decode([z, labels])`. `fit(x, labels)`, and a dataset of such batches, mean the same.

    Args:
        encoder: Keras layer or model, data with the label after the last axis, `(B, ..., D + C)`
            → mean and log-variance of q(z|x, y), side by side, `(B, 2K)`.
        decoder: Keras layer or model, z with the label `(B, K + C)` → the likelihood's
            parameters.
        classes: C, the number of labels, at least 2.
        beta: β, at least 0.
        warmup: training steps until β has its full value; 0 for none.
        likelihood: `"bernoulli"`, `"gaussian"`, or a loss of `course_lib.losses.likelihood`.
        seed: whole number that fixes the noise; by default `set_random_seed` does.
        name: model name.

    Raises:
        ValueError: if `classes` is no whole number of at least 2, or a label is none of them.

    Reference: Sohn et al., 2015,
    https://papers.nips.cc/paper/2015/hash/8d55a249e6baa5c06772297520da2051-Abstract.html.

    Example:

    >>> import numpy as np
    >>> vae = ConditionalVAE(keras.layers.Dense(4), keras.layers.Dense(5), classes=3)
    >>> vae.compile("adam")
    >>> x, labels = np.ones((8, 5), "float32"), np.arange(8) % 3
    >>> history = vae.fit([x, labels], verbose=0)
    >>> vae.encode([x, labels]).shape == (8, 2), vae.generate(np.array([0, 2])).shape == (2, 5)
    (True, True)
    """

    def __init__(
        self, encoder: keras.layers.Layer, decoder: keras.layers.Layer, classes: int, **kwargs
    ):
        super().__init__(encoder, decoder, **kwargs)
        self.classes = check_whole("classes", classes, low=2)

    def arranged(self, x: Any, y: Any) -> tuple[Any, Any]:
        """A batch `(image, label)`, as datasets give it, is the pair `[image, label]`."""
        return (x, y) if isinstance(x, (tuple, list)) or y is None else ([x, y], None)

    def target(self, x: Any) -> Any:
        return x[0]

    def build(self, input_shape: Any) -> None:
        shape = tuple(input_shape[0])
        super().build((*shape[:-1], shape[-1] + self.classes))

    def build_decoder(self) -> None:
        if not self.decoder.built:
            *plane, units = self.code_shape
            self.decoder.build((None, *plane, units + self.classes))

    def posterior(self, x: Any, training: bool = False) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z|x, y) for a pair `[x, labels]`, both `(B, ..., K)`."""
        return super().posterior(self._labelled(*x), training)

    def decoded(self, z: Tensor, x: Any, training: bool = False) -> Tensor:
        """The likelihood's parameters at z with the labels of `[x, labels]`."""
        return self.decoder(self._labelled(z, x[1]), training=training)

    def _means(self, codes):
        return self.likelihood.mean(self.decoded(codes[0], codes))

    def encode(self, x: Any, batch_size: int | None = None) -> Tensor:
        """Posterior means `(N, K)` of a pair `[x, labels]`: deterministic, two calls agree."""
        self._check_pair("x", x)
        return super().encode(list(x), batch_size)

    def decode(self, codes: Any, batch_size: int | None = None) -> Tensor:
        """Data-space means `(N, ...)` of a pair `[z, labels]`."""
        self._check_pair("codes", codes)
        return super().decode(list(codes), batch_size)

    def reconstruct(self, x: Any, batch_size: int | None = None) -> Tensor:
        """Data-space means `(N, ...)` of the reconstructions of `[x, labels]`."""
        return self.decode([self.encode(x, batch_size), x[1]], batch_size)

    def generate(self, labels: Any, *, seed: Any = None) -> Tensor:
        """Means `(N, ...)` of the likelihood for labels `(N,)`, at z drawn from the prior.

        Args:
            labels: whole numbers from 0 to C − 1, an array or a list.
            seed: whole number or `keras.random.SeedGenerator`.
        """
        labels = np.asarray(labels) if isinstance(labels, (tuple, list)) else labels
        self._check_labels("labels", labels)
        return self.decode([self.prior_draws(len(labels), seed), labels])

    def check_data(self, x: Any, y: Any = None, name: str = "x") -> None:
        self._check_pair(name, x)
        super().check_data(x[0], y, f"{name}[0]")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "classes": self.classes}

    def _labelled(self, x, labels):
        x = ops.convert_to_tensor(x)
        label = ops.one_hot(ops.cast(labels, "int32"), self.classes, dtype=x.dtype)
        axes = tuple(range(1, len(x.shape) - 1))
        spread = ops.ones_like(x[..., :1]) * ops.expand_dims(label, axes)
        return ops.concatenate([x, spread], axis=-1)

    def _check_pair(self, name, x):
        if not (isinstance(x, (tuple, list)) and len(x) == 2):
            raise ValueError(
                f"{name} must be a pair of data and labels, but is of type {type(x).__name__}."
            )
        refuse_what_is_no_data(f"{name}[0]", x[0])
        self._check_labels(f"{name}[1]", x[1])
        if len(x[0]) != len(x[1]):
            raise ValueError(
                f"{name} must hold a label for each of its {len(x[0])} examples, "
                f"but holds {len(x[1])}."
            )

    def _check_labels(self, name, labels):
        check_array(name, as_numpy(labels), rank=1, integer=True, low=0, high=self.classes - 1)
