"""Right and typical wrong answers to the exercises of lesson `contractive`."""

import keras
import numpy as np

from course_lib.autodiff import vjp


def contraction_tanh(codes, W):
    return (1 - codes**2) ** 2 @ (W**2).sum(0)


def best_alpha_squared(variances, weight):
    return max(0.0, 1 - weight * len(variances) / (2 * np.sum(variances)))


def spectrum(sigma=0.4, epochs=20, hidden=("tanh", "tanh"), layers=None):
    """The third exercise, right or with one thing wrong."""

    def answer(x):
        keras.utils.set_random_seed(0)
        rng = np.random.default_rng(0)
        wide = [keras.layers.Dense(64, activation) for activation in hidden]
        network = keras.Sequential([*wide, keras.layers.Dense(20)])
        network.compile(keras.optimizers.Adam(3e-3), "mse")
        for _ in range(epochs):
            noisy = x + np.float32(sigma) * rng.standard_normal(x.shape, "float32")
            network.fit(noisy, x, batch_size=50, epochs=1, verbose=0)
        part = keras.Sequential(network.layers[:layers])
        units = np.eye(part(x[:1]).shape[1], dtype="float32")
        rows = [vjp(part, x[:100], np.tile(row, (100, 1)))[1] for row in units]
        J = np.stack([keras.ops.convert_to_numpy(row) for row in rows], axis=1)
        return np.median(np.linalg.svd(J, compute_uv=False), axis=0)

    return answer


RIGHT = {
    "contractive.1": contraction_tanh,
    "contractive.2": best_alpha_squared,
    "contractive.3": spectrum(),
    "contractive.6": lambda J_f, J_g: np.linalg.norm(J_g @ J_f),
}

WRONG = {
    "contractive.1 the sigmoid's slope": (
        "contractive.1",
        lambda codes, W: (codes * (1 - codes)) ** 2 @ (W**2).sum(0),
    ),
    "contractive.1 slope not squared": (
        "contractive.1",
        lambda codes, W: (1 - codes**2) @ (W**2).sum(0),
    ),
    "contractive.1 slope of a root": (
        "contractive.1",
        lambda codes, W: (1 - codes) ** 2 @ (W**2).sum(0),
    ),
    "contractive.1 summed over images": (
        "contractive.1",
        lambda codes, W: contraction_tanh(codes, W).sum(),
    ),
    "contractive.1 averaged over units": (
        "contractive.1",
        lambda codes, W: contraction_tanh(codes, W) / W.shape[1],
    ),
    "contractive.2 negative": ("contractive.2", lambda v, w: 1 - w * len(v) / (2 * np.sum(v))),
    "contractive.2 alpha itself": ("contractive.2", lambda v, w: np.sqrt(best_alpha_squared(v, w))),
    "contractive.2 factor two": (
        "contractive.2",
        lambda v, w: max(0.0, 1 - w * len(v) / np.sum(v)),
    ),
    "contractive.3 no noise": ("contractive.3", spectrum(sigma=0.0)),
    "contractive.3 hardly trained": ("contractive.3", spectrum(epochs=1)),
    "contractive.3 of the first layer": ("contractive.3", spectrum(layers=1)),
    "contractive.3 nearly linear": ("contractive.3", spectrum(hidden=("swish",))),
    "contractive.3 of the data": (
        "contractive.3",
        lambda x: np.linalg.svd(x - x.mean(0), compute_uv=False) / len(x) ** 0.5,
    ),
    "contractive.3 no numbers": ("contractive.3", lambda x: np.r_[2, 1, 0.1, [np.nan] * 17]),
    "contractive.3 smallest first": ("contractive.3", lambda x: np.linspace(0, 1, 20)),
    "contractive.6 encoder alone": ("contractive.6", lambda J_f, J_g: (J_f**2).sum()),
    "contractive.6 sum of both": (
        "contractive.6",
        lambda J_f, J_g: (J_f**2).sum() + (J_g**2).sum(),
    ),
    "contractive.6 constant": ("contractive.6", lambda J_f, J_g: 1.0),
    "contractive.6 negative": ("contractive.6", lambda J_f, J_g: -np.linalg.norm(J_g @ J_f)),
}
