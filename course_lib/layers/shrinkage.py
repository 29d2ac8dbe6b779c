"""Shrinkage, and the network that unrolls an algorithm: codes by a few learned steps.

    soft threshold   S_θ(v) = sign(v) max(|v| − θ, 0)
    ISTA             h⁽ᵗ⁺¹⁾ = S_θ( h⁽ᵗ⁾ + (x − h⁽ᵗ⁾D) Dᵀ / σ² ),   θ = λ / 2σ²,   h⁽⁰⁾ = 0
    LISTA            h⁽ᵗ⁺¹⁾ = S_θ( x W + h⁽ᵗ⁾ S )

ISTA minimises ‖x − hD‖² + λ‖h‖₁; the rows of D are the dictionary's atoms, σ its largest singular
value. With W = Dᵀ/σ² and S = I − DDᵀ/σ² LISTA *is* ISTA; then all three are trained.

Reference: Daubechies, Defrise and De Mol, An iterative thresholding algorithm for linear inverse
    problems with a sparsity constraint, 2004, https://doi.org/10.1002/cpa.20042. Gregor and LeCun,
    Learning fast approximations of sparse coding, 2010,
    https://icml.cc/Conferences/2010/papers/449.pdf.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from course_lib.validation import Tensor, check_array, check_number, check_whole


def soft_threshold(v: Tensor, threshold: Tensor | float) -> Tensor:
    """Move every number towards 0 by the threshold, and no further than 0.

        S_θ(v) = sign(v) max(|v| − θ, 0) = argmin_h ½(h − v)² + θ|h|

    Args:
        v: floats.
        threshold: θ ≥ 0, a number or floats that broadcast with v.

    Returns:
        The shape of v.

    Reference: Daubechies et al., 2004, https://doi.org/10.1002/cpa.20042.

    Example:

    >>> print(ops.convert_to_numpy(soft_threshold(ops.array([-3.0, 0.5, 2.0]), 1.0)))
    [-2.  0.  1.]
    """
    # Two rectifiers: fewer passes over v than sign, absolute value and product.
    return ops.relu(v - threshold) - ops.relu(-v - threshold)


@keras.saving.register_keras_serializable("course_lib")
class SoftThreshold(keras.layers.Layer):
    """Soft threshold of each unit, fixed or learned.

        hⱼ = sign(vⱼ) max(|vⱼ| − θⱼ, 0)

    Args:
        threshold: θ ≥ 0, where all units start.
        learned: whether each unit's θ is trained; it never falls below 0.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        v: floats of shape `(B, ..., K)`.

    Returns:
        The shape of v.

    Raises:
        ValueError: if the threshold is no finite number of at least 0.

    Reference: Gregor and LeCun, 2010, https://icml.cc/Conferences/2010/papers/449.pdf.

    Example:

    >>> print(ops.convert_to_numpy(SoftThreshold(1.0)(ops.array([[-3.0, 0.5]]))))
    [[-2.  0.]]
    """

    def __init__(self, threshold: float, learned: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.threshold = check_number("threshold", threshold, low=0)
        self.learned = bool(learned)
        self.supports_masking = True

    def build(self, input_shape):
        if self.learned:
            self.thresholds = self.add_weight(
                shape=(input_shape[-1],),
                initializer=keras.initializers.Constant(self.threshold),
                constraint="non_neg",
                name="thresholds",
            )
        self.built = True

    def call(self, v: Tensor) -> Tensor:
        check_array("v", v)
        return soft_threshold(v, self.thresholds if self.learned else self.threshold)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "threshold": self.threshold, "learned": self.learned}


@keras.saving.register_keras_serializable("course_lib")
class LISTA(keras.layers.Layer):
    """An encoder of T thresholded steps with shared weights, which may start as ISTA.

        h⁽¹⁾ = S_θ(x W),   h⁽ᵗ⁺¹⁾ = S_θ(x W + h⁽ᵗ⁾ S)

    Args:
        units: K.
        steps: T, at least 1.
        dictionary: atoms `(K, D)` of the ISTA to start from; by default weights start at random.
        sparsity: λ of that ISTA; without a dictionary, thresholds start at λ/2.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        x: data `(B, D)`.

    Returns:
        Codes h⁽ᵀ⁾, `(B, K)`. Untrained, and with a dictionary, exactly those of T steps of ISTA.

    Raises:
        ValueError: if units or steps are no positive whole numbers, λ is negative, or the
            dictionary does not fit.

    Reference: Gregor and LeCun, 2010, https://icml.cc/Conferences/2010/papers/449.pdf.

    Example:

    >>> identity = np.eye(3, dtype="float32")
    >>> encoder = LISTA(3, steps=2, dictionary=identity, sparsity=1.0)
    >>> print(ops.convert_to_numpy(encoder(ops.array([[2.0, 0.2, -1.0]]))))
    [[ 1.5  0.  -0.5]]
    """

    def __init__(
        self,
        units: int,
        steps: int,
        dictionary: Tensor | None = None,
        sparsity: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = check_whole("units", units, low=1)
        self.steps = check_whole("steps", steps, low=1)
        self.sparsity = check_number("sparsity", sparsity, low=0)
        if dictionary is not None:
            check_array("dictionary", dictionary, rank=2)
            dictionary = np.asarray(ops.convert_to_numpy(dictionary), "float64")
            if len(dictionary) != units:
                raise ValueError(
                    f"dictionary must have {units} atoms, but its shape is {dictionary.shape}."
                )
        self.dictionary = dictionary

    def build(self, input_shape):
        features, D = input_shape[-1], self.dictionary
        if D is not None and D.shape[1] != features:
            raise ValueError(
                f"dictionary must have atoms of the {features} features of x, "
                f"but its shape is {D.shape}."
            )
        # Of a dictionary that holds nothing but zeros no step is too long.
        stretch = 1.0 if D is None else np.linalg.norm(D, 2) ** 2 or 1.0
        kernel = recurrent = None
        if D is not None:
            # Not assigned after building: Keras builds inside a scope that forgets assignments.
            kernel = _starting_at(D.T / stretch)
            recurrent = _starting_at(np.eye(self.units) - D @ D.T / stretch)
        shape = (features, self.units)
        self.kernel = self.add_weight(shape=shape, initializer=kernel, name="kernel")
        if self.steps > 1:
            shape = (self.units, self.units)
            self.recurrent = self.add_weight(shape=shape, initializer=recurrent, name="recurrent")
        self.thresholds = self.add_weight(
            shape=(self.units,),
            initializer=keras.initializers.Constant(self.sparsity / (2 * stretch)),
            constraint="non_neg",
            name="thresholds",
        )
        self.built = True

    def call(self, x: Tensor) -> Tensor:
        check_array("x", x, rank=2)
        driven = ops.matmul(x, self.kernel)
        h = soft_threshold(driven, self.thresholds)
        for _ in range(self.steps - 1):
            h = soft_threshold(driven + ops.matmul(h, self.recurrent), self.thresholds)
        return h

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        config = {"units": self.units, "steps": self.steps, "sparsity": self.sparsity}
        dictionary = keras.saving.serialize_keras_object(self.dictionary)
        return {**super().get_config(), **config, "dictionary": dictionary}

    @classmethod
    def from_config(cls, config):
        dictionary = keras.saving.deserialize_keras_object(config["dictionary"])
        return cls(**{**config, "dictionary": dictionary})


def _starting_at(values):
    def initializer(shape, dtype=None):
        return ops.convert_to_tensor(values, dtype)

    return initializer
