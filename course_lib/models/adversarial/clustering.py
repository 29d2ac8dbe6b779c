"""Adversarial autoencoder with two codes: which kind an example is of, and in what style.

    y = softmax(a),   (a, z) = f(x),    prior:  y one of C corners, evenly;  z ~ N(0, I)

The discriminator sees both parts side by side. It pushes y to the corners, all of them equally
often, and z to be independent of y: clusters, without a label. An encoder that may send all
images to one corner does, and stays there, because at a corner the softmax has no slope; one that
ends in batch normalisation without an offset, as in the lesson on adversarial autoencoders, cannot.

Reference: Makhzani, Shlens, Jaitly, Goodfellow and Frey, Adversarial autoencoders, 2016,
https://arxiv.org/abs/1511.05644, sections 5 and 6 (who give each part a discriminator of its own).
"""

from typing import Any

import keras
from keras import ops

from course_lib.layers.priors import CategoricalPrior
from course_lib.models.adversarial.aae import AdversarialAutoencoder
from course_lib.validation import Tensor, check_seed, check_whole


@keras.saving.register_keras_serializable("course_lib")
class ClusteringAAE(AdversarialAutoencoder):
    """An adversarial autoencoder whose code begins with the probabilities of C clusters.

    Args:
        encoder: Keras layer or model, data `(B, ...)` → `(B, C + K)`: C logits of the clusters,
            then K numbers of style.
        decoder: Keras layer or model, probabilities and style side by side, `(B, C + K)` → the
            likelihood's parameters.
        discriminator: Keras layer or model, the same `(B, C + K)` → a logit `(B, 1)`.
        prior: `CategoricalPrior(C, K)`.
        likelihood: `"bernoulli"`, `"gaussian"`, or a loss of `course_lib.losses.likelihood`.
        seed: whole number that fixes the draws from the prior; by default `set_random_seed`
            does.
        name: model name.

    Raises:
        ValueError: if the prior is no `CategoricalPrior`, or its units are not those of the
            codes.

    Reference: Makhzani et al., 2016, section 6, https://arxiv.org/abs/1511.05644.

    Example:

    >>> import numpy as np
    >>> dense = keras.layers.Dense
    >>> model = ClusteringAAE(dense(5), dense(4), dense(1), CategoricalPrior(3, 2))
    >>> x = np.ones((8, 4), "float32")
    >>> model.compile("adam")
    >>> history = model.fit(x, verbose=0)
    >>> model.probabilities(x).shape == (8, 3), model.generate(2, cluster=1).shape == (2, 4)
    (True, True)
    """

    def __init__(
        self,
        encoder: keras.layers.Layer,
        decoder: keras.layers.Layer,
        discriminator: keras.layers.Layer,
        prior: CategoricalPrior,
        **kwargs,
    ):
        if not isinstance(prior, CategoricalPrior):
            raise ValueError(f"prior must be a CategoricalPrior, but is {prior!r}.")
        super().__init__(encoder, decoder, discriminator, prior, **kwargs)

    def codes(self, x: Tensor, training: bool = False) -> Tensor:
        """Probabilities of the clusters and style, side by side, `(B, C + K)`."""
        logits, style = self.split(self.encoder(x, training=training))
        return ops.concatenate([ops.softmax(logits), style], axis=1)

    def split(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """What belongs to the clusters `(B, C)`, and the style `(B, K)`."""
        return codes[:, : self.prior.classes], codes[:, self.prior.classes :]

    def probabilities(self, x: Tensor, batch_size: int | None = None) -> Tensor:
        """Probabilities `(N, C)` of the clusters of data `(N, ...)`."""
        return self.split(self.encode(x, batch_size))[0]

    def generate(self, count: int, *, cluster: int | None = None, seed: Any = None) -> Tensor:
        """Means `(count, ...)` of the likelihood at codes drawn from the prior.

        Args:
            count: how many, at least 1.
            cluster: the cluster that all are of; by default each one's is drawn, too.
            seed: whole number or `keras.random.SeedGenerator`.

        Raises:
            ValueError: if there is no such cluster.
        """
        count = check_whole("count", count, low=1)
        z = self.prior.sample(count, check_seed(seed))
        if cluster is not None:
            cluster = check_whole("cluster", cluster, low=0, high=self.prior.classes - 1)
            label = ops.one_hot(ops.full((count,), cluster, "int32"), self.prior.classes)
            z = ops.concatenate([label, self.split(z)[1]], axis=1)
        return self.decode(z)
