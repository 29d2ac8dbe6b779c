"""Contraction ‖J‖²_F = Σⱼᵢ (∂fⱼ/∂xᵢ)²: how far a code moves when its input moves a little.

One number, four ways to it, from special to general:

    dense   one layer f(x) = φ(xW + b):   ‖J‖² = Σⱼ φ′(aⱼ)² Σᵢ Wᵢⱼ²
    chain   a stack of such layers:       ‖J‖² = tr(A G Aᵀ),  G = W₁ᵀW₁,
                                          A = D_L W_Lᵀ … D₂ W₂ᵀ D₁,  Dₗ = diag φ′(aₗ)
    exact   any encoder:                  ‖J‖² = Σₖ ‖Jᵀeₖ‖², one backward pass per code unit
    probe   any encoder, at one cost:     ‖J‖² = E‖Jᵀu‖², u a random sign per code unit

Signs on the side of the code are the quiet way to probe: the variance 2 Σ_{k≠l} (JJᵀ)ₖₗ² of
‖Jᵀu‖² is what the rows of J have in common, and codes have little. Gaussian numbers add the
diagonal to it, and random directions of the input see JᵀJ, whose columns have much in common.

All of them take the encoder as it is at inference, and return codes along with the penalty, as
`autodiff.vjp` does, so that no one has to compute them twice.

Reference: Rifai, Vincent, Muller, Glorot and Bengio, Contractive auto-encoders, 2011.
Hutchinson, A stochastic estimator of the trace of the influence matrix, 1990.
"""

import math
import numbers

import keras
import numpy as np
from keras import ops

from course_lib.autodiff import vjp
from course_lib.losses.sums import each_sum
from course_lib.validation import check_array, check_same_shape


def contraction_dense(layer, x):
    """Contraction of one dense layer, in closed form.

        ‖J‖² = Σⱼ φ′(aⱼ)² Σᵢ Wᵢⱼ²,   a = xW + b

    Args:
        layer: a built `keras.layers.Dense`; its activation φ acts on each unit alone.
        x: floats of shape `(B, D)`.

    Returns:
        The codes `(B, K)`, and ‖J‖² in shape `(B,)`.

    Raises:
        ValueError: if the layer is something else or not built, or x does not fit.

    Reference: Rifai et al., Contractive auto-encoders, 2011.

    Example:

    >>> layer = keras.layers.Dense(2, kernel_initializer="ones")
    >>> layer.build((None, 3))
    >>> codes, contraction = contraction_dense(layer, ops.ones((1, 3)))
    >>> print(ops.convert_to_numpy(contraction))  # six weights of 1
    [6.]
    """
    layers = dense_stack(layer)
    if len(layers) != 1:
        raise ValueError(f"layer must be one dense layer, but is a stack of {len(layers)}.")
    codes, slopes = _forward(layers[0], _checked_flat(layers[0], x))
    return codes, ops.sum(_square(slopes) * ops.sum(_square(layers[0].kernel), axis=0), axis=-1)


def contraction_chain(encoder, x):
    """Contraction of a stack of dense layers, in closed form.

        ‖J‖² = tr(A G Aᵀ),   G = W₁ᵀW₁,   A = D_L W_Lᵀ … D₂ W₂ᵀ D₁

    J itself is never made: the width of the data enters through G, once a batch. What is left
    grows with the code size times the square of the first layer's width. For one layer this is
    `contraction_dense`. It can be differentiated once, with respect to anything.

    Args:
        encoder: a built `keras.layers.Dense` or `keras.Sequential` of such; their activations
            act on each unit alone.
        x: floats of shape `(B, D)`.

    Returns:
        The codes `(B, K)`, and ‖J‖² in shape `(B,)`.

    Raises:
        ValueError: if the encoder is something else or not built, or x does not fit.

    Reference: Rifai et al., 2011, carried through several layers by the chain rule.

    Example:

    >>> encoder = keras.Sequential([keras.layers.Dense(2), keras.layers.Dense(1)])
    >>> encoder.build((None, 3))
    >>> encoder.set_weights([ops.ones(w.shape) for w in encoder.weights])
    >>> codes, contraction = contraction_chain(encoder, ops.ones((1, 3)))
    >>> print(ops.convert_to_numpy(contraction))  # J = (2, 2, 2)
    [12.]
    """
    layers = dense_stack(encoder)
    if len(layers) == 1:
        return contraction_dense(layers[0], x)
    codes, slopes = _checked_flat(layers[0], x), []
    for layer in layers:
        codes, slope = _forward(layer, codes)
        slopes.append(ops.expand_dims(slope, 1))
    last, first = layers[-1].kernel, layers[0].kernel
    A = ops.transpose(slopes[-1], (0, 2, 1)) * ops.transpose(last)
    for layer, slope in zip(layers[-2:0:-1], slopes[-2:0:-1], strict=True):
        A = ops.matmul(A * slope, ops.transpose(layer.kernel))
    A = A * slopes[0]
    # tr(A G Aᵀ) and WᵀW are symmetric in their factors: the derivative is twice that of one
    # side. To take it so saves a quarter of the time.
    G = ops.matmul(ops.transpose(ops.stop_gradient(first)), _one_side(first))
    AGA = _one_side(A) * ops.matmul(ops.stop_gradient(A), G)
    return codes, ops.sum(_single(AGA), axis=(1, 2))


