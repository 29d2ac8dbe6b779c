"""Convolutional autoencoder: h = pool(relu(x ∗ W)) level by level, and the way back.

Each level halves rows and columns. The decoder doubles them again, in one of three ways:

    "switches"    unpool to where the maxima stood, then convolve
    "repeat"      fill the window with the value, then convolve
    "transpose"   transposed convolution of stride 2

Reference: Masci, Meier, Cireşan and Schmidhuber, Stacked convolutional auto-encoders for
hierarchical feature extraction, 2011, https://doi.org/10.1007/978-3-642-21735-7_7. Zeiler and
Fergus, Visualizing and understanding convolutional networks, 2014,
https://arxiv.org/abs/1311.2901. Odena, Dumoulin and Olah, Deconvolution and checkerboard
artifacts, 2016, https://doi.org/10.23915/distill.00003.
"""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from course_lib.layers.pooling import MaxPoolWithSwitches, Unpool
from course_lib.models.base import Autoencoder
from course_lib.validation import check_whole


@keras.saving.register_keras_serializable("course_lib")
class ConvAutoencoder(Autoencoder):
    """An autoencoder of images that keeps their plane.

    minimises  E_x[ −log p(x | g(f(x))) ],  f and g made of convolutions

    With `unpool="switches"` the decoder also gets, past the code, the place of every maximum.
    `encode` then returns a list, the code and the switches of every level, and `decode` wants
    all of them: only an image has switches, so a code alone cannot be decoded. What passes that
    way is `switch_bits`, two bits for every pooled value; often it is more than the image
    itself holds, and its reconstructions are not to be compared with those of a code of equal
    size. The other two decode from the code alone, and their `switch_bits` is 0.

    Args:
        filters: channels of each level of the encoder; as many levels as numbers.
        image_shape: `(H, W, C)`, H and W multiples of 2 to the number of levels.
        unpool: `"switches"`, `"repeat"` or `"transpose"`.
        kernel_size: rows and columns of every kernel. In a transposed convolution one that the
            stride of 2 does not divide leaves a checkerboard.
        likelihood: `"gaussian"`, `"bernoulli"`, or a loss of `course_lib.losses.likelihood`
            with one parameter per pixel and channel.
        name: model name.

    Raises:
        ValueError: if `unpool` is none of the three, or the image cannot be halved that often.

    Reference: Masci et al., 2011, https://doi.org/10.1007/978-3-642-21735-7_7.

    Example:

    >>> for unpool in ("switches", "repeat", "transpose"):
    ...     model = ConvAutoencoder(filters=(32, 32), unpool=unpool)
    ...     print(unpool, model.count_params(), model.code_size, model.switch_bits)
    switches 28353 1568 15680
    repeat 28353 1568 0
    transpose 28353 1568 0
    """

    def __init__(
        self,
        filters: Sequence[int] = (32, 32),
        image_shape: Sequence[int] = (28, 28, 1),
        unpool: str = "switches",
        kernel_size: int = 3,
        likelihood: Any = "bernoulli",
        name: str | None = None,
        **kwargs,
    ):
        filters = tuple(check_whole("filters", n, low=1) for n in filters)
        image_shape = tuple(check_whole("image_shape", n, low=1) for n in image_shape)
        kernel_size = check_whole("kernel_size", kernel_size, low=1)
        if unpool not in ("switches", "repeat", "transpose"):
            raise ValueError(
                f"unpool must be 'switches', 'repeat' or 'transpose', but is {unpool!r}."
            )
        scale = 2 ** len(filters)
        if not filters or len(image_shape) != 3 or image_shape[0] % scale or image_shape[1] % scale:
            raise ValueError(
                f"image_shape must be rows, columns and channels, the first two multiples of "
                f"{scale} for the {len(filters)} levels of filters, but is {image_shape}."
            )
        made_of = {
            "kernel_size": kernel_size,
            "padding": "same",
            "data_format": "channels_last",
            "dtype": kwargs.get("dtype"),
        }
        encoder = _encoder(filters, image_shape, unpool, made_of)
        super().__init__(
            encoder,
            _decoder(filters, image_shape, unpool, made_of, encoder.outputs),
            likelihood=likelihood,
            name=name,
            **kwargs,
        )
        self.filters = filters
        self.image_shape = image_shape
        self.unpool = unpool
        self.kernel_size = kernel_size
        self.build((None, *image_shape))

    @property
    def code_size(self) -> int:
        """How many numbers the code of one image has, switches not counted."""
        return math.prod(self.encoder.outputs[0].shape[1:])

    @property
    def switch_bits(self) -> int:
        """How many bits of switches one image needs beside its code."""
        return sum(2 * math.prod(switches.shape[1:]) for switches in self.encoder.outputs[1:])

    def check_data(self, x: Any, y: Any = None, name: str = "x") -> None:
        super().check_data(x, y, name)
        if tuple(x.shape[1:]) != self.image_shape:
            raise ValueError(
                f"{name} must be images of the shape {self.image_shape}, but its shape is "
                f"{tuple(x.shape)}."
            )

    def get_config(self) -> dict[str, Any]:
        return {
            "filters": self.filters,
            "image_shape": self.image_shape,
            "unpool": self.unpool,
            "kernel_size": self.kernel_size,
            "likelihood": keras.saving.serialize_keras_object(self.likelihood),
            "name": self.name,
            "dtype": keras.saving.serialize_keras_object(self.dtype_policy),
        }


def _encoder(filters, image_shape, unpool, made_of):
    """Image → code, or → [code, switches of every level]."""
    h = x = keras.Input(image_shape)
    switches = []
    for channels in filters:
        h = layers.Conv2D(channels, activation="relu", **made_of)(h)
        if unpool == "switches":
            h, places = MaxPoolWithSwitches(2, dtype=made_of["dtype"])(h)
            switches.append(places)
        else:
            h = layers.MaxPooling2D(2, data_format="channels_last", dtype=made_of["dtype"])(h)
    return keras.Model(x, [h, *switches] if switches else h, name="encoder")


def _decoder(filters, image_shape, unpool, made_of, codes):
    """What the encoder returns → parameters of the likelihood, in the shape of the image."""
    inputs = [keras.Input(code.shape[1:], dtype=code.dtype) for code in codes]
    h, *switches = inputs
    # A level gives back the channels of the one below it, whose switches wait there.
    for channels in (*filters[-2::-1], filters[0]):
        if unpool == "transpose":
            h = layers.Conv2DTranspose(channels, strides=2, activation="relu", **made_of)(h)
        else:
            places = [switches.pop()] if switches else []
            h = Unpool(2, dtype=made_of["dtype"])(h, *places)
            h = layers.Conv2D(channels, activation="relu", **made_of)(h)
    parameters = layers.Conv2D(image_shape[-1], **made_of)(h)
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], parameters, name="decoder")
