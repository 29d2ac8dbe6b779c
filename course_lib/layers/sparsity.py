"""Sparse codes h: few units active at a time, by a penalty.

    L1      Ω(h) = ‖h‖₁ = Σⱼ |hⱼ|         λ‖h‖₁ = −log p(h) + K log(λ/2), p Laplace
    KL      Ω(h) = Σⱼ KL(ρ ‖ ρ̂ⱼ)           ρ̂ⱼ: mean activation of unit j over the batch

with KL(ρ ‖ ρ̂) = ρ log(ρ/ρ̂) + (1 − ρ) log((1 − ρ)/(1 − ρ̂)), between two Bernoulli variables.

Reference: Olshausen and Field, Emergence of simple-cell receptive field properties by learning a
    sparse code for natural images, 1996, https://doi.org/10.1038/381607a0. Lee, Ekanadham and Ng,
    Sparse deep belief net model for visual area V2, 2007,
    https://papers.nips.cc/paper_files/paper/2007/hash/4daa3db355ef2b0e64b472968cb70f0d-Abstract.html.
"""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from course_lib.losses.masks import masked
from course_lib.losses.sums import at_least_float32
from course_lib.validation import Tensor, check_array, check_number


def l1(codes: Tensor, mask: Tensor | None = None) -> Tensor:
    """L1 norm of each code.

        ‖h‖₁ = Σⱼ |hⱼ|

    Args:
        codes: floats of shape `(B, ...)`.
        mask: booleans, the first axes of codes: only what they mark is summed.

    Returns:
        Floats of shape `(B,)`.

    Raises:
        ValueError: if codes are not floats, or NumPy values are not finite.

    Reference: Olshausen and Field, 1996, https://doi.org/10.1038/381607a0.

    Example:

    >>> print(ops.convert_to_numpy(l1(ops.array([[1.0, -2.0], [0.0, 0.5]]))))
    [3.  0.5]
    """
    return ops.sum(ops.abs(_flat(codes, mask)), axis=-1)


def laplace_nll(codes: Tensor, weight: float) -> Tensor:
    """Negative log-likelihood of codes under independent Laplace variables.

        −log p(h) = Σⱼ [ λ |hⱼ| − log(λ/2) ] = λ ‖h‖₁ − K log(λ/2)

    So an L1 penalty of weight λ is this prior, up to a constant that depends on λ only.

    Args:
        codes: floats of shape `(B, ...)`, K of them an example.
        weight: λ > 0, the inverse of the prior's scale.

    Returns:
        Nats, shape `(B,)`.

    Raises:
        ValueError: if the weight is not positive, or NumPy codes are not finite.

    Reference: Olshausen and Field, 1996, https://doi.org/10.1038/381607a0.

    Example:

    >>> print(ops.convert_to_numpy(laplace_nll(ops.array([[1.0, -2.0]]), weight=2.0)))
    [6.]
    """
    weight = check_number("weight", weight, above=0)
    return weight * l1(codes) - math.prod(codes.shape[1:]) * math.log(weight / 2)


