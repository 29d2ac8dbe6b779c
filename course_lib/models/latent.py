"""A code with a Gaussian posterior: what every variational autoencoder is, whatever it costs.

    q(z|x) = N(m(x), diag exp s(x)),    p(z) = N(0, I)

    log w = log p(x|z) + log p(z) − log q(z|x),   z ~ q(z|x),      E[w] = p(x),   E[log w] = ELBO

Reference: Kingma and Welling, Auto-encoding variational Bayes, 2014,
https://arxiv.org/abs/1312.6114. Burda, Grosse and Salakhutdinov, Importance weighted
autoencoders, 2016, https://arxiv.org/abs/1509.00519.
"""

import functools
from typing import Any

import keras
from keras import ops

from course_lib.autodiff import traced
from course_lib.layers.sampling import GaussianSampling
from course_lib.losses.log_variance import bounded_log_variance
from course_lib.losses.sums import at_least_float32, in_one_dtype
from course_lib.models.base import Autoencoder
from course_lib.training.batches import in_batches
from course_lib.validation import Tensor, check_seed, check_whole


class GaussianLatent(Autoencoder):
    """An autoencoder whose encoder returns a Gaussian, and whose codes are its means.

    Codes may be vectors `(B, K)` or keep a plane, `(B, H, W, K)`: the last axis is that of the
    units. `encode`, `reconstruct` and a call outside training are deterministic. A subclass
    says in `loss_terms` and `term_weights` what it pays.

    Args:
        encoder: Keras layer or model, data `(B, ...)` → mean and log-variance of q(z|x), side
            by side, `(B, ..., 2K)`.
        decoder: Keras layer or model, z `(B, ..., K)` → the likelihood's parameters.
        likelihood: `"bernoulli"`, `"gaussian"`, or a loss of `course_lib.losses.likelihood`.
        seed: whole number that fixes the noise; by default `set_random_seed` does.
        name: model name.
        **kwargs: `dtype` of `keras.Model`.

    Raises:
        ValueError: if the encoder's outputs are no pairs.
    """

    def __init__(
        self,
        encoder: keras.layers.Layer,
        decoder: keras.layers.Layer,
        likelihood: Any = "bernoulli",
        seed: int | None = None,
        name: str | None = None,
        **kwargs,
    ):
        super().__init__(encoder, decoder, likelihood=likelihood, name=name, **kwargs)
        self.sampling = GaussianSampling(seed, dtype=self.dtype_policy, name="sampling")

    def build(self, input_shape: Any) -> None:
        if self.built:
            return
        if not self.encoder.built:
            self.encoder.build(input_shape)
        *plane, features = self.encoder.compute_output_shape(input_shape)[1:]
        if features % 2:
            raise ValueError(
                "encoder must return mean and log-variance side by side, but the number of its "
                f"outputs, {features}, is odd."
            )
        self.code_shape = (*plane, features // 2)
        self.build_decoder()
        self.sampling.build((None, *self.code_shape))
        super().build(input_shape)

    def build_decoder(self) -> None:
        """Build the decoder for codes of `code_shape`."""
        if not self.decoder.built:
            self.decoder.build((None, *self.code_shape))

    def posterior(self, x: Tensor, training: bool = False) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z|x), both `(B, ..., K)`."""
        mean, log_variance = ops.split(self.encoder(x, training=training), 2, axis=-1)
        return mean, bounded_log_variance(log_variance)

    def decoded(self, z: Tensor, x: Tensor, training: bool = False) -> Tensor:
        """The likelihood's parameters at z; x is what z was drawn for."""
        return self.decoder(z, training=training)

    def call(self, x: Any, training: bool = False) -> Tensor:
        mean, log_variance = self.posterior(x, training)
        z = self.sampling(mean, log_variance) if training else mean
        return self.decoded(z, x, training)

    def _codes(self, x):
        return self.posterior(x)[0]

    def generate(self, count: int, *, seed: Any = None) -> Tensor:
        """Means `(count, ...)` of the likelihood at z drawn from the prior N(0, I).

        Args:
            count: how many, at least 1.
            seed: whole number or `keras.random.SeedGenerator`.
        """
        return self.decode(self.prior_draws(check_whole("count", count, low=1), seed))

    def prior_draws(self, count: int, seed: Any = None) -> Tensor:
        """z `(count, ..., K)` from N(0, I)."""
        self.check_built()
        shape = (count, *self.code_shape)
        return keras.random.normal(shape, seed=check_seed(seed), dtype=self.compute_dtype)

    def log_weights(self, x: Tensor, samples: int, batch_size: int | None = None) -> Tensor:
        """Logarithms of importance weights, whose mean over z is p(x).

            log w = log p(x|z) + log p(z) − log q(z|x),   z ~ q(z|x)

        Their mean is the ELBO, and the logarithm of the weights' mean a tighter bound.

        Args:
            x: data `(N, ...)`.
            samples: S, draws of z for each example.
            batch_size: examples at a time, which bounds memory.

        Returns:
            Nats, shape `(N, S)`.

        Reference: Burda, Grosse and Salakhutdinov, Importance weighted autoencoders, 2016,
        https://arxiv.org/abs/1509.00519.
        """
        samples = check_whole("samples", samples, low=1)
        self.check_data(x)
        self.check_built(x)
        fitting = max(1, 20_000 // samples)
        return in_batches(lambda part: self._weigh(part, samples), x, batch_size, fitting)

    @functools.cached_property
    def _weigh(self):
        return traced(lambda x, samples: self.draw_weights(x, self.target(x), samples))

    def draw_weights(self, x: Tensor, y: Tensor, samples: int, training: bool = False) -> Tensor:
        """What `log_weights` returns, as a part of a step; y is what is to be rebuilt."""
        x = keras.tree.map_structure(ops.convert_to_tensor, x)
        mean, log_variance = self.posterior(x, training)
        z = self.sampling(mean, log_variance, samples=samples)
        each = keras.tree.map_structure(lambda part: ops.repeat(part, samples, axis=0), x)
        flat = ops.reshape(z, (-1, *self.code_shape))
        nll = self.likelihood.of_draws(y, self.decoded(flat, each, training), samples)
        ratio, nll = in_one_dtype(log_density_ratio(z, mean, log_variance), nll)
        return ratio - nll

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.sampling.seed}


def log_density_ratio(z: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """log p(z) − log q(z|x), `(B, S)`, of z `(B, S, ..., K)`: in it the constants cancel."""
    z, mean, log_variance = (at_least_float32(v) for v in (z, mean, log_variance))
    epsilon = (z - mean[:, None]) * ops.exp(-0.5 * log_variance)[:, None]
    parts = ops.square(epsilon) + log_variance[:, None] - ops.square(z)
    return 0.5 * ops.sum(parts, axis=tuple(range(2, len(z.shape))))
