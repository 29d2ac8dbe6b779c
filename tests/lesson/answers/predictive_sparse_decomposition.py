"""Right and typical wrong answers to the exercises of lesson `predictive_sparse_decomposition`."""

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
    "predictive_sparse_decomposition.1": ista_step,
    "predictive_sparse_decomposition.2": lambda x, D: 2 * np.abs(x @ D.T).max(1),
    "predictive_sparse_decomposition.3": lambda x, D, sparsity: shrink(x @ D.T, sparsity / 2),
    "predictive_sparse_decomposition.4": gap,
    "predictive_sparse_decomposition.5": lambda h, D: np.abs(h) @ np.linalg.norm(D, axis=1),
}

WRONG = {
    "predictive_sparse_decomposition.1 as if σ were 1": (
        "predictive_sparse_decomposition.1",
        lambda h, x, D, sparsity: shrink(h + (x - h @ D) @ D.T, sparsity / 2),
    ),
    "predictive_sparse_decomposition.1 threshold not scaled with the step": (
        "predictive_sparse_decomposition.1",
        lambda h, x, D, sparsity: shrink(
            h + (x - h @ D) @ D.T / np.linalg.norm(D, 2) ** 2, sparsity / 2
        ),
    ),
    "predictive_sparse_decomposition.1 threshold twice too high": (
        "predictive_sparse_decomposition.1",
        lambda h, x, D, sparsity: ista_step(h, x, D, 2 * sparsity),
    ),
    "predictive_sparse_decomposition.1 rectified": (
        "predictive_sparse_decomposition.1",
        lambda h, x, D, sparsity: np.maximum(ista_step(h, x, D, sparsity), 0),
    ),
    "predictive_sparse_decomposition.1 Frobenius norm for σ": (
        "predictive_sparse_decomposition.1",
        lambda h, x, D, sparsity: shrink(
            h + (x - h @ D) @ D.T / (D**2).sum(), sparsity / (2 * (D**2).sum())
        ),
    ),
    "predictive_sparse_decomposition.2 half of it": (
        "predictive_sparse_decomposition.2",
        lambda x, D: np.abs(x @ D.T).max(1),
    ),
    "predictive_sparse_decomposition.2 one number for all": (
        "predictive_sparse_decomposition.2",
        lambda x, D: 2 * np.abs(x @ D.T).max(),
    ),
    "predictive_sparse_decomposition.2 without the sign": (
        "predictive_sparse_decomposition.2",
        lambda x, D: 2 * (x @ D.T).max(1),
    ),
    "predictive_sparse_decomposition.2 as if atoms had unit length": (
        "predictive_sparse_decomposition.2",
        lambda x, D: 2 * np.abs(x @ (D / np.linalg.norm(D, axis=1, keepdims=True)).T).max(1),
    ),
    "predictive_sparse_decomposition.3 threshold λ": (
        "predictive_sparse_decomposition.3",
        lambda x, D, sparsity: shrink(x @ D.T, sparsity),
    ),
    "predictive_sparse_decomposition.3 least squares": (
        "predictive_sparse_decomposition.3",
        lambda x, D, sparsity: x @ D.T,
    ),
    "predictive_sparse_decomposition.3 hard threshold": (
        "predictive_sparse_decomposition.3",
        lambda x, D, sparsity: np.where(np.abs(x @ D.T) > sparsity / 2, x @ D.T, 0),
    ),
    "predictive_sparse_decomposition.4 c above 1": (
        "predictive_sparse_decomposition.4",
        lambda x, h, D, sparsity: gap(x, h, D, sparsity, most=np.inf),
    ),
    "predictive_sparse_decomposition.4 c = 1, allowed or not": (
        "predictive_sparse_decomposition.4",
        lambda x, h, D, sparsity: (
            gap(x, h, D, 1e9) - 1e9 * np.abs(h).sum(1) + sparsity * np.abs(h).sum(1)
        ),
    ),
    "predictive_sparse_decomposition.4 twice too large a c": (
        "predictive_sparse_decomposition.4",
        lambda x, h, D, sparsity: gap(x, h, D, sparsity, half=True),
    ),
    "predictive_sparse_decomposition.4 mean over patches": (
        "predictive_sparse_decomposition.4",
        lambda x, h, D, sparsity: gap(x, h, D, sparsity).mean(),
    ),
    "predictive_sparse_decomposition.5 L1 alone": (
        "predictive_sparse_decomposition.5",
        lambda h, D: np.abs(h).sum(),
    ),
    "predictive_sparse_decomposition.5 L1 over L2": (
        "predictive_sparse_decomposition.5",
        lambda h, D: np.abs(h).sum() / np.linalg.norm(h),
    ),
    "predictive_sparse_decomposition.5 one scale for all": (
        "predictive_sparse_decomposition.5",
        lambda h, D: np.abs(h).sum() * np.linalg.norm(D, 2),
    ),
    "predictive_sparse_decomposition.5 without absolute values": (
        "predictive_sparse_decomposition.5",
        lambda h, D: h @ np.linalg.norm(D, axis=1),
    ),
    "predictive_sparse_decomposition.5 squared lengths": (
        "predictive_sparse_decomposition.5",
        lambda h, D: np.abs(h) @ (D**2).sum(1),
    ),
}
