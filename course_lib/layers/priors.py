"""Priors p(z) that codes can be made to follow, as things to draw from.

    Gaussian     z ~ N(0, I)
    ring         z = r (cos φ, sin φ) + Rφ (s₁ε₁, s₂ε₂),  φ = 2πc/C,  c uniform on 0 … C − 1
    swiss roll   z = t (cos ωt, sin ωt),  t = T √u,  u uniform on [0, 1]
    categorical  (y, z),  y one of C corners, evenly,  z ~ N(0, I)

Reference: Makhzani, Shlens, Jaitly, Goodfellow and Frey, Adversarial autoencoders, 2016,
    https://arxiv.org/abs/1511.05644.
"""

import math
import numbers
from typing import Any

import keras
from keras import ops

from course_lib.losses.sums import at_least_float32
from course_lib.validation import Tensor, check_number, check_seed, check_whole


class Prior(keras.layers.Layer):
    """Something that draws codes. A subclass implements `draw(count, seed)` and has `units`.

    Codes have the dtype of the layer's weights, single precision at least.
    """

    units: int

    def sample(
        self, count: int | Tensor, seed: "int | keras.random.SeedGenerator | None" = None
    ) -> Tensor:
        """Draw codes.

        Args:
            count: how many, a number of at least 1 or a scalar tensor.
            seed: whole number, or `keras.random.SeedGenerator`.

        Returns:
            z, floats of shape `(count, units)`.

        Raises:
            ValueError: if count or seed is something else.
        """
        if isinstance(count, numbers.Number):
            count = check_whole("count", count, low=1)
        seed = check_seed(seed)
        # Two draws from the same whole number would be the same draw.
        return self.draw(count, keras.random.SeedGenerator(seed) if type(seed) is int else seed)

    def draw(self, count: int | Tensor, seed: keras.random.SeedGenerator | None) -> Tensor:
        raise NotImplementedError

    def _normal(self, shape, seed):
        return keras.random.normal(shape, dtype=self._format, seed=seed)

    @property
    def _format(self):
        return at_least_float32(self.variable_dtype)


@keras.saving.register_keras_serializable("course_lib")
class GaussianPrior(Prior):
    """The standard Gaussian in any number of dimensions.

        z ~ N(0, I)

    Args:
        units: K, numbers of a code.
        **kwargs: those of `keras.layers.Layer`.

    Raises:
        ValueError: if `units` is no positive whole number.

    Example:

    >>> tuple(GaussianPrior(3).sample(5, seed=0).shape)
    (5, 3)
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = check_whole("units", units, low=1)

    def draw(self, count: int | Tensor, seed: keras.random.SeedGenerator | None) -> Tensor:
        return self._normal((count, self.units), seed)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable("course_lib")
class RingPrior(Prior):
    """A mixture of Gaussians on a circle, each drawn out along its radius.

        z = r (cos φ, sin φ) + Rφ (s₁ε₁, s₂ε₂),   φ = 2πc/C,   ε ~ N(0, I)

    Args:
        components: C, Gaussians on the ring.
        radius: r, of the circle of their means.
        along: s₁, standard deviation along the radius.
        across: s₂, standard deviation across it.
        **kwargs: those of `keras.layers.Layer`.

    Raises:
        ValueError: if a number is not positive.

    Reference: Makhzani et al., 2016, figure 4, https://arxiv.org/abs/1511.05644.

    Example:

    >>> z = RingPrior(10, radius=4.0).sample(10_000, seed=0)
    >>> print(f"{float(ops.mean(ops.norm(z, axis=1))):.1f}")
    4.0
    """

    units = 2

    def __init__(
        self,
        components: int = 10,
        radius: float = 4.0,
        along: float = 0.7,
        across: float = 0.2,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.components = check_whole("components", components, low=1)
        self.radius = check_number("radius", radius, above=0)
        self.along = check_number("along", along, above=0)
        self.across = check_number("across", across, above=0)

    def draw(self, count: int | Tensor, seed: keras.random.SeedGenerator | None) -> Tensor:
        component = keras.random.randint((count,), 0, self.components, seed=seed)
        angle = ops.cast(component, self._format) * (2 * math.pi / self.components)
        noise = self._normal((count, 2), seed)
        outwards, sideways = self.radius + self.along * noise[:, 0], self.across * noise[:, 1]
        cos, sin = ops.cos(angle), ops.sin(angle)
        return ops.stack([outwards * cos - sideways * sin, outwards * sin + sideways * cos], 1)

    def get_config(self):
        sizes = {"radius": self.radius, "along": self.along, "across": self.across}
        return {**super().get_config(), "components": self.components, **sizes}


@keras.saving.register_keras_serializable("course_lib")
class SwissRollPrior(Prior):
    """A spiral, evenly covered.

        z = t (cos ωt, sin ωt),   t = T √u,   u uniform on [0, 1],   ω = 2π turns / T

    Args:
        radius: T, where the spiral ends.
        turns: how often it goes round.
        **kwargs: those of `keras.layers.Layer`.

    Raises:
        ValueError: if a number is not positive.

    Reference: Makhzani et al., 2016, figure 5, https://arxiv.org/abs/1511.05644.

    Example:

    >>> z = SwissRollPrior(radius=3.0).sample(1_000, seed=0)
    >>> bool(ops.max(ops.norm(z, axis=1)) <= 3.001)
    True
    """

    units = 2

    def __init__(self, radius: float = 4.0, turns: float = 1.75, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.radius = check_number("radius", radius, above=0)
        self.turns = check_number("turns", turns, above=0)

    def draw(self, count: int | Tensor, seed: keras.random.SeedGenerator | None) -> Tensor:
        share = ops.sqrt(keras.random.uniform((count,), dtype=self._format, seed=seed))
        angle, t = 2 * math.pi * self.turns * share, self.radius * share
        return ops.stack([t * ops.cos(angle), t * ops.sin(angle)], axis=1)

    def get_config(self):
        return {**super().get_config(), "radius": self.radius, "turns": self.turns}


@keras.saving.register_keras_serializable("course_lib")
class CategoricalPrior(Prior):
    """One of C corners beside a standard Gaussian: which kind, and in what style.

        (y, z),   y = (0, …, 1, …, 0) with the 1 anywhere, evenly,   z ~ N(0, I)

    Args:
        classes: C, corners.
        style: K, numbers of the Gaussian.
        **kwargs: those of `keras.layers.Layer`.

    Raises:
        ValueError: if a number is not positive.

    Reference: Makhzani et al., 2016, section 5, https://arxiv.org/abs/1511.05644.

    Example:

    >>> code = CategoricalPrior(classes=10, style=5).sample(100, seed=0)
    >>> print(tuple(code.shape), float(ops.sum(code[:, :10])))
    (100, 15) 100.0
    """

    def __init__(self, classes: int, style: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.classes = check_whole("classes", classes, low=1)
        self.style = check_whole("style", style, low=1)
        self.units = self.classes + self.style

    def draw(self, count: int | Tensor, seed: keras.random.SeedGenerator | None) -> Tensor:
        label = keras.random.randint((count,), 0, self.classes, seed=seed)
        style = self._normal((count, self.style), seed)
        return ops.concatenate([ops.one_hot(label, self.classes, dtype=style.dtype), style], 1)

    def get_config(self):
        return {**super().get_config(), "classes": self.classes, "style": self.style}
