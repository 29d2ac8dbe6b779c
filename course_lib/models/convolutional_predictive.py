"""Predictive sparse decomposition of whole images: filters instead of atoms.

    E(x, h) = ‖x − Σₖ hₖ * Dₖ‖² + λ‖h‖₁ + γ‖h − f(x)‖²,    each filter Dₖ of unit length

A dictionary of patches has to hold every feature at every place of the patch. A filter is at
every place of the image at once, and its feature map hₖ says where: the dictionary holds fewer
copies of one feature, shifted, and more features. Codes, gradients and steps are those of
`predictive`; f is a convolution too.

Reference: Kavukcuoglu, Sermanet, Boureau, Gregor, Mathieu and LeCun, Learning convolutional
feature hierarchies for visual recognition, 2010, https://papers.nips.cc/paper_files/paper/2010.
There maps are larger than the image by a filter less one; here they are as large as the image,
with zeros around both.
"""

from typing import Any

import keras
from keras import ops

from course_lib.layers.gain import Gain
from course_lib.models.predictive import PredictiveSparseDecomposition
from course_lib.validation import Tensor, check_whole


@keras.saving.register_keras_serializable("course_lib")
class ConvolutionalPSD(PredictiveSparseDecomposition):
    """Convolutional sparse coding with learned filters, and an encoder that learns to predict it.

    minimises  E_x min_h [ ‖x − Σₖ hₖ * Dₖ‖² + λ‖h‖₁ + γ‖h − f(x)‖² ]

    over the filters D, which keep unit length, and the encoder f. Terms are sums over the image,
    one for each example, logged at the code h* of the step. The gradient of D comes from the
    first term, that of f from the last: h* is a constant to both.

    `encode` is the encoder, `infer` the optimisation it replaces.

    Args:
        filters: K, how many; each has a map in the code.
        sparsity: λ ≥ 0.
        pull: γ > 0.
        kernel_size: k, rows and columns of a filter, in the default encoder also.
        steps: of FISTA, for each batch.
        encoder: Keras layer or model, images `(B, H, W, C)` → maps `(B, H, W, K)`; by default
            the paper's, a convolution with tanh and a gain for each map.
        unit_norm: whether filters keep unit length. Without, the penalty is dodged: codes shrink
            and filters grow.
        name: model name.

    Raises:
        ValueError: if a number is out of range, data are no images of one size, or the
            encoder's maps have another shape.

    Reference: Kavukcuoglu et al., 2010, https://papers.nips.cc/paper_files/paper/2010.

    Example:

    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(8, 6, 6, 1)).astype("float32")
    >>> psd = ConvolutionalPSD(4, sparsity=0.5, kernel_size=3)
    >>> psd.compile("adam")
    >>> history = psd.fit(x, verbose=0)
    >>> sorted(history.history)
    ['loss', 'prediction', 'reconstruction', 'sparsity']
    >>> psd.encode(x).shape == psd.infer(x).shape == (8, 6, 6, 4)
    True
    >>> psd.dictionary.shape == (4, 3, 3, 1)
    True
    """

    def __init__(
        self,
        filters: int,
        sparsity: float,
        pull: float = 1.0,
        kernel_size: int = 9,
        steps: int = 20,
        encoder: keras.layers.Layer | None = None,
        unit_norm: bool = True,
        name: str | None = None,
        **kwargs,
    ):
        filters = check_whole("filters", filters, low=1)
        kernel_size = check_whole("kernel_size", kernel_size, low=1)
        if encoder is None:
            options = {"dtype": kwargs.get("dtype")}
            convolution = keras.layers.Conv2D(
                filters, activation="tanh", **_same(kernel_size), **options
            )
            encoder = keras.Sequential([convolution, Gain(**options)])
        super().__init__(filters, sparsity, pull, steps, encoder, unit_norm, name=name, **kwargs)
        self.kernel_size = kernel_size

    @property
    def dictionary(self) -> Tensor:
        """The filters, `(K, k, k, C)`."""
        return ops.transpose(self.decoder.kernel, (3, 0, 1, 2))

    def build(self, input_shape: Any) -> None:
        if len(input_shape) != 4 or None in input_shape[1:]:
            raise ValueError(
                "x must be images of one size, in the shape (B, H, W, C), but its shape is "
                f"{tuple(input_shape)}."
            )
        super().build(input_shape)

    def make_decoder(self, features: int) -> keras.layers.Layer:
        return keras.layers.Conv2DTranspose(
            features, **_same(self.kernel_size), **self.of_unit_length(axis=(0, 1, 2))
        )

    def infer(
        self,
        x: Tensor,
        steps: int = 200,
        tolerance: float | None = None,
        predicted: bool = False,
        batch_size: int = 64,
    ) -> Tensor:
        """Optimal maps, found by FISTA.

        Args:
            x: images `(N, H, W, C)`.
            steps: how many at most.
            tolerance: as in `fista`.
            predicted: whether to be drawn to the prediction, as in training. By default these
                are the codes of convolutional sparse coding, `argmin ‖x − Σₖ hₖ * Dₖ‖² + λ‖h‖₁`.
            batch_size: images at a time.

        Returns:
            Maps, a tensor of shape `(N, H, W, K)`.
        """
        return super().infer(x, steps, tolerance, predicted, batch_size)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config() | {"kernel_size": self.kernel_size}
        return {"filters": config.pop("units"), **config}


def _same(kernel_size):
    return {"kernel_size": kernel_size, "padding": "same", "data_format": "channels_last"}