def kl_to_rate(codes: Tensor, rate: float, mask: Tensor | None = None) -> Tensor:
    """Divergence of the units' mean activations from a target rate.

        Ω = Σⱼ KL(ρ ‖ ρ̂ⱼ),   ρ̂ⱼ = mean of hⱼ over the batch

    This belongs to a batch, not to an example: every example gets the same value, so that the
    mean over the batch is that value once, whatever the batch size. Averaged over the batches
    of an epoch it is never smaller than taken on all data at once, because KL is convex.

    Args:
        codes: floats in [0, 1], as sigmoid units give them, shape `(B, ...)`.
        rate: ρ, the wanted mean activation, between 0 and 1.
        mask: booleans, the first axes of codes: means are over what they mark.

    Returns:
        Nats, shape `(B,)`, all equal. Means are held off 0 and 1 by one float's width, so that a
        unit that is always off, or saturated, costs much but not infinitely much.

    Raises:
        ValueError: if the rate is not between 0 and 1, or NumPy codes leave [0, 1].

    Reference: Lee, Ekanadham and Ng, 2007,
        https://papers.nips.cc/paper_files/paper/2007/hash/4daa3db355ef2b0e64b472968cb70f0d-Abstract.html;
        in this form Ng, Sparse autoencoder, 2011, https://web.stanford.edu/class/cs294a/sparseAutoencoder.pdf.

    Example:

    >>> kl = kl_to_rate(ops.array([[0.25, 0.5], [0.25, 1.0]]), rate=0.25)  # means ¼ and ¾
    >>> print(", ".join(f"{float(value):.4f}" for value in kl))  # ½ log 3
    0.5493, 0.5493
    """
    rate = _check_rate(rate)
    check_array("codes", codes, low=0, high=1)
    marks = ops.ones_like(codes) if mask is None else masked(mask, ops.ones_like(codes))
    codes, marks = _flat(codes, mask), _flat(marks)
    count = ops.sum(marks, axis=0)
    width = float(np.finfo(keras.backend.standardize_dtype(codes.dtype)).eps)
    active = ops.clip(ops.sum(codes, axis=0) / ops.maximum(count, 1), width, 1 - width)
    on = rate * (math.log(rate) - ops.log(active))
    off = (1 - rate) * (math.log(1 - rate) - ops.log1p(-active))
    kl = ops.where(count > 0, on + off, ops.zeros_like(on))
    return ops.sum(kl) * ops.ones_like(codes[:, 0])


@keras.saving.register_keras_serializable("course_lib")
class L1Penalty(keras.layers.Layer):
    """`l1` as a layer; as a term of weight λ a Laplace prior.

    Args:
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        codes: floats of shape `(B, ...)`.
        mask: booleans, the first axes of codes; by default the mask that Keras carries along.

    Returns:
        Floats of shape `(B,)`.

    Reference: Olshausen and Field, 1996, https://doi.org/10.1038/381607a0.

    Example:

    >>> print(ops.convert_to_numpy(L1Penalty()(ops.array([[1.0, -2.0]]))))
    [3.]
    """

    supports_masking = True

    def call(self, codes: Tensor, mask: Tensor | None = None) -> Tensor:
        return l1(codes, mask)

    def compute_mask(self, *_):
        return None  # a number for each example has no steps

    def compute_output_shape(self, input_shape):
        return tuple(input_shape[:1])


@keras.saving.register_keras_serializable("course_lib")
class KLPenalty(keras.layers.Layer):
    """`kl_to_rate` as a layer.

    Args:
        rate: ρ, the wanted mean activation, between 0 and 1.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        codes: floats in [0, 1] of shape `(B, ...)`.
        mask: booleans, the first axes of codes; by default the mask that Keras carries along.

    Returns:
        Nats of shape `(B,)`, the same for every example.

    Raises:
        ValueError: if the rate is not between 0 and 1.

    Reference: Lee, Ekanadham and Ng, 2007,
        https://papers.nips.cc/paper_files/paper/2007/hash/4daa3db355ef2b0e64b472968cb70f0d-Abstract.html;
        in this form Ng, Sparse autoencoder, 2011, https://web.stanford.edu/class/cs294a/sparseAutoencoder.pdf.

    Example:

    >>> print(ops.convert_to_numpy(KLPenalty(rate=0.5)(ops.array([[0.0], [1.0]]))))
    [0. 0.]
    """

    def __init__(self, rate: float = 0.05, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = _check_rate(rate)
        self.supports_masking = True

    def call(self, codes: Tensor, mask: Tensor | None = None) -> Tensor:
        return kl_to_rate(codes, self.rate, mask)

    def compute_mask(self, *_):
        return None

    def compute_output_shape(self, input_shape):
        return tuple(input_shape[:1])

    def get_config(self):
        return {**super().get_config(), "rate": self.rate}


def _check_rate(rate):
    return check_number("rate", rate, above=0, below=1)


def _flat(codes, mask=None):
    """Codes as `(B, K)`, in single precision at least: a half could not hold a sum of many."""
    check_array("codes", codes, rank=range(2, 6))
    codes = at_least_float32(codes)
    codes = codes if mask is None else masked(mask, codes)
    return ops.reshape(codes, (ops.shape(codes)[0], -1))