def contraction_exact(encoder, x):
    """Contraction of any encoder, by its Jacobian, row by row.

        ‖J‖² = Σₖ ‖Jᵀeₖ‖²

    One backward pass per code unit: time, and the size of a compiled step, grow with K.

    Args:
        encoder: a built Keras layer or model from data to codes, no example of a batch
            depending on another at inference.
        x: floats of shape `(B, ...)`.

    Returns:
        The codes `(B, ...)`, and ‖J‖² in shape `(B,)`.

    Raises:
        ValueError: if the encoder is not a built layer, or x not floats.

    Reference: Rifai et al., Contractive auto-encoders, 2011.

    Example:

    >>> layer = keras.layers.Dense(2, kernel_initializer="ones")
    >>> layer.build((None, 3))
    >>> codes, contraction = contraction_exact(layer, ops.ones((1, 3)))
    >>> print(ops.convert_to_numpy(contraction))
    [6.]
    """
    _check(encoder, x)
    shape = _shape_of_codes(encoder, x)
    units = math.prod(shape[1:])
    rows = np.eye(units, dtype="float32").reshape(units, 1, *shape[1:])
    return _pulled_back(encoder, x, [ops.broadcast_to(row, shape) for row in rows])


def contraction_probe(encoder, x, seed, probes=1):
    """Contraction of any encoder, estimated without bias at a cost that K does not change.

        ‖J‖² = E‖Jᵀu‖²,   uₖ = ±1 with probability ½ each

    Every example draws signs of its own, so the mean over a batch is far better than one
    example's.

    Args:
        encoder: a built Keras layer or model from data to codes, no example of a batch
            depending on another at inference.
        x: floats of shape `(B, ...)`.
        seed: a `keras.random.SeedGenerator`, for other signs at every call, or an int, for the
            same ones.
        probes: how many u to average, at least 1. The variance falls, and the cost grows, in
            proportion.

    Returns:
        The codes `(B, ...)`, and the estimate in shape `(B,)`.

    Raises:
        ValueError: if the encoder is not a built layer, x not floats, or `seed` or `probes`
            something else.

    Reference: Hutchinson, A stochastic estimator of the trace of the influence matrix, 1990.

    Example:

    >>> layer = keras.layers.Dense(1, kernel_initializer="ones")
    >>> layer.build((None, 3))
    >>> codes, contraction = contraction_probe(layer, ops.ones((1, 3)), seed=0)
    >>> print(ops.convert_to_numpy(contraction))  # exact here: one unit has one row
    [3.]
    """
    _check(encoder, x)
    codes, total = _pulled_back(encoder, x, _signs(encoder, x, seed, probes))
    return codes, total / probes


def curvature_probe(encoder, x, nearby, seed, probes=1):
    """How much the Jacobian of any encoder changes between two inputs, estimated without bias.

        ‖J(x) − J(x′)‖²_F = E‖J(x)ᵀu − J(x′)ᵀu‖²,   uₖ = ±1 with probability ½ each

    With x′ = x + ε, ε ~ N(0, σ²I), it is about σ² times the squared norm of the second
    derivatives: large where codes bend, zero where the encoder is linear.

    Args:
        encoder: a built Keras layer or model from data to codes, no example of a batch
            depending on another at inference.
        x: floats of shape `(B, ...)`.
        nearby: x′, in the shape of x.
        seed: a `keras.random.SeedGenerator`, for other signs at every call, or an int, for the
            same ones.
        probes: how many u to average, at least 1.

    Returns:
        The estimate, shape `(B,)`.

    Raises:
        ValueError: if the encoder is not a built layer, x and nearby are not floats of one
            shape, or `seed` or `probes` something else.

    Reference: Rifai, Mesnil, Vincent, Muller, Bengio, Dauphin and Glorot, Higher order
        contractive auto-encoder, 2011.

    Example:

    >>> layer = keras.layers.Dense(2)
    >>> layer.build((None, 3))
    >>> print(ops.convert_to_numpy(curvature_probe(layer, ops.ones((1, 3)), ops.zeros((1, 3)), 0)))
    [0.]
    """
    _check(encoder, x)
    check_array("nearby", nearby)
    check_same_shape("nearby", nearby, "x", x)
    total = 0
    for u in _signs(encoder, x, seed, probes):
        here, there = (vjp(_at_rest(encoder), point, u)[1] for point in (x, nearby))
        total = total + each_sum(_square(here - there))
    return total / probes


