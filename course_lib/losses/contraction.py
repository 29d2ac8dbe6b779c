"""Contraction ‖J‖²_F = Σⱼᵢ (∂fⱼ/∂xᵢ)²: how far a code moves when its input moves a little.

One number, four ways to it, from special to general:

    dense   one layer f(x) = φ(xW + b):   ‖J‖² = Σⱼ φ′(aⱼ)² Σᵢ Wᵢⱼ²
    chain   a stack of such layers:       ‖J‖² = tr(A G Aᵀ),  G = W₁ᵀW₁,
                                          A = D_L W_Lᵀ … D₂ W₂ᵀ D₁,  Dₗ = diag φ′(aₗ)
    exact   any encoder:                  ‖J‖² = Σₖ ‖Jᵀeₖ‖², one backward pass per code unit
    probe   any encoder, at one cost:     ‖J‖² = E‖Jᵀu‖², in `contraction_probes`

All of them take the encoder as it is at inference, and return codes along with the penalty, as
`autodiff.vjp` does, so that no one has to compute them twice.

Reference: Rifai, Vincent, Muller, Glorot and Bengio, Contractive auto-encoders, 2011,
    https://icml.cc/2011/papers/455_icmlpaper.pdf.
"""

import functools
import math

import keras
import numpy as np
from keras import ops

from course_lib.autodiff import at_once, vjp
from course_lib.losses.pullback import at_rest, check_encoder, pulled_back, shape_of_codes, square
from course_lib.losses.sums import at_least_float32
from course_lib.validation import Tensor


def contraction_dense(layer: keras.layers.Dense, x: Tensor) -> tuple[Tensor, Tensor]:
    """Contraction of one dense layer, in closed form.

        ‖J‖² = Σⱼ φ′(aⱼ)² Σᵢ Wᵢⱼ²,   a = xW + b

    Args:
        layer: a built `keras.layers.Dense`; its activation φ acts on each unit alone.
        x: floats of shape `(B, D)`.

    Returns:
        The codes `(B, K)`, and ‖J‖² in shape `(B,)`.

    Raises:
        ValueError: if the layer is something else or not built, or x does not fit.

    Reference: Rifai et al., Contractive auto-encoders, 2011,
        https://icml.cc/2011/papers/455_icmlpaper.pdf.

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
    return codes, ops.sum(square(slopes) * ops.sum(square(layers[0].kernel), axis=0), axis=-1)


def contraction_chain(encoder: keras.layers.Layer, x: Tensor) -> tuple[Tensor, Tensor]:
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

    Reference: Rifai et al., 2011, carried through several layers by the chain rule,
        https://icml.cc/2011/papers/455_icmlpaper.pdf.

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
    return codes, ops.sum(at_least_float32(AGA), axis=(1, 2))


def contraction_exact(encoder: keras.layers.Layer, x: Tensor) -> tuple[Tensor, Tensor]:
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

    Reference: Rifai et al., Contractive auto-encoders, 2011,
        https://icml.cc/2011/papers/455_icmlpaper.pdf.

    Example:

    >>> layer = keras.layers.Dense(2, kernel_initializer="ones")
    >>> layer.build((None, 3))
    >>> codes, contraction = contraction_exact(layer, ops.ones((1, 3)))
    >>> print(ops.convert_to_numpy(contraction))
    [6.]
    """
    check_encoder(encoder, x)
    shape = shape_of_codes(encoder, x)
    units = math.prod(shape[1:])
    rows = np.eye(units, dtype="float32").reshape(units, 1, *shape[1:])
    return pulled_back(encoder, x, [ops.broadcast_to(row, shape) for row in rows])


def dense_stack(encoder: keras.layers.Layer) -> list[keras.layers.Dense]:
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
        if not _acts_on_each_unit(layer.activation, layer.units):
            activation = getattr(layer.activation, "__name__", type(layer.activation).__name__)
            raise ValueError(
                "encoder must have activations that act on each unit alone, "
                f"but {layer.name!r} has {activation}."
            )
    return list(layers)


# Asked in every step, and answered once: an activation does not change its kind.
@functools.lru_cache(maxsize=256)
def _acts_on_each_unit(activation, units):
    """Whether a unit that moves moves itself alone, seen at a row of random numbers."""
    if isinstance(activation, keras.layers.Layer) and not activation.built:
        activation.build((None, units))
    rest, other = 0.5 * np.random.default_rng(0).normal(size=(2, units)).astype("float32")
    moved = np.where(np.eye(units, dtype=bool), other, rest)
    with at_once():
        still, moved = (
            ops.convert_to_numpy(_alone(activation)(ops.convert_to_tensor(a)))
            for a in (rest[None], moved)
        )
    stayed = ~np.eye(units, dtype=bool)
    return moved.shape == stayed.shape and np.allclose(
        moved[stayed], np.broadcast_to(still, moved.shape)[stayed], rtol=1e-5, atol=1e-6
    )


def _alone(activation):
    return at_rest(activation) if isinstance(activation, keras.layers.Layer) else activation


def _checked_flat(first, x):
    check_encoder(first, x)
    features = first.kernel.shape[0]
    if len(x.shape) != 2 or x.shape[1] != features:
        raise ValueError(f"x must have {features} features, but its shape is {tuple(x.shape)}.")
    return ops.convert_to_tensor(x, first.compute_dtype)


def _forward(layer, x):
    """φ(a) and φ′(a) of a dense layer."""
    a = ops.matmul(x, layer.kernel)
    a = a if layer.bias is None else a + layer.bias
    return vjp(_alone(layer.activation), a, ops.ones_like(a))


def _one_side(x):
    return 2 * x - ops.stop_gradient(x)
