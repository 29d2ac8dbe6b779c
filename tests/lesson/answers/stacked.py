"""Right and typical wrong answers to the exercises of lesson `stacked`."""

import keras
import numpy as np


def error_of(
    activation="sigmoid", gained=4, layers=4, optimizer=None, epochs=30, scale=1.0, turned=False
):
    """The third exercise, right or with one thing wrong."""

    def answer(gain, x, y):
        keras.utils.set_random_seed(0)
        start = keras.initializers.VarianceScaling(gain**2, "fan_avg", "uniform")
        plain = keras.initializers.GlorotUniform()
        network = keras.Sequential([keras.Input((x.shape[1],))])
        for layer in range(layers):
            initializer = start if layer < gained else plain
            network.add(keras.layers.Dense(32, activation, kernel_initializer=initializer))
        network.add(keras.layers.Dense(10))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        network.compile(optimizer() if optimizer else keras.optimizers.SGD(1.0), loss)
        network.fit(x, y, batch_size=20, epochs=epochs, verbose=0)
        wrong = np.mean(network.predict(x, verbose=0).argmax(1) != y)
        return scale * 100 * (1 - wrong if turned else wrong)

    return answer


def principal(x, units):
    centre = x.mean(axis=0)
    _, sizes, directions = np.linalg.svd(x - centre, full_matrices=False)
    return directions[:units].T / sizes[:units] * np.sqrt(len(x))


def random_layer(x, units):
    limit = np.sqrt(6 / (x.shape[1] + units))
    return np.random.default_rng(3).uniform(-limit, limit, (x.shape[1], units))


def largest(kernels):
    return np.prod([np.linalg.norm(kernel, 2) / 4 for kernel in kernels])


RIGHT = {
    "stacked.1": lambda n, slope: np.sqrt(2 / (n * (1 + slope**2))),
    "stacked.2": largest,
    "stacked.3": error_of(),
    "stacked.6": principal,
}

WRONG = {
    "he whatever the slope": ("stacked.1", lambda n, slope: np.sqrt(2 / n)),
    "a variance": ("stacked.1", lambda n, slope: 2 / (n * (1 + slope**2))),
    "the slope not squared": ("stacked.1", lambda n, slope: np.sqrt(2 / (n * (1 + slope)))),
    "no quarter": (
        "stacked.2",
        lambda kernels: np.prod([np.linalg.norm(kernel, 2) for kernel in kernels]),
    ),
    "frobenius": (
        "stacked.2",
        lambda kernels: np.prod([np.linalg.norm(kernel) / 4 for kernel in kernels]),
    ),
    "one quarter for all": (
        "stacked.2",
        lambda kernels: np.prod([np.linalg.norm(kernel, 2) for kernel in kernels]) / 4,
    ),
    "added": ("stacked.2", lambda ks: sum(np.linalg.norm(k, 2) / 4 for k in ks)),
    "relu": ("stacked.3", error_of("relu")),
    "adam": ("stacked.3", error_of(optimizer=lambda: keras.optimizers.Adam(1e-2))),
    "hardly trained": ("stacked.3", error_of(epochs=1)),
    "the gain forgotten": ("stacked.3", error_of(gained=0)),
    "a share": ("stacked.3", error_of(scale=0.01)),
    "an accuracy": ("stacked.3", error_of(turned=True)),
    "one layer": ("stacked.3", error_of(layers=1)),
    "a random layer": ("stacked.6", random_layer),
    "a random layer, four times": ("stacked.6", lambda x, units: 4 * random_layer(x, units)),
    "rows for columns": ("stacked.6", lambda x, units: principal(x, units).T),
    "the same direction for all": (
        "stacked.6",
        lambda x, units: np.repeat(principal(x, 1), units, axis=1),
    ),
    "infinite": ("stacked.6", lambda x, units: np.full((x.shape[1], units), np.inf)),
}
