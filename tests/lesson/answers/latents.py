"""Right and typical wrong answers to the exercises of lesson `latents`."""

import keras
import numpy as np

from course_lib import losses
from course_lib.models import VAE


def nats_of_units(spectrum, beta, variance):
    return 0.5 * np.log(np.maximum(spectrum / (beta * variance), 1))


def entangled(z):
    return z @ np.array([[1, 1], [-1, 1]]) / np.sqrt(2)


def by_adam(x, axes, units, epochs=30):
    keras.utils.set_random_seed(0)
    vae = VAE(
        keras.layers.Dense(2 * units),
        keras.layers.Dense(x.shape[1]),
        likelihood=losses.GaussianNLL(log_variance=0.0),
        seed=0,
    )
    vae.compile(keras.optimizers.Adam(1e-2))
    vae.fit(x, batch_size=100, epochs=epochs, verbose=0)
    return keras.ops.convert_to_numpy(vae.decoder.kernel).T


def one_factor_each(information):
    known = information[information.sum(axis=1) > 0]
    p = known / known.sum(axis=1, keepdims=True)
    return (p.max(axis=1).mean() - 1 / p.shape[1]) / (1 - 1 / p.shape[1])


RIGHT = {
    "latents.1": nats_of_units,
    "latents.2": entangled,
    "latents.3": by_adam,
    "latents.6": one_factor_each,
}


WRONG = {
    "latents.1 negative where off": (
        "latents.1",
        lambda spectrum, beta, variance: 0.5 * np.log(spectrum / (beta * variance)),
    ),
    "latents.1 half forgotten": (
        "latents.1",
        lambda *given: 2 * nats_of_units(*given),
    ),
    "latents.1 β forgotten": (
        "latents.1",
        lambda spectrum, beta, variance: nats_of_units(spectrum, 1, variance),
    ),
    "latents.1 summed": ("latents.1", lambda *given: nats_of_units(*given).sum()),
    "latents.2 nothing done": ("latents.2", lambda z: z.copy()),
    "latents.2 permuted": ("latents.2", lambda z: z[:, ::-1].copy()),
    "latents.2 the sum": ("latents.2", lambda z: z @ np.array([[1, 1], [1, 1]]) / np.sqrt(2)),
    "latents.2 stretched": ("latents.2", lambda z: z @ np.array([[1, 1], [-1, 1]])),
    "latents.3 hardly trained": (
        "latents.3",
        lambda x, axes, units: by_adam(0 * x, axes, units, epochs=1),
    ),
    "latents.3 transposed": ("latents.3", lambda *given: by_adam(*given).T),
    "latents.3 not trained": (
        "latents.3",
        lambda x, axes, units: np.linalg.qr(np.random.default_rng(0).normal(size=(16, 3)))[0],
    ),
    "latents.6 silent units count": (
        "latents.6",
        lambda i: np.mean(
            (i.max(axis=1) / np.maximum(i.sum(axis=1), 1e-9) - 1 / i.shape[1])
            / (1 - 1 / i.shape[1])
        ),
    ),
    "latents.6 not scaled": (
        "latents.6",
        lambda i: (i[i.sum(1) > 0].max(axis=1) / i[i.sum(1) > 0].sum(axis=1)).mean(),
    ),
    "latents.6 units of each factor": (
        "latents.6",
        lambda i: (i.max(axis=0) / i.sum(axis=0)).mean(),
    ),
}
