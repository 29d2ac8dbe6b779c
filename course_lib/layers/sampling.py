"""Reparameterised sampling: noise first, parameters after, so that gradients pass.

    z = m + exp(s/2) ⊙ ε,   ε ~ N(0, I)     so that  z ~ N(m, diag(exp s)),  s = log σ²

Reference: Kingma and Welling, Auto-encoding variational Bayes, 2014,
    https://arxiv.org/abs/1312.6114. Rezende, Mohamed and Wierstra, Stochastic backpropagation and
    approximate inference in deep generative models, 2014, https://arxiv.org/abs/1401.4082.
"""

from typing import Any

import keras
from keras import ops

from course_lib.layers.seeds import SavesSeeds
from course_lib.losses.log_variance import bounded_log_variance
from course_lib.losses.sums import at_least_float32
from course_lib.validation import Tensor, check_array, check_same_shape, check_seed, check_whole


@keras.saving.register_keras_serializable("course_lib")
class GaussianSampling(SavesSeeds, keras.layers.Layer):
    """Draws from a Gaussian whose mean and log-variance are given, example by example.

        z = m + exp(s/2) ⊙ ε,   ε ~ N(0, I)

    It draws whether in training or not: whoever wants no noise takes the mean. The generator's
    state is saved, so that training resumed from a file sees the noise it would have seen.

    Args:
        seed: whole number of at least 0 that fixes the noise; by default `set_random_seed`
            does.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        mean: m, floats of shape `(B, K)`, or of maps `(B, ..., K)`.
        log_variance: s = log σ², of the same shape, held from −30 to 20 by
            `bounded_log_variance`.
        samples: S, draws for each example. By default one, without an axis of its own.

    Returns:
        z, in the shape of the mean, or `(B, S, ..., K)` when `samples` is given.

    Raises:
        ValueError: if mean and log-variance do not fit, or `samples` is no positive number.

    Reference: Kingma and Welling, 2014, section 2.4, https://arxiv.org/abs/1312.6114.

    Example:

    >>> sample = GaussianSampling(seed=0)
    >>> z = sample(ops.full((1, 2), 3.0), ops.full((1, 2), -2.0), samples=100_000)
    >>> print(tuple(z.shape), f"{float(ops.mean(z)):.2f} {float(ops.std(z)):.2f}")  # exp(-1) = 0.37
    (1, 100000, 2) 3.00 0.37
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = check_seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def __call__(
        self, mean: Tensor, log_variance: Tensor, samples: int | None = None, **kwargs: Any
    ) -> Tensor:
        # Keras makes tensors of NumPy's numbers next, and a shape wants a number.
        if samples is not None:
            samples = check_whole("samples", samples, low=1)
        return super().__call__(mean, log_variance, samples=samples, **kwargs)

    def build(self, mean_shape, log_variance_shape=None):
        self.built = True

    def call(self, mean: Tensor, log_variance: Tensor, samples: int | None = None) -> Tensor:
        check_array("mean", mean, rank=range(2, 6))
        check_array("log_variance", log_variance)
        check_same_shape("log_variance", log_variance, "mean", mean)
        deviation = ops.exp(0.5 * bounded_log_variance(log_variance))
        shape = _with_draws(ops.shape(mean), samples)
        if samples is not None:
            mean, deviation = ops.expand_dims(mean, 1), ops.expand_dims(deviation, 1)
        # Half precision would draw other numbers, and coarser ones.
        dtype = at_least_float32(mean.dtype)
        epsilon = keras.random.normal(shape, dtype=dtype, seed=self.seed_generator)
        return mean + deviation * ops.cast(epsilon, mean.dtype)

    def compute_output_spec(self, mean, log_variance, samples=None):
        shape = _with_draws(tuple(mean.shape), samples)
        return keras.KerasTensor(shape, dtype=self.compute_dtype)

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}


def _with_draws(shape, samples):
    return shape if samples is None else (shape[0], samples, *shape[1:])
