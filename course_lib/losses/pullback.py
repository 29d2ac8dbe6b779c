"""Pulling vectors of the code back through an encoder: u ↦ Jᵀu, and ‖Jᵀu‖² of each example."""

from collections.abc import Iterable

import keras
from keras import ops

from course_lib.autodiff import Function, vjp
from course_lib.losses.masks import mask_of, masked
from course_lib.losses.sums import at_least_float32, each_sum
from course_lib.validation import Tensor, check_array


def check_encoder(encoder: keras.layers.Layer, x: Tensor) -> None:
    if not (isinstance(encoder, keras.layers.Layer) and encoder.built):
        raise ValueError(f"encoder must be a built Keras layer or model, but is {encoder!r}.")
    check_array("x", x, rank=range(2, 6))


def at_rest(encoder: keras.layers.Layer) -> Function:
    """A layer or model as a function of x alone: it leaves no update and no activity penalty.

    Steps that a mask hides are zero, and so do not move with x.
    """

    def function(x):
        with keras.StatelessScope([(v, v.value) for v in encoder.variables]):
            codes = encoder(x, training=False)
            mask = mask_of(codes)
            return codes if mask is None else masked(mask, codes)

    return function


def pulled_back(
    encoder: keras.layers.Layer, x: Tensor, cotangents: Iterable[Tensor]
) -> tuple[Tensor, Tensor]:
    """Codes, and Σ ‖Jᵀu‖² over the cotangents u."""
    total = 0
    for u in cotangents:
        codes, pulled = vjp(at_rest(encoder), x, u)
        total = total + each_sum(square(pulled))
    return codes, total


def shape_of_codes(encoder: keras.layers.Layer, x: Tensor) -> tuple:
    return (ops.shape(x)[0], *encoder.compute_output_shape(tuple(x.shape))[1:])


def square(x: Tensor) -> Tensor:
    return ops.square(at_least_float32(x))
