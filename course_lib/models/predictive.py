"""Predictive sparse decomposition: sparse coding, and an encoder that predicts its outcome.

    E(x, h) = ‖x − g(h)‖² + λ‖h‖₁ + γ‖h − f(x)‖²,    g(h) = hD,   each atom of unit length

    codes        h* = argmin_h E(x, h), from f(x) on, by FISTA
    parameters   a gradient step of E(x, h*) on D and f, then atoms back to unit length

Afterwards f alone gives the code: no optimisation, no iteration.

Reference: Kavukcuoglu, Ranzato and LeCun, Fast inference in sparse coding algorithms with
applications to object recognition, 2008, https://arxiv.org/abs/1010.3467.
"""

from typing import Any

import keras
from keras import ops

from course_lib.coding.fista import fista, minimise
from course_lib.coding.spectral import square_bound
from course_lib.layers.gain import Gain
from course_lib.losses.sums import at_least_float32, each_sum, in_one_dtype
from course_lib.models.base import Autoencoder
from course_lib.validation import Tensor, check_number, check_whole


@keras.saving.register_keras_serializable("course_lib")
class PredictiveSparseDecomposition(Autoencoder):
    """Sparse coding with a dictionary that is learned, and an encoder that learns to predict it.

    minimises  E_x min_h [ ‖x − hD‖² + λ‖h‖₁ + γ‖h − f(x)‖² ]

    over the dictionary D, whose atoms keep unit length, and the encoder f. Each term is logged
    at the code h* of the step. The gradient of D comes from the first term, that of f from the
    last: h* is a constant to both.

    `encode` is the encoder, `infer` the optimisation it replaces.

    Args:
        units: K, atoms.
        sparsity: λ ≥ 0.
        pull: γ > 0.
        steps: of FISTA, for each batch.
        encoder: Keras layer or model, data `(B, D)` → codes `(B, K)`; by default the paper's, a
            tanh layer with a gain for each unit.
        unit_norm: whether atoms keep unit length. Without, the penalty is dodged: codes shrink
            and atoms grow.
        name: model name.

    Raises:
        ValueError: if a number is out of range, or the encoder's codes are not K wide.

    Reference: Kavukcuoglu et al., 2008, https://arxiv.org/abs/1010.3467.

    Example:

    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(32, 6)).astype("float32")
    >>> psd = PredictiveSparseDecomposition(8, sparsity=0.5)
    >>> psd.compile("adam")
    >>> history = psd.fit(x, verbose=0)
    >>> sorted(history.history)
    ['loss', 'prediction', 'reconstruction', 'sparsity']
    >>> psd.encode(x).shape == psd.infer(x).shape == (32, 8)
    True
    """

    def __init__(
        self,
        units: int,
        sparsity: float,
        pull: float = 1.0,
        steps: int = 20,
        encoder: keras.layers.Layer | None = None,
        unit_norm: bool = True,
        name: str | None = None,
        **kwargs,
    ):
        units = check_whole("units", units, low=1)
        steps = check_whole("steps", steps, low=1)
        sparsity = check_number("sparsity", sparsity, low=0)
        pull = check_number("pull", pull, above=0)
        if encoder is None:
            dtype = kwargs.get("dtype")
            layer = keras.layers.Dense(units, "tanh", dtype=dtype)
            encoder = keras.Sequential([layer, Gain(dtype=dtype)])
        super().__init__(encoder, None, name=name, **kwargs)
        self.units, self.steps, self.unit_norm = units, steps, bool(unit_norm)
        self.sparsity, self.pull = sparsity, pull
        # Made here, so that where its seed comes from does not depend on when the model is built.
        self._normal = keras.initializers.RandomNormal()

    takes_target = False

    @property
    def term_weights(self) -> dict[str, Any]:
        return {"reconstruction": 1.0, "sparsity": self.sparsity, "prediction": self.pull}

    @property
    def dictionary(self) -> Tensor:
        """The atoms, `(K, D)`."""
        return self.decoder.kernel

    def build(self, input_shape: Any) -> None:
        if self.built:
            return
        if not self.encoder.built:
            self.encoder.build(input_shape)
        codes = (*input_shape[:-1], self.units)
        made = tuple(self.encoder.compute_output_shape(input_shape))
        if made[1:] != codes[1:]:
            raise ValueError(
                f"encoder must return {self.units} units in the shape {codes}, but returns {made}."
            )
        self.decoder = self.make_decoder(input_shape[-1])
        self.decoder.build(codes)
        super().build(input_shape)

    def make_decoder(self, features: int) -> keras.layers.Layer:
        """The layer from codes to data whose kernel holds the atoms."""
        return keras.layers.Dense(features, **self.of_unit_length(axis=1))

    def of_unit_length(self, axis: int | tuple[int, ...]) -> dict[str, Any]:
        """How that layer's kernel begins, and stays: the axes are those of one atom."""
        unit = keras.constraints.UnitNorm(axis)
        return {
            "use_bias": False,
            "kernel_initializer": _UnitNormal(unit, self._normal),
            "kernel_constraint": unit if self.unit_norm else None,
            "dtype": self.dtype_policy,
            "name": f"{self.name}_dictionary",
        }

    def loss_terms(self, x: Tensor, y: Tensor = None, training: bool = False) -> dict[str, Tensor]:
        x = at_least_float32(ops.convert_to_tensor(x))
        predicted = at_least_float32(self.encoder(x, training=training))
        D = ops.stop_gradient(ops.cast(self.dictionary, x.dtype))
        stretch = square_bound(D, x.shape[1:-1])
        start = ops.stop_gradient(predicted)
        codes = minimise(x, start, start, D, stretch, self.sparsity, self.pull, self.steps)
        codes = ops.stop_gradient(codes)
        x, rebuilt, codes, predicted = in_one_dtype(x, self.decoder(codes), codes, predicted)
        return {
            "reconstruction": each_sum(ops.square(x - rebuilt)),
            "sparsity": each_sum(ops.abs(codes)),
            "prediction": each_sum(ops.square(codes - predicted)),
        }

    def infer(
        self,
        x: Tensor,
        steps: int = 200,
        tolerance: float | None = None,
        predicted: bool = False,
        batch_size: int = 4096,
    ) -> Tensor:
        """Optimal codes, found by FISTA.

        Args:
            x: data `(N, D)`.
            steps: how many at most.
            tolerance: as in `fista`.
            predicted: whether to be drawn to the prediction, as in training. By default these
                are the codes of plain sparse coding, `argmin ‖x − hD‖² + λ‖h‖₁`.
            batch_size: examples at a time.

        Returns:
            Codes, a tensor of shape `(N, K)`.
        """
        self.check_built(x)
        return fista(
            x,
            self.dictionary,
            self.sparsity,
            steps,
            tolerance,
            prediction=self.encode(x) if predicted else None,
            pull=self.pull if predicted else 0.0,
            batch_size=batch_size,
        )

    def get_config(self) -> dict[str, Any]:
        serialize = keras.saving.serialize_keras_object
        return {
            "units": self.units,
            "sparsity": self.sparsity,
            "pull": self.pull,
            "steps": self.steps,
            "encoder": serialize(self.encoder),
            "unit_norm": self.unit_norm,
            "name": self.name,
            "dtype": serialize(self.dtype_policy),
        }


class _UnitNormal(keras.initializers.Initializer):
    # Not assigned after building: Keras builds inside a scope that forgets assignments.
    def __init__(self, unit, normal):
        self.unit, self.normal = unit, normal

    def __call__(self, shape, dtype=None):
        return self.unit(self.normal(shape, dtype))
