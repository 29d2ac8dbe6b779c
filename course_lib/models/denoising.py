"""Denoising autoencoder: −log p(x | g(f(x̃))), x̃ ~ C(x̃ | x): the target stays clean.

To undo the noise a model has to know where the data lie. For Gaussian noise of variance σ² the
best reconstruction knows their density p_σ, that of the noisy data, by its score:

    r*(x) = E[x_clean | x̃ = x] = x + σ² ∇ log p_σ(x),   p_σ = p * N(0, σ²I) → p as σ → 0

Reference: Vincent, Larochelle, Bengio and Manzagol, Extracting and composing robust features
with denoising autoencoders, 2008, https://doi.org/10.1145/1390156.1390294. Alain and Bengio, What
regularized auto-encoders learn from the data-generating distribution, 2014,
https://arxiv.org/abs/1211.4246. The identity itself: Miyasawa, 1961; Efron, Tweedie's formula and
selection bias, 2011, https://doi.org/10.1198/jasa.2011.tm11181.
"""

from typing import Any

import keras
from keras import ops

from course_lib.layers.corruption import GaussianCorruption
from course_lib.models.base import Autoencoder
from course_lib.validation import Tensor, check_array


@keras.saving.register_keras_serializable("course_lib")
class DenoisingAutoencoder(Autoencoder):
    """An autoencoder that gets corrupted inputs and has to rebuild the clean ones.

    minimises  E_x E_{x̃ ~ C(x̃ | x)} [ −log p(x | g(f(x̃))) ]

    Corruption belongs to training alone: `evaluate`, `encode`, `reconstruct` and a call of the
    model take the data as they are. To measure denoising, corrupt data yourself and compare
    their reconstructions with the clean ones.

    Args:
        encoder: Keras layer or model, data `(B, ...)` → codes `(B, K)`.
        decoder: Keras layer or model, codes → the likelihood's parameters.
        corruption: C, a layer from data to corrupted data in the same shape, active in
            training only, such as those of `course_lib.layers.corruption`.
        likelihood: `"gaussian"`, `"bernoulli"`, or a loss of `course_lib.losses.likelihood`.
        name: model name.

    Raises:
        ValueError: if the corruption is not a layer.

    Reference: Vincent et al., 2008, https://doi.org/10.1145/1390156.1390294.

    Example:

    >>> import numpy as np
    >>> corruption = GaussianCorruption(sigma=0.5)
    >>> model = DenoisingAutoencoder(keras.layers.Dense(2), keras.layers.Dense(5), corruption)
    >>> model.compile("adam")
    >>> history = model.fit(np.ones((8, 5), "float32"), verbose=0)
    >>> sorted(history.history)
    ['loss', 'reconstruction']
    """

    def __init__(
        self,
        encoder: keras.layers.Layer,
        decoder: keras.layers.Layer,
        corruption: keras.layers.Layer,
        likelihood: Any = "gaussian",
        **kwargs,
    ):
        super().__init__(encoder, decoder, likelihood=likelihood, **kwargs)
        if not isinstance(corruption, keras.layers.Layer):
            raise ValueError(f"corruption must be a Keras layer, but is {corruption!r}.")
        self.corruption = corruption

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        if not self.corruption.built:
            self.corruption.build(input_shape)

    def loss_terms(self, x: Tensor, y: Tensor = None, training: bool = False) -> dict[str, Tensor]:
        codes = self.encoder(self.corruption(x, training=training), training=training)
        parameters = self.decoder(codes, training=training)
        return {"reconstruction": self.nll(x if y is None else y, parameters)}

    def score(self, x: Tensor) -> Tensor:
        """Estimate of the score ∇ log p(x), from what the model adds to x.

            (r(x) − x)/σ² ≈ ∇ log p_σ(x)

        It is as good as the denoiser. Away from the data it was trained on, up to a few σ,
        there is nothing to learn it from.

        Args:
            x: floats of shape `(B, ...)`.

        Returns:
            Floats in the shape of x, in nats per unit of x.

        Raises:
            ValueError: if the corruption is not Gaussian with σ > 0, or x is not finite floats.

        Reference: Alain and Bengio, 2014, https://arxiv.org/abs/1211.4246.
        """
        if not (isinstance(self.corruption, GaussianCorruption) and self.corruption.sigma > 0):
            raise ValueError(
                "corruption must be a GaussianCorruption with sigma above 0 for a score, "
                f"but is {self.corruption!r}."
            )
        check_array("x", x)
        return ops.subtract(self.reconstruct(x), x) / self.corruption.sigma**2

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "corruption": keras.saving.serialize_keras_object(self.corruption),
        }
