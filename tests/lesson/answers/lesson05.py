"""Right and typical wrong answers to the exercises of lesson 05."""

import numpy as np


def contraction(codes, W):
    return (codes * (1 - codes)) ** 2 @ (W**2).sum(0)


def best_alpha_squared(variances, weight):
    return max(0.0, 1 - weight * len(variances) / (2 * np.sum(variances)))


RIGHT = {
    "05.1": contraction,
    "05.2": lambda codes, W: (1 - codes**2) ** 2 @ (W**2).sum(0),
    "05.3": lambda J, u: ((u @ J) ** 2).sum(1).mean(),
    "05.4": best_alpha_squared,
    "05.5": lambda J_f, J_g: np.linalg.norm(J_g @ J_f),
}

WRONG = {
    "05.1 slope not squared": (
        "05.1",
        lambda codes, W: (codes * (1 - codes)) @ (W**2).sum(0),
    ),
    "05.1 summed over images": ("05.1", lambda codes, W: contraction(codes, W).sum()),
    "05.1 averaged over units": ("05.1", lambda codes, W: contraction(codes, W) / W.shape[1]),
    "05.1 integer division": ("05.1", lambda codes, W: contraction(codes, W) // 1),
    "05.2 the sigmoid's slope": ("05.2", contraction),
    "05.2 slope of a root": ("05.2", lambda codes, W: (1 - codes) ** 2 @ (W**2).sum(0)),
    "05.3 divided by units": ("05.3", lambda J, u: ((u @ J) ** 2).sum(1).mean() / u.shape[1]),
    "05.3 mean before square": ("05.3", lambda J, u: ((u @ J).mean(0) ** 2).sum()),
    "05.3 mean over pixels": ("05.3", lambda J, u: ((u @ J) ** 2).mean()),
    "05.3 sum over probes": ("05.3", lambda J, u: ((u @ J) ** 2).sum()),
    "05.4 negative": ("05.4", lambda v, w: 1 - w * len(v) / (2 * np.sum(v))),
    "05.4 alpha itself": ("05.4", lambda v, w: np.sqrt(best_alpha_squared(v, w))),
    "05.4 factor two": ("05.4", lambda v, w: max(0.0, 1 - w * len(v) / np.sum(v))),
    "05.5 encoder alone": ("05.5", lambda J_f, J_g: (J_f**2).sum()),
    "05.5 sum of both": ("05.5", lambda J_f, J_g: (J_f**2).sum() + (J_g**2).sum()),
    "05.5 constant": ("05.5", lambda J_f, J_g: 1.0),
    "05.5 negative": ("05.5", lambda J_f, J_g: -np.linalg.norm(J_g @ J_f)),
}
