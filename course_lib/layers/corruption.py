"""Corruption x̃ ~ C(x̃ | x): what a denoising autoencoder has to undo.

    Gaussian          x̃ = x + σε, ε ~ N(0, I)                     E[x̃] = x
    masking           x̃ᵢ = 0 with probability ρ, else xᵢ          E[x̃] = (1 − ρ)x
    salt and pepper   x̃ᵢ = 0 or 1, with probability ρ/2 each,     E[x̃] = (1 − ρ)x + ρ/2
                      else xᵢ

Masking is not Dropout, which divides what is left by 1 − ρ: a missing pixel is a hole in the
picture, not a picture whose other pixels are brighter.

Reference: Vincent, Larochelle, Lajoie, Bengio and Manzagol, Stacked denoising autoencoders, 2010,
    https://jmlr.org/papers/v11/vincent10a.html.
"""

from typing import Any

import keras
from keras import ops

from course_lib.layers.seeds import SavesSeeds
from course_lib.losses.sums import at_least_float32
from course_lib.validation import Tensor, check_array, check_number, check_seed


class Corruption(SavesSeeds, keras.layers.Layer):
    """A layer that corrupts its inputs in training and lets them pass otherwise.

    A subclass implements `corrupt(inputs)`, drawing from `self.seed_generator`. The generator's
    state is saved, so that training resumed from a file sees the noise it would have seen.

    Args:
        seed: whole number of at least 0 that fixes the noise; by default `set_random_seed`
            does.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        inputs: x, floats of shape `(B, ...)`.
        training: whether to corrupt.

    Returns:
        x̃ in training, else x; the shape of inputs.

    Raises:
        ValueError: if the seed is no such number, or inputs are not floats.
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = check_seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        self.supports_masking = True

    def corrupt(self, inputs: Tensor) -> Tensor:
        raise NotImplementedError

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        check_array("inputs", inputs)
        return self.corrupt(inputs) if training else inputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}

    def _draw(self, distribution, inputs):
        # Half precision has too few numbers for a small rate to come out right.
        dtype = at_least_float32(inputs.dtype)
        return distribution(ops.shape(inputs), dtype=dtype, seed=self.seed_generator)


@keras.saving.register_keras_serializable("course_lib")
class GaussianCorruption(Corruption):
    """Adds Gaussian noise.

        x̃ = x + σε,   ε ~ N(0, I)

    Args:
        sigma: σ, at least 0, in the units of the data.
        seed: whole number that fixes the noise.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        inputs: x, floats of shape `(B, ...)`.
        training: whether to corrupt.

    Returns:
        x̃ in training, else x; the shape of inputs.

    Raises:
        ValueError: if sigma is negative, or inputs are not floats.

    Reference: Vincent et al., Stacked denoising autoencoders, 2010,
        https://jmlr.org/papers/v11/vincent10a.html.

    Example:

    >>> corrupt = GaussianCorruption(sigma=3.0, seed=0)
    >>> noise = corrupt(ops.zeros((1000, 100)), training=True)
    >>> print(f"{float(ops.std(noise)):.1f}")
    3.0
    """

    def __init__(self, sigma: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.sigma = check_number("sigma", sigma, low=0)

    def corrupt(self, inputs: Tensor) -> Tensor:
        noise = self.sigma * self._draw(keras.random.normal, inputs)
        return inputs + ops.cast(noise, inputs.dtype)

    def get_config(self):
        return {**super().get_config(), "sigma": self.sigma}


class _RandomInputs(Corruption):
    """Corrupts each input on its own with probability `rate`."""

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.rate = check_number("rate", rate, low=0, high=1)

    def get_config(self):
        return {**super().get_config(), "rate": self.rate}


@keras.saving.register_keras_serializable("course_lib")
class MaskingCorruption(_RandomInputs):
    """Sets a share of the inputs to 0 and leaves the others as they are.

        x̃ᵢ = 0 with probability ρ, else xᵢ

    Each input is drawn on its own, so the share is ρ on average; the paper zeroes exactly that
    share of each example.

    Args:
        rate: ρ, from 0 to 1.
        seed: whole number that fixes the noise.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        inputs: x, floats of shape `(B, ...)`.
        training: whether to corrupt.

    Returns:
        x̃ in training, else x; the shape of inputs.

    Raises:
        ValueError: if the rate is not from 0 to 1, or inputs are not floats.

    Reference: Vincent, Larochelle, Bengio and Manzagol, Extracting and composing robust features
        with denoising autoencoders, 2008, https://doi.org/10.1145/1390156.1390294.

    Example:

    >>> corrupt = MaskingCorruption(rate=0.3, seed=0)
    >>> left = corrupt(ops.ones((1000, 100)), training=True)
    >>> print(f"{float(ops.mean(left)):.1f}, {float(ops.max(left)):.1f}")
    0.7, 1.0
    """

    def corrupt(self, inputs: Tensor) -> Tensor:
        hit = self._draw(keras.random.uniform, inputs) < self.rate
        return ops.where(hit, ops.zeros_like(inputs), inputs)


@keras.saving.register_keras_serializable("course_lib")
class SaltAndPepperCorruption(_RandomInputs):
    """Sets a share of the inputs to 0 or 1, the ends of the range of an image, by a fair coin.

        x̃ᵢ = 0 or 1, with probability ρ/2 each, else xᵢ

    Args:
        rate: ρ, from 0 to 1.
        seed: whole number that fixes the noise.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        inputs: x, floats of shape `(B, ...)`; the noise suits data in [0, 1].
        training: whether to corrupt.

    Returns:
        x̃ in training, else x; the shape of inputs.

    Raises:
        ValueError: if the rate is not from 0 to 1, or inputs are not floats.

    Reference: Vincent et al., Stacked denoising autoencoders, 2010,
        https://jmlr.org/papers/v11/vincent10a.html.

    Example:

    >>> corrupt = SaltAndPepperCorruption(rate=0.4, seed=0)
    >>> mixed = corrupt(0.25 * ops.ones((1000, 100)), training=True)
    >>> print(f"{float(ops.mean(mixed)):.2f}")  # 0.6 · 0.25 + 0.2
    0.35
    """

    def corrupt(self, inputs: Tensor) -> Tensor:
        u = self._draw(keras.random.uniform, inputs)
        salt = ops.cast(u < self.rate / 2, inputs.dtype)
        return ops.where(u < self.rate, salt, inputs)
