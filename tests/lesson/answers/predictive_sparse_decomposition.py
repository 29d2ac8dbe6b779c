"""Right and typical wrong answers to the exercises of lesson `predictive_sparse_decomposition`."""

import keras
import numpy as np
from keras import ops

from course_lib.layers import SoftThreshold


def shrink(v, threshold):
    return np.sign(v) * np.maximum(np.abs(v) - threshold, 0)


def by_energy(epochs=40, error=1.0, weight=1.0):
    """The third exercise, right or with one thing wrong."""

    def answer(x_train, D, sparsity, x_new):
        keras.utils.set_random_seed(0)
        layers = [keras.layers.Dense(128, "relu"), keras.layers.Dense(40)]
        encoder = keras.Sequential([*layers, SoftThreshold(0.05, learned=True)])

        def energy(x, h):
            squares = ops.sum(ops.square(x - ops.matmul(h, D)), axis=1)
            return error * squares + weight * sparsity * ops.sum(ops.abs(h), axis=1)

        encoder.compile(keras.optimizers.Adam(3e-3), energy)
        encoder.fit(x_train, x_train, batch_size=50, epochs=epochs, verbose=0)
        return encoder.predict(x_new, verbose=0)

    return answer


def one_step(x_train, D, sparsity, x_new):
    square = np.linalg.norm(D, 2) ** 2
    return shrink(x_new @ D.T / square, sparsity / (2 * square))


RIGHT = {
    "predictive_sparse_decomposition.1": lambda x, D: 2 * np.abs(x @ D.T).max(1),
    "predictive_sparse_decomposition.2": lambda x, D, sparsity: shrink(x @ D.T, sparsity / 2),
    "predictive_sparse_decomposition.3": by_energy(),
    "predictive_sparse_decomposition.6": lambda h, D: np.abs(h) @ np.linalg.norm(D, axis=1),
}

WRONG = {
    "predictive_sparse_decomposition.1 half of it": (
        "predictive_sparse_decomposition.1",
        lambda x, D: np.abs(x @ D.T).max(1),
    ),
    "predictive_sparse_decomposition.1 one number for all": (
        "predictive_sparse_decomposition.1",
        lambda x, D: 2 * np.abs(x @ D.T).max(),
    ),
    "predictive_sparse_decomposition.1 without the sign": (
        "predictive_sparse_decomposition.1",
        lambda x, D: 2 * (x @ D.T).max(1),
    ),
    "predictive_sparse_decomposition.1 as if atoms had unit length": (
        "predictive_sparse_decomposition.1",
        lambda x, D: 2 * np.abs(x @ (D / np.linalg.norm(D, axis=1, keepdims=True)).T).max(1),
    ),
    "predictive_sparse_decomposition.2 threshold λ": (
        "predictive_sparse_decomposition.2",
        lambda x, D, sparsity: shrink(x @ D.T, sparsity),
    ),
    "predictive_sparse_decomposition.2 least squares": (
        "predictive_sparse_decomposition.2",
        lambda x, D, sparsity: x @ D.T,
    ),
    "predictive_sparse_decomposition.2 hard threshold": (
        "predictive_sparse_decomposition.2",
        lambda x, D, sparsity: np.where(np.abs(x @ D.T) > sparsity / 2, x @ D.T, 0),
    ),
    "predictive_sparse_decomposition.3 one step of ISTA": (
        "predictive_sparse_decomposition.3",
        one_step,
    ),
    "predictive_sparse_decomposition.3 hardly trained": (
        "predictive_sparse_decomposition.3",
        by_energy(epochs=1),
    ),
    "predictive_sparse_decomposition.3 the error alone": (
        "predictive_sparse_decomposition.3",
        by_energy(weight=0.0),
    ),
    "predictive_sparse_decomposition.3 the penalty alone": (
        "predictive_sparse_decomposition.3",
        by_energy(error=0.0),
    ),
    "predictive_sparse_decomposition.3 codes of the training patches": (
        "predictive_sparse_decomposition.3",
        lambda x_train, D, sparsity, x_new: one_step(None, D, sparsity, x_train),
    ),
    "predictive_sparse_decomposition.6 L1 alone": (
        "predictive_sparse_decomposition.6",
        lambda h, D: np.abs(h).sum(),
    ),
    "predictive_sparse_decomposition.6 L1 over L2": (
        "predictive_sparse_decomposition.6",
        lambda h, D: np.abs(h).sum() / np.linalg.norm(h),
    ),
    "predictive_sparse_decomposition.6 one scale for all": (
        "predictive_sparse_decomposition.6",
        lambda h, D: np.abs(h).sum() * np.linalg.norm(D, 2),
    ),
    "predictive_sparse_decomposition.6 without absolute values": (
        "predictive_sparse_decomposition.6",
        lambda h, D: h @ np.linalg.norm(D, axis=1),
    ),
    "predictive_sparse_decomposition.6 squared lengths": (
        "predictive_sparse_decomposition.6",
        lambda h, D: np.abs(h) @ (D**2).sum(1),
    ),
}