def dense_stack(encoder):
    """The layers of an encoder that is one dense layer, or a stack of nothing else.

    Args:
        encoder: a `keras.layers.Dense` or a `keras.Sequential` of such.

    Returns:
        A list of `keras.layers.Dense`, from the data to the code.

    Raises:
        ValueError: if there is anything else in it, or an activation that mixes units.

    Example:

    >>> len(dense_stack(keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(2)])))
    2
    """
    layers = encoder.layers if isinstance(encoder, keras.Sequential) else [encoder]
    if not layers:
        raise ValueError("encoder must have at least one layer, but is empty.")
    for layer in layers:
        # No subclasses: what they compute is not known here.
        if type(layer) is not keras.layers.Dense:
            raise ValueError(
                "encoder must be a keras.layers.Dense or a keras.Sequential of nothing else, "
                f"but has a part of type {type(layer).__name__}."
            )
        if layer.activation in MIXING:
            raise ValueError(
                "encoder must have activations that act on each unit alone, "
                f"but {layer.name!r} has {layer.activation.__name__}."
            )
    return list(layers)


MIXING = tuple(
    keras.activations.get(name) for name in ("softmax", "log_softmax", "sparsemax", "glu")
)


def _check(encoder, x):
    if not (isinstance(encoder, keras.layers.Layer) and encoder.built):
        raise ValueError(f"encoder must be a built Keras layer or model, but is {encoder!r}.")
    check_array("x", x, rank=range(2, 6))


def _checked_flat(first, x):
    _check(first, x)
    features = first.kernel.shape[0]
    if len(x.shape) != 2 or x.shape[1] != features:
        raise ValueError(f"x must have {features} features, but its shape is {tuple(x.shape)}.")
    return ops.convert_to_tensor(x, first.compute_dtype)


def _forward(layer, x):
    """φ(a) and φ′(a) of a dense layer."""
    a = ops.matmul(x, layer.kernel)
    a = a if layer.bias is None else a + layer.bias
    return vjp(layer.activation, a, ops.ones_like(a))


def _at_rest(encoder):
    """The encoder as a function of x alone: it leaves no update and no activity penalty."""

    def function(x):
        with keras.StatelessScope([(v, v.value) for v in encoder.variables]):
            return encoder(x, training=False)

    return function


def _pulled_back(encoder, x, cotangents):
    """Codes, and Σ ‖Jᵀu‖² over the cotangents u."""
    total = 0
    for u in cotangents:
        codes, pulled = vjp(_at_rest(encoder), x, u)
        total = total + each_sum(_square(pulled))
    return codes, total


def _signs(encoder, x, seed, probes):
    if not isinstance(seed, int | keras.random.SeedGenerator):
        raise ValueError(f"seed must be an int or a SeedGenerator, but is {seed!r}.")
    if not (isinstance(probes, numbers.Integral) and probes >= 1):
        raise ValueError(f"probes must be a whole number of at least 1, but is {probes!r}.")
    u = keras.random.uniform((probes, *_shape_of_codes(encoder, x)), seed=seed)
    u = ops.where(u < 0.5, -1.0, 1.0)
    return [u[i] for i in range(probes)]


def _shape_of_codes(encoder, x):
    return (ops.shape(x)[0], *encoder.compute_output_shape(tuple(x.shape))[1:])


def _one_side(x):
    return 2 * x - ops.stop_gradient(x)


def _square(x):
    return ops.square(_single(x))


def _single(x):
    # In half precision a sum over pixels would lose most of them.
    return ops.cast(x, keras.backend.result_type(x.dtype, "float32"))
