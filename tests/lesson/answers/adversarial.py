"""Right and typical wrong answers to the exercises of lesson `adversarial`."""

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
    "adversarial.1": generator_loss,
    "adversarial.2": discriminator_loss,
    "adversarial.3": lambda logits, from_prior, codes: logits - np.log(from_prior / codes),
    "adversarial.4": annulus,
    "adversarial.5": cluster_error,
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
    "adversarial.1 saturating": ("adversarial.1", lambda logits: -np.logaddexp(0, logits)),
    "adversarial.1 labels swapped": ("adversarial.1", lambda logits: np.logaddexp(0, logits)),
    "adversarial.1 infinite where d underflows": ("adversarial.1", naive),
    "adversarial.1 averaged": ("adversarial.1", lambda logits: generator_loss(logits).mean()),
    "adversarial.1 probabilities taken for logits": (
        "adversarial.1",
        lambda d: -np.log(np.clip(d, 1e-7, 1)),
    ),
    "adversarial.2 labels swapped": ("adversarial.2", swapped),
    "adversarial.2 not detached": ("adversarial.2", not_detached),
    "adversarial.2 detached too late": ("adversarial.2", detached_too_late),
    "adversarial.2 averaged": (
        "adversarial.2",
        lambda *given: ops.mean(discriminator_loss(*given)),
    ),
    "adversarial.3 inverted": ("adversarial.3", lambda logits, n, m: np.log(n / m) - logits),
    "adversarial.3 counts ignored": ("adversarial.3", lambda logits, n, m: logits),
    "adversarial.3 counts the wrong way round": (
        "adversarial.3",
        lambda logits, n, m: logits + np.log(n / m),
    ),
    "adversarial.3 the ratio itself": (
        "adversarial.3",
        lambda logits, n, m: np.exp(logits) * m / n,
    ),
    "adversarial.4 evenly by radius": ("adversarial.4", evenly_by_radius),
    "adversarial.4 half a turn": ("adversarial.4", half_a_turn),
    "adversarial.4 a whole disc": ("adversarial.4", lambda u, inner, outer: annulus(u, 0.0, outer)),
    "adversarial.5 labels chosen on the new images": (
        "adversarial.5",
        lambda c, y, new_c, new_y: cluster_error(new_c, new_y, new_c, new_y),
    ),
    "adversarial.5 cluster numbers taken for labels": (
        "adversarial.5",
        lambda c, y, new_c, new_y: (new_c != new_y).mean(),
    ),
    "adversarial.5 share that is right": (
        "adversarial.5",
        lambda *given: 1 - cluster_error(*given),
    ),
    "adversarial.5 averaged over clusters": (
        "adversarial.5",
        lambda c, y, new_c, new_y: np.mean(
            [cluster_error(c, y, new_c[new_c == k], new_y[new_c == k]) for k in np.unique(new_c)]
        ),
    ),
}
