"""Right and typical wrong answers to the exercises of lesson 07."""

import numpy as np
from keras import ops


def generator_loss(logits):
    return np.logaddexp(0, -logits)


def discriminator_loss(f, d, x, z):
    codes = ops.stop_gradient(f(x))
    return ops.squeeze(ops.softplus(-d(z)) + ops.softplus(d(codes)), axis=1)


def annulus(u, inner, outer):
    r = np.sqrt(inner**2 + (outer**2 - inner**2) * u[:, 0])
    angle = 2 * np.pi * u[:, 1]
    return np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1)


def cluster_error(clusters, labels, new_clusters, new_labels):
    majority = {c: np.bincount(labels[clusters == c]).argmax() for c in np.unique(clusters)}
    return np.mean([majority[c] != y for c, y in zip(new_clusters, new_labels, strict=True)])


RIGHT = {
    "07.1": generator_loss,
    "07.2": discriminator_loss,
    "07.3": lambda logits, from_prior, codes: logits - np.log(from_prior / codes),
    "07.4": annulus,
    "07.5": cluster_error,
}


def naive(logits):
    with np.errstate(over="ignore", divide="ignore"):
        return -np.log(1 / (1 + np.exp(-logits)))


def swapped(f, d, x, z):
    codes = ops.stop_gradient(f(x))
    return ops.squeeze(ops.softplus(d(z)) + ops.softplus(-d(codes)), axis=1)


def not_detached(f, d, x, z):
    return ops.squeeze(ops.softplus(-d(z)) + ops.softplus(d(f(x))), axis=1)


def detached_too_late(f, d, x, z):
    return ops.squeeze(ops.softplus(-d(z)) + ops.softplus(ops.stop_gradient(d(f(x)))), axis=1)


def evenly_by_radius(u, inner, outer):
    r, angle = inner + (outer - inner) * u[:, 0], 2 * np.pi * u[:, 1]
    return np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1)


def half_a_turn(u, inner, outer):
    r, angle = np.linalg.norm(annulus(u, inner, outer), axis=1), np.pi * u[:, 1]
    return np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1)


WRONG = {
    "07.1 saturating": ("07.1", lambda logits: -np.logaddexp(0, logits)),
    "07.1 labels swapped": ("07.1", lambda logits: np.logaddexp(0, logits)),
    "07.1 infinite where d underflows": ("07.1", naive),
    "07.1 averaged": ("07.1", lambda logits: generator_loss(logits).mean()),
    "07.1 probabilities taken for logits": ("07.1", lambda d: -np.log(np.clip(d, 1e-7, 1))),
    "07.2 labels swapped": ("07.2", swapped),
    "07.2 not detached": ("07.2", not_detached),
    "07.2 detached too late": ("07.2", detached_too_late),
    "07.2 averaged": ("07.2", lambda *given: ops.mean(discriminator_loss(*given))),
    "07.3 inverted": ("07.3", lambda logits, n, m: np.log(n / m) - logits),
    "07.3 counts ignored": ("07.3", lambda logits, n, m: logits),
    "07.3 counts the wrong way round": ("07.3", lambda logits, n, m: logits + np.log(n / m)),
    "07.3 the ratio itself": ("07.3", lambda logits, n, m: np.exp(logits) * m / n),
    "07.4 evenly by radius": ("07.4", evenly_by_radius),
    "07.4 half a turn": ("07.4", half_a_turn),
    "07.4 a whole disc": ("07.4", lambda u, inner, outer: annulus(u, 0.0, outer)),
    "07.5 labels chosen on the new images": (
        "07.5",
        lambda c, y, new_c, new_y: cluster_error(new_c, new_y, new_c, new_y),
    ),
    "07.5 cluster numbers taken for labels": (
        "07.5",
        lambda c, y, new_c, new_y: (new_c != new_y).mean(),
    ),
    "07.5 share that is right": ("07.5", lambda *given: 1 - cluster_error(*given)),
    "07.5 averaged over clusters": (
        "07.5",
        lambda c, y, new_c, new_y: np.mean(
            [cluster_error(c, y, new_c[new_c == k], new_y[new_c == k]) for k in np.unique(new_c)]
        ),
    ),
}
