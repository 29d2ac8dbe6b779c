"""Binary codes that a gradient can train: noise before a sigmoid, or a sign that lets it through.

    v = a ⊙ (u − E u) / √(Var u + ε)        each unit over the batch, gain a learned
    noise               h = 2 sigmoid(v + σn) − 1,   n ~ N(0, I)
    straight through    h = sign(v + σn),   ∂h/∂v := ∂(2 sigmoid(v + σn) − 1)/∂v

A unit that says −1 or 1 is heard through the noise, one that says something in between is not.

Reference: Salakhutdinov and Hinton, Semantic hashing, 2009,
    https://doi.org/10.1016/j.ijar.2008.11.006. Bengio, Léonard and Courville, Estimating or
    propagating gradients through stochastic neurons for conditional computation, 2013,
    https://arxiv.org/abs/1308.3432. Ioffe and Szegedy, Batch normalization, 2015,
    https://arxiv.org/abs/1502.03167.
"""

from typing import Any

import keras
from keras import ops

from course_lib.layers.seeds import SavesSeeds
from course_lib.losses.sums import at_least_float32
from course_lib.validation import Tensor, check_array, check_number, check_seed


@keras.saving.register_keras_serializable("course_lib")
class BinaryCode(SavesSeeds, keras.layers.Layer):
    """Units between −1 and 1 that learn to be one or the other.

        h = 2 sigmoid(v + σn) − 1,   or its sign,   n ~ N(0, I),   v = a ⊙ batch-normalised u

    Each unit is centred, so that about half of all examples have its bit. The gain a is learned:
    the larger it grows, the less there is between −1 and 1. Nothing is drawn outside of training.

    Args:
        noise: σ, at least 0, the standard deviation of the noise before the sigmoid; 0 for none.
        straight_through: whether the code is the sign, in training and after, with the gradient
            of what it is the sign of; sign(0) = 1.
        seed: whole number of at least 0 that fixes the noise; by default `set_random_seed`
            does.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        u: floats of shape `(B, K)`.
        training: whether to normalise by this batch and to add noise; otherwise by the running
            mean and variance, and without.

    Returns:
        h, floats of shape `(B, K)`; bits are `h > 0`.

    Raises:
        ValueError: if the noise is negative, or u is not `(B, K)` floats.

    Reference: Salakhutdinov and Hinton, 2009, section 3,
        https://doi.org/10.1016/j.ijar.2008.11.006. Bengio et al., 2013, section 4,
        https://arxiv.org/abs/1308.3432.

    Example:

    >>> u = ops.array([[-3.0, 0.5], [1.0, -0.5]])
    >>> print(ops.convert_to_numpy(BinaryCode(straight_through=True)(u)))
    [[-1.  1.]
     [ 1. -1.]]
    """

    def __init__(
        self,
        noise: float = 0.0,
        straight_through: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.noise = check_number("noise", noise, low=0)
        self.straight_through = bool(straight_through)
        self.seed = check_seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        # Of the last ten batches or so: an epoch of a small set has no more than fifty.
        self.normalise = keras.layers.BatchNormalization(
            momentum=0.9, center=False, dtype=self.dtype_policy, name="normalise"
        )

    def build(self, input_shape):
        self.normalise.build(input_shape)
        self.built = True

    def call(self, u: Tensor, training: bool = False) -> Tensor:
        check_array("u", u, rank=2)
        v = self.normalise(u, training=training)
        if training and self.noise:
            # Half precision would draw other numbers, and coarser ones.
            dtype = at_least_float32(v.dtype)
            n = keras.random.normal(ops.shape(v), dtype=dtype, seed=self.seed_generator)
            v = v + ops.cast(self.noise * n, v.dtype)
        h = 2 * ops.sigmoid(v) - 1
        if not self.straight_through:
            return h
        sign = ops.where(v < 0, -ops.ones_like(v), ops.ones_like(v))
        # Not h + stop_gradient(sign − h): its rounding would leave codes that are nearly ±1.
        return sign + (h - ops.stop_gradient(h))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = {"noise": self.noise, "straight_through": self.straight_through, "seed": self.seed}
        return {**super().get_config(), **config}
