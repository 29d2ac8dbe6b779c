"""Right and typical wrong answers to the exercises of lesson `adversarial`."""

import keras
import numpy as np
from keras import ops
from sklearn.neighbors import KNeighborsClassifier


def discriminator_loss(f, d, x, z):
    codes = ops.stop_gradient(f(x))
    return ops.squeeze(ops.softplus(-d(z)) + ops.softplus(d(codes)), axis=1)


def annulus(u, inner, outer):
    r = np.sqrt(inner**2 + (outer**2 - inner**2) * u[:, 0])
    angle = 2 * np.pi * u[:, 1]
    return np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1)


def estimated(z_p, z_q, epochs=10, over="p", swap=False):
    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense
    judge = keras.Sequential([dense(64, "relu"), dense(64, "relu"), dense(1)])
    falling = keras.optimizers.schedules.CosineDecay(3e-3, epochs * 2 * len(z_p) // 200)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    judge.compile(keras.optimizers.Adam(falling), loss)
    labels = np.repeat([0.0, 1.0] if swap else [1.0, 0.0], len(z_p))[:, None]
    judge.fit(np.concatenate([z_p, z_q]), labels, batch_size=200, epochs=epochs, verbose=0)
    return judge.predict(z_p if over == "p" else z_q, verbose=0).mean()


def told_apart(a, b, seen=False):
    half = len(a) // 2
    kinds = np.repeat([0, 1], half)
    known, new = (np.concatenate([a[i], b[i]]) for i in (slice(half), slice(half, 2 * half)))
    judge = KNeighborsClassifier(1 if seen else 15).fit(known, kinds)
    return judge.score(known if seen else new, kinds)


RIGHT = {
    "adversarial.1": annulus,
    "adversarial.2": discriminator_loss,
    "adversarial.3": estimated,
    "adversarial.4": lambda logits, from_prior, codes: logits - np.log(from_prior / codes),
    "adversarial.7": told_apart,
}


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
    "adversarial.2 labels swapped": ("adversarial.2", swapped),
    "adversarial.2 not detached": ("adversarial.2", not_detached),
    "adversarial.2 detached too late": ("adversarial.2", detached_too_late),
    "adversarial.2 averaged": (
        "adversarial.2",
        lambda *given: ops.mean(discriminator_loss(*given)),
    ),
    "adversarial.4 inverted": ("adversarial.4", lambda logits, n, m: np.log(n / m) - logits),
    "adversarial.4 counts ignored": ("adversarial.4", lambda logits, n, m: logits),
    "adversarial.4 counts the wrong way round": (
        "adversarial.4",
        lambda logits, n, m: logits + np.log(n / m),
    ),
    "adversarial.4 the ratio itself": (
        "adversarial.4",
        lambda logits, n, m: np.exp(logits) * m / n,
    ),
    "adversarial.1 evenly by radius": ("adversarial.1", evenly_by_radius),
    "adversarial.1 half a turn": ("adversarial.1", half_a_turn),
    "adversarial.1 a whole disc": ("adversarial.1", lambda u, inner, outer: annulus(u, 0.0, outer)),
    "adversarial.3 over the other samples": (
        "adversarial.3",
        lambda p, q: -estimated(p, q, over="q"),
    ),
    "adversarial.3 labels swapped": ("adversarial.3", lambda p, q: estimated(p, q, swap=True)),
    "adversarial.3 not trained": ("adversarial.3", lambda p, q: estimated(p, 0 * q, epochs=1)),
    "adversarial.7 tested on what it has seen": (
        "adversarial.7",
        lambda a, b: told_apart(a, b, seen=True),
    ),
    "adversarial.7 means compared": (
        "adversarial.7",
        lambda a, b: min(1.0, 0.5 + np.linalg.norm(a.mean(0) - b.mean(0))),
    ),
    "adversarial.7 the error instead": ("adversarial.7", lambda a, b: 1 - told_apart(a, b)),
}
