"""Right and typical wrong answers to the exercises of lesson `autoencoder`."""

import keras
import numpy as np


def whiten(codes):
    centred = codes - codes.mean(0)
    values, vectors = np.linalg.eigh(centred.T @ centred / len(codes))
    return centred @ vectors / np.sqrt(values)


def error_of(activation=None, code=4, epochs=60, last=None, rate=3e-3):
    """The third exercise, right or with one thing wrong."""

    def answer(x_train, x_test):
        keras.utils.set_random_seed(0)
        dense = keras.layers.Dense
        layers = [dense(16, activation), dense(code), dense(16, activation), dense(20, last)]
        network = keras.Sequential(layers)
        network.compile(keras.optimizers.Adam(rate), "mse")
        network.fit(x_train, x_train, batch_size=20, epochs=epochs, verbose=0)
        return float(((network.predict(x_test, verbose=0) - x_test) ** 2).sum(1).mean())

    return answer


RIGHT = {
    "autoencoder.1": lambda x, m, s: (
        0.5 * ((x - m) / s) ** 2 + np.log(s) + 0.5 * np.log(2 * np.pi)
    ).sum(1),
    "autoencoder.2": lambda x, u, m: m + (x - m) @ u @ u.T,
    "autoencoder.3": error_of(),
    "autoencoder.6": whiten,
}

WRONG = {
    "no log sigma": ("autoencoder.1", lambda x, m, s: (0.5 * ((x - m) / s) ** 2).sum(1)),
    "sigma not squared": (
        "autoencoder.1",
        lambda x, m, s: (0.5 * (x - m) ** 2 / s + np.log(s) + 0.5 * np.log(2 * np.pi)).sum(1),
    ),
    "sign": ("autoencoder.1", lambda x, m, s: -RIGHT["autoencoder.1"](x, m, s)),
    "no mean": ("autoencoder.2", lambda x, u, m: x @ u @ u.T),
    "mean not put back": ("autoencoder.2", lambda x, u, m: (x - m) @ u @ u.T),
    "transposed": ("autoencoder.2", lambda x, u, m: m + (x - m) @ u.T @ u),
    "an activation left": ("autoencoder.3", error_of("tanh")),
    "the sigmoid left": ("autoencoder.3", error_of(last="sigmoid")),
    "mean over features": ("autoencoder.3", lambda a, b: error_of()(a, b) / 20),
    "one pass": ("autoencoder.3", error_of(epochs=1)),
    "a code of five": ("autoencoder.3", error_of(code=5)),
    "standardised only": ("autoencoder.6", lambda codes: (codes - codes.mean(0)) / codes.std(0)),
    "not centred": ("autoencoder.6", lambda codes: whiten(codes) + 1),
    "noise": (
        "autoencoder.6",
        lambda codes: whiten(np.random.default_rng(0).normal(size=codes.shape)),
    ),
}
