"""Right and typical wrong answers to the exercises of lesson 08."""

import numpy as np


def shrink(v, threshold):
    return np.sign(v) * np.maximum(np.abs(v) - threshold, 0)


def ista_step(h, x, D, sparsity):
    square = np.linalg.norm(D, 2) ** 2
    return shrink(h + (x - h @ D) @ D.T / square, sparsity / (2 * square))


def gap(x, h, D, sparsity, most=1.0, half=False):
    rest = x - h @ D
    c = np.minimum(most, sparsity / ((1 if half else 2) * np.abs(rest @ D.T).max(1)))
    energy = (rest**2).sum(1) + sparsity * np.abs(h).sum(1)
    return energy - 2 * c * (x * rest).sum(1) + c**2 * (rest**2).sum(1)


RIGHT = {
    "08.1": ista_step,
    "08.2": lambda x, D: 2 * np.abs(x @ D.T).max(1),
    "08.3": lambda x, D, sparsity: shrink(x @ D.T, sparsity / 2),
    "08.4": gap,
    "08.5": lambda h, D: np.abs(h) @ np.linalg.norm(D, axis=1),
}

WRONG = {
    "08.1 as if σ were 1": (
        "08.1",
        lambda h, x, D, sparsity: shrink(h + (x - h @ D) @ D.T, sparsity / 2),
    ),
    "08.1 threshold not scaled with the step": (
        "08.1",
        lambda h, x, D, sparsity: shrink(
            h + (x - h @ D) @ D.T / np.linalg.norm(D, 2) ** 2, sparsity / 2
        ),
    ),
    "08.1 threshold twice too high": (
        "08.1",
        lambda h, x, D, sparsity: ista_step(h, x, D, 2 * sparsity),
    ),
    "08.1 rectified": (
        "08.1",
        lambda h, x, D, sparsity: np.maximum(ista_step(h, x, D, sparsity), 0),
    ),
    "08.1 Frobenius norm for σ": (
        "08.1",
        lambda h, x, D, sparsity: shrink(
            h + (x - h @ D) @ D.T / (D**2).sum(), sparsity / (2 * (D**2).sum())
        ),
    ),
    "08.2 half of it": ("08.2", lambda x, D: np.abs(x @ D.T).max(1)),
    "08.2 one number for all": ("08.2", lambda x, D: 2 * np.abs(x @ D.T).max()),
    "08.2 without the sign": ("08.2", lambda x, D: 2 * (x @ D.T).max(1)),
    "08.2 as if atoms had unit length": (
        "08.2",
        lambda x, D: 2 * np.abs(x @ (D / np.linalg.norm(D, axis=1, keepdims=True)).T).max(1),
    ),
    "08.3 threshold λ": ("08.3", lambda x, D, sparsity: shrink(x @ D.T, sparsity)),
    "08.3 least squares": ("08.3", lambda x, D, sparsity: x @ D.T),
    "08.3 hard threshold": (
        "08.3",
        lambda x, D, sparsity: np.where(np.abs(x @ D.T) > sparsity / 2, x @ D.T, 0),
    ),
    "08.4 c above 1": ("08.4", lambda x, h, D, sparsity: gap(x, h, D, sparsity, most=np.inf)),
    "08.4 c = 1, allowed or not": (
        "08.4",
        lambda x, h, D, sparsity: (
            gap(x, h, D, 1e9) - 1e9 * np.abs(h).sum(1) + sparsity * np.abs(h).sum(1)
        ),
    ),
    "08.4 twice too large a c": (
        "08.4",
        lambda x, h, D, sparsity: gap(x, h, D, sparsity, half=True),
    ),
    "08.4 mean over patches": ("08.4", lambda x, h, D, sparsity: gap(x, h, D, sparsity).mean()),
    "08.5 L1 alone": ("08.5", lambda h, D: np.abs(h).sum()),
    "08.5 L1 over L2": ("08.5", lambda h, D: np.abs(h).sum() / np.linalg.norm(h)),
    "08.5 one scale for all": ("08.5", lambda h, D: np.abs(h).sum() * np.linalg.norm(D, 2)),
    "08.5 without absolute values": ("08.5", lambda h, D: h @ np.linalg.norm(D, axis=1)),
    "08.5 squared lengths": ("08.5", lambda h, D: np.abs(h) @ (D**2).sum(1)),
}
