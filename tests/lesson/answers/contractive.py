"""Right and typical wrong answers to the exercises of lesson `contractive`."""

import numpy as np


def contraction(codes, W):
    return (codes * (1 - codes)) ** 2 @ (W**2).sum(0)


def best_alpha_squared(variances, weight):
    return max(0.0, 1 - weight * len(variances) / (2 * np.sum(variances)))


RIGHT = {
    "contractive.1": contraction,
    "contractive.2": lambda codes, W: (1 - codes**2) ** 2 @ (W**2).sum(0),
    "contractive.3": lambda J, u: ((u @ J) ** 2).sum(1).mean(),
    "contractive.4": best_alpha_squared,
    "contractive.5": lambda J_f, J_g: np.linalg.norm(J_g @ J_f),
}

WRONG = {
    "contractive.1 slope not squared": (
        "contractive.1",
        lambda codes, W: (codes * (1 - codes)) @ (W**2).sum(0),
    ),
    "contractive.1 summed over images": (
        "contractive.1",
        lambda codes, W: contraction(codes, W).sum(),
    ),
    "contractive.1 averaged over units": (
        "contractive.1",
        lambda codes, W: contraction(codes, W) / W.shape[1],
    ),
    "contractive.1 integer division": (
        "contractive.1",
        lambda codes, W: contraction(codes, W) // 1,
    ),
    "contractive.2 the sigmoid's slope": ("contractive.2", contraction),
    "contractive.2 slope of a root": (
        "contractive.2",
        lambda codes, W: (1 - codes) ** 2 @ (W**2).sum(0),
    ),
    "contractive.3 divided by units": (
        "contractive.3",
        lambda J, u: ((u @ J) ** 2).sum(1).mean() / u.shape[1],
    ),
    "contractive.3 mean before square": (
        "contractive.3",
        lambda J, u: ((u @ J).mean(0) ** 2).sum(),
    ),
    "contractive.3 mean over pixels": ("contractive.3", lambda J, u: ((u @ J) ** 2).mean()),
    "contractive.3 sum over probes": ("contractive.3", lambda J, u: ((u @ J) ** 2).sum()),
    "contractive.4 negative": ("contractive.4", lambda v, w: 1 - w * len(v) / (2 * np.sum(v))),
    "contractive.4 alpha itself": ("contractive.4", lambda v, w: np.sqrt(best_alpha_squared(v, w))),
    "contractive.4 factor two": (
        "contractive.4",
        lambda v, w: max(0.0, 1 - w * len(v) / np.sum(v)),
    ),
    "contractive.5 encoder alone": ("contractive.5", lambda J_f, J_g: (J_f**2).sum()),
    "contractive.5 sum of both": (
        "contractive.5",
        lambda J_f, J_g: (J_f**2).sum() + (J_g**2).sum(),
    ),
    "contractive.5 constant": ("contractive.5", lambda J_f, J_g: 1.0),
    "contractive.5 negative": ("contractive.5", lambda J_f, J_g: -np.linalg.norm(J_g @ J_f)),
}
