"""Reparameterised sampling: noise first, parameters after, so that gradients pass.

    z = m + exp(s/2) ⊙ ε,   ε ~ N(0, I)     so that  z ~ N(m, diag(exp s)),  s = log σ²

Reference: Kingma and Welling, Auto-encoding variational Bayes, 2014. Rezende, Mohamed and
Wierstra, Stochastic backpropagation and approximate inference in deep generative models, 2014.
"""

import numbers

import keras
from keras import ops

from course_lib.validation import check_array, check_same_shape


@keras.saving.register_keras_serializable("course_lib")
class GaussianSampling(keras.layers.Layer):
    """Draws from a Gaussian whose mean and log-variance are given, example by example.

        z = m + exp(s/2) ⊙ ε,   ε ~ N(0, I)

    It draws whether in training or not: whoever wants no noise takes the mean. The generator's
    state is saved, so that training resumed from a file sees the noise it would have seen.

    Args:
        seed: whole number of at least 0 that fixes the noise; by default `set_random_seed`
            does.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        mean: m, floats of shape `(B, K)`.
        log_variance: s = log σ², of the same shape.
        samples: S, draws for each example. By default one, without an axis of its own.

    Returns:
        z, shape `(B, K)`, or `(B, S, K)` when `samples` is given.

    Raises:
        ValueError: if mean and log-variance do not fit, or `samples` is no positive number.

    Reference: Kingma and Welling, 2014, section 2.4.

    Example:

    >>> sample = GaussianSampling(seed=0)
    >>> z = sample(ops.full((1, 2), 3.0), ops.full((1, 2), -2.0), samples=100_000)
    >>> print(tuple(z.shape), f"{float(ops.mean(z)):.2f} {float(ops.std(z)):.2f}")  # exp(-1) = 0.37
    (1, 100000, 2) 3.00 0.37
    """

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        if seed is not None and not (isinstance(seed, numbers.Integral) and 0 <= seed < 2**31):
            raise ValueError(
                f"seed must be None or a whole number from 0 to 2**31 - 1, but is {seed!r}."
            )
        self.seed = None if seed is None else int(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def build(self, mean_shape, log_variance_shape=None):
        self.built = True

    def call(self, mean, log_variance, samples=None):
        check_array("mean", mean, rank=2)
        check_array("log_variance", log_variance, rank=2)
        check_same_shape("log_variance", log_variance, "mean", mean)
        deviation = ops.exp(0.5 * log_variance)
        shape = ops.shape(mean)
        if samples is not None:
            if not (isinstance(samples, numbers.Integral) and samples > 0):
                raise ValueError(f"samples must be a positive whole number, but is {samples!r}.")
            shape = (shape[0], samples, shape[1])
            mean, deviation = ops.expand_dims(mean, 1), ops.expand_dims(deviation, 1)
        epsilon = keras.random.normal(shape, dtype=mean.dtype, seed=self.seed_generator)
        return mean + deviation * epsilon

    def compute_output_spec(self, mean, log_variance, samples=None):
        shape = tuple(mean.shape)
        if samples is not None:
            shape = (shape[0], samples, shape[1])
        return keras.KerasTensor(shape, dtype=self.compute_dtype)

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}

    def save_own_variables(self, store):
        store["seed_state"] = self.seed_generator.state

    def load_own_variables(self, store):
        self.seed_generator.state.assign(store["seed_state"])
