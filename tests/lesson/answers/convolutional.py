"""Right and typical wrong answers to the exercises of lesson `convolutional`."""

import keras
import numpy as np
from keras import layers


def receptive_field(layers):
    field, step = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * step
        step *= stride
    return field


def stride_too_early(layers):
    field, step = 1, 1
    for kernel, stride in layers:
        step *= stride
        field += (kernel - 1) * step
    return field


def gradient_of(slope, kernel, stride, side):
    size = len(kernel)
    image = np.zeros((side, side))
    for (i, j), value in np.ndenumerate(slope):
        image[stride * i : stride * i + size, stride * j : stride * j + size] += value * kernel
    return image


def overwriting(slope, kernel, stride, side):
    size = len(kernel)
    image = np.zeros((side, side))
    for (i, j), value in np.ndenumerate(slope):
        image[stride * i : stride * i + size, stride * j : stride * j + size] = value * kernel
    return image


def code_and_error(flattened=False, channels=4, epochs=5, over=1):
    """The third exercise, right or with one thing wrong."""

    def answer(x_train, x_test):
        keras.utils.set_random_seed(0)
        same = {"padding": "same", "activation": "relu"}
        code = layers.Conv2D(channels, 3, padding="same")
        if flattened:
            code = keras.Sequential([layers.Flatten(), layers.Dense(64), layers.Reshape((4, 4, 4))])
        network = keras.Sequential(
            [
                layers.Conv2D(16, 4, 2, **same),
                layers.Conv2D(32, 4, 2, **same),
                code,
                layers.Conv2DTranspose(16, 4, 2, **same),
                layers.Conv2DTranspose(1, 4, 2, padding="same"),
            ]
        )
        network.compile(keras.optimizers.Adam(5e-3), "mse")
        network.fit(x_train, x_train, batch_size=32, epochs=epochs, verbose=0)
        wrong = (network.predict(x_test, verbose=0) - x_test) ** 2
        return 16 * channels, float(wrong.sum((1, 2, 3)).mean()) / over

    return answer


def even_kernel(ramp):
    # In one dimension the sums of the even and of the odd weights: equal, so are the products.
    line = np.array(ramp)
    return np.outer(line, line)


RIGHT = {
    "convolutional.1": receptive_field,
    "convolutional.2": gradient_of,
    "convolutional.3": code_and_error(),
    "convolutional.6": lambda: even_kernel((0.25, 0.75, 0.75, 0.25)),
}

WRONG = {
    "no strides": ("convolutional.1", lambda layers: 1 + sum(kernel - 1 for kernel, _ in layers)),
    "stride too early": ("convolutional.1", stride_too_early),
    "flipped": ("convolutional.2", lambda d, k, s, side: gradient_of(d, k[::-1, ::-1], s, side)),
    "overwritten": ("convolutional.2", overwriting),
    "stamps side by side": ("convolutional.2", lambda d, k, s, side: np.kron(d, k)),
    "a Dense layer for the code": ("convolutional.3", code_and_error(flattened=True)),
    "a code of 128": ("convolutional.3", code_and_error(channels=8, epochs=1)),
    "not trained": ("convolutional.3", code_and_error(epochs=0)),
    "a mean over pixels": ("convolutional.3", code_and_error(over=256)),
    "the error alone": ("convolutional.3", lambda a, b: code_and_error(epochs=1)(a, b)[1]),
    "a tent that is not even": ("convolutional.6", lambda: even_kernel((0.2, 0.5, 0.5, 0.3))),
    "without end": ("convolutional.6", lambda: np.full((4, 4), np.inf)),
    "all equal": ("convolutional.6", lambda: np.ones((4, 4))),
    "no ink": ("convolutional.6", lambda: even_kernel((1, 0.5, -1, -0.5))),
    "kernel 3": ("convolutional.6", lambda: np.outer([0.5, 1, 0.5], [0.5, 1, 0.5])),
}
