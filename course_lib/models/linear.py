"""Linear autoencoder: h = Aᵀ(x − b), x' = W h + c, least squares; its optimum is PCA.

At every minimum of E‖x − x'‖² the columns of W span the space of the K leading
principal directions (Baldi & Hornik 1989). W itself is any basis of it, so the
directions one by one need a rotation: `principal_directions`.
"""

from typing import Any

import keras
import numpy as np

from course_lib.models.base import Autoencoder
from course_lib.validation import check_array, check_whole


@keras.saving.register_keras_serializable("course_lib")
class LinearAutoencoder(Autoencoder):
    """An autoencoder without a non-linearity.

    minimises  E‖x − W(Aᵀx + a) − c‖²  over A, a, W and c

    Args:
        features: number of features D of the data `(B, D)`.
        units: code size K, from 1 to D.
        name: model name.

    Raises:
        ValueError: if `units` is not between 1 and `features`.

    Reference:
        Baldi & Hornik, Neural networks and principal component analysis:
        learning from examples without local minima, 1989,
        https://doi.org/10.1016/0893-6080(89)90014-2.

    Example:

    >>> import numpy as np
    >>> model = LinearAutoencoder(features=5, units=2)
    >>> model.principal_directions(np.random.rand(20, 5).astype("float32")).shape
    (5, 2)
    """

    def __init__(self, features: int, units: int, name: str | None = None, **kwargs):
        features = check_whole("features", features, low=1)
        units = check_whole("units", units, low=1, high=features)
        dtype = kwargs.get("dtype")
        super().__init__(
            keras.layers.Dense(units, name="encoder", dtype=dtype),
            keras.layers.Dense(features, name="decoder", dtype=dtype),
            likelihood="gaussian",
            name=name,
            **kwargs,
        )
        self.features = features
        self.units = units

    def principal_directions(self, x: np.ndarray) -> np.ndarray:
        """The K orthonormal directions of largest variance inside the decoder's span.

        With Q an orthonormal basis of the columns of W and V the eigenvectors
        of the covariance of (x − x̄)Q, these are the columns of QV.

        Args:
            x: data `(N, D)` whose variance orders the directions.

        Returns:
            NumPy array `(D, K)`, largest variance first.
        """
        check_array("x", x, rank=2)
        if x.shape[1] != self.features:
            raise ValueError(f"x must have {self.features} features, but its shape is {x.shape}.")
        if not self.built:
            self.build((None, self.features))
        x = np.asarray(x, "float64")
        kernel = keras.ops.convert_to_numpy(self.decoder.kernel).astype("float64")
        basis, _ = np.linalg.qr(kernel.T)
        _, vectors = np.linalg.eigh(
            np.cov((x - x.mean(0)) @ basis, rowvar=False).reshape(self.units, -1)
        )
        return basis @ vectors[:, ::-1]

    def get_config(self) -> dict[str, Any]:
        return {
            "features": self.features,
            "units": self.units,
            "name": self.name,
            "dtype": keras.saving.serialize_keras_object(self.dtype_policy),
        }
