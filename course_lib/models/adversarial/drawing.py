"""Models that hold their codes to a prior from which one can draw: z ~ p(z),  x ~ p(x | z)."""

from typing import Any

import keras

from course_lib.layers.priors import Prior
from course_lib.layers.seeds import SavesSeeds
from course_lib.validation import Tensor, check_seed, check_whole


class DrawsFromPrior(SavesSeeds):
    """A model with a prior, a seed of its own for draws from it in training, and `generate`.

    To be named before `Autoencoder`.
    """

    decode: Any

    def _take(self, prior: Prior, seed: int | None) -> None:
        if not isinstance(prior, Prior):
            raise ValueError(f"prior must be a Prior, but is {prior!r}.")
        self.prior = prior
        self.seed = None if seed is None else check_whole("seed", seed, low=0, high=2**31 - 1)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def generate(self, count: int, *, seed: Any = None) -> Tensor:
        """Means `(count, ...)` of the likelihood at z drawn from the prior.

        Args:
            count: how many, at least 1.
            seed: whole number or `keras.random.SeedGenerator`.
        """
        count = check_whole("count", count, low=1)
        return self.decode(self.prior.sample(count, check_seed(seed)))
