"""Contraction of any encoder, probed with random signs u, one for each unit of the code.

    ‖J‖²_F = E‖Jᵀu‖²        ‖J(x) − J(x′)‖²_F = E‖J(x)ᵀu − J(x′)ᵀu‖²

Signs on the side of the code are the quiet way to probe: the variance 2 Σ_{k≠l} (JJᵀ)ₖₗ² of
‖Jᵀu‖² is what the rows of J have in common, and codes have little. Gaussian numbers add the
diagonal to it, and random directions of the input see JᵀJ, whose columns have much in common.

Reference: Hutchinson, A stochastic estimator of the trace of the influence matrix, 1990,
    https://doi.org/10.1080/03610919008812866.
"""

import keras
from keras import ops

from course_lib.autodiff import vjp
from course_lib.losses.pullback import at_rest, check_encoder, pulled_back, shape_of_codes, square
from course_lib.losses.sums import each_sum
from course_lib.validation import Tensor, check_array, check_same_shape, check_seed, check_whole


def contraction_probe(
    encoder: keras.layers.Layer,
    x: Tensor,
    seed: int | keras.random.SeedGenerator | None,
    probes: int = 1,
) -> tuple[Tensor, Tensor]:
    """Contraction of any encoder, estimated without bias at a cost that K does not change.

        ‖J‖² = E‖Jᵀu‖²,   uₖ = ±1 with probability ½ each

    Every example draws signs of its own, so the mean over a batch is far better than one
    example's.

    Args:
        encoder: a built Keras layer or model from data to codes, no example of a batch
            depending on another at inference.
        x: floats of shape `(B, ...)`.
        seed: a `keras.random.SeedGenerator`, for other signs at every call, or a whole number,
            for the same ones; `None` draws from the seed of `set_random_seed`.
        probes: how many u to average, at least 1. The variance falls, and the cost grows, in
            proportion.

    Returns:
        The codes `(B, ...)`, and the estimate in shape `(B,)`.

    Raises:
        ValueError: if the encoder is not a built layer, x not floats, or `seed` or `probes`
            something else.

    Reference: Hutchinson, A stochastic estimator of the trace of the influence matrix, 1990,
        https://doi.org/10.1080/03610919008812866.

    Example:

    >>> layer = keras.layers.Dense(1, kernel_initializer="ones")
    >>> layer.build((None, 3))
    >>> codes, contraction = contraction_probe(layer, ops.ones((1, 3)), seed=0)
    >>> print(ops.convert_to_numpy(contraction))  # exact here: one unit has one row
    [3.]
    """
    check_encoder(encoder, x)
    codes, total = pulled_back(encoder, x, _signs(encoder, x, seed, probes))
    return codes, total / probes


def curvature_probe(
    encoder: keras.layers.Layer,
    x: Tensor,
    nearby: Tensor,
    seed: int | keras.random.SeedGenerator | None,
    probes: int = 1,
) -> Tensor:
    """How much the Jacobian of any encoder changes between two inputs, estimated without bias.

        ‖J(x) − J(x′)‖²_F = E‖J(x)ᵀu − J(x′)ᵀu‖²,   uₖ = ±1 with probability ½ each

    With x′ = x + ε, ε ~ N(0, σ²I), it is about σ² times the squared norm of the second
    derivatives: large where codes bend, zero where the encoder is linear.

    Args:
        encoder: a built Keras layer or model from data to codes, no example of a batch
            depending on another at inference.
        x: floats of shape `(B, ...)`.
        nearby: x′, in the shape of x.
        seed: a `keras.random.SeedGenerator`, for other signs at every call, or a whole number,
            for the same ones; `None` draws from the seed of `set_random_seed`.
        probes: how many u to average, at least 1.

    Returns:
        The estimate, shape `(B,)`.

    Raises:
        ValueError: if the encoder is not a built layer, x and nearby are not floats of one
            shape, or `seed` or `probes` something else.

    Reference: Rifai, Mesnil, Vincent, Muller, Bengio, Dauphin and Glorot, Higher order contractive
        auto-encoder, 2011, https://doi.org/10.1007/978-3-642-23783-6_41.

    Example:

    >>> layer = keras.layers.Dense(2)
    >>> layer.build((None, 3))
    >>> print(ops.convert_to_numpy(curvature_probe(layer, ops.ones((1, 3)), ops.zeros((1, 3)), 0)))
    [0.]
    """
    check_encoder(encoder, x)
    check_array("nearby", nearby)
    check_same_shape("nearby", nearby, "x", x)
    total = 0
    for u in _signs(encoder, x, seed, probes):
        here, there = (vjp(at_rest(encoder), point, u)[1] for point in (x, nearby))
        total = total + each_sum(square(here - there))
    return total / probes


def _signs(encoder, x, seed, probes):
    seed, probes = check_seed(seed), check_whole("probes", probes, low=1)
    u = keras.random.uniform((probes, *shape_of_codes(encoder, x)), seed=seed)
    u = ops.where(u < 0.5, -1.0, 1.0)
    return [u[i] for i in range(probes)]
