"""Iterative quantisation: the rotation of a code that its signs lose least of.

    minimise  ‖B − ZR‖²_F   over B ∈ {−1, 1} and RᵀR = I,   Z the centred codes

in turn: B = sign(ZR) for a given R, and for a given B the rotation of Procrustes, R = VUᵀ where
BᵀZ = U S Vᵀ. Neither step raises the objective.

Reference: Gong and Lazebnik, Iterative quantization: a Procrustean approach to learning binary
    codes, 2011, https://doi.org/10.1109/CVPR.2011.5995432. Schönemann, A generalized solution of
    the orthogonal Procrustes problem, 1966, https://doi.org/10.1007/BF02289451.
"""

import numpy as np

from course_lib.search.arrays import floats
from course_lib.validation import Tensor, check_whole


class ITQ:
    """Bits of real codes: the signs of a rotation that was fitted to them.

    Args:
        codes: floats of shape `(N, K)` that the rotation is fitted to. Where only their
            direction means something, as with cosine distance, scale them to length 1 first.
        steps: how often signs and rotation take turns.
        seed: whole number of at least 0 that fixes the first rotation.

    Attributes:
        mean: of the codes, `(K,)`.
        rotation: R, `(K, K)`, orthogonal.
        losses: the objective before the first step and after each, per code.

    Call arguments:
        codes: floats of shape `(N, K)`.

    Returns:
        Packed bits, NumPy uint8 of shape `(N, ⌈K/8⌉)`.

    Raises:
        ValueError: if codes are not `(N, K)` floats.

    Reference: Gong and Lazebnik, 2011, https://doi.org/10.1109/CVPR.2011.5995432.

    Example:

    >>> codes = np.random.default_rng(0).normal(size=(100, 16)) * np.geomspace(1, 0.1, 16)
    >>> itq = ITQ(codes)
    >>> itq(codes).shape, itq.losses[-1] < itq.losses[0]
    ((100, 2), True)
    """

    def __init__(self, codes: Tensor, steps: int = 50, seed: int = 0) -> None:
        z = floats("codes", codes).astype("float64")
        steps, seed = check_whole("steps", steps, low=0), check_whole("seed", seed, low=0)
        self.mean = z.mean(axis=0)
        z = z - self.mean
        normal = np.random.default_rng(seed).normal(size=(z.shape[1], z.shape[1]))
        self.rotation = np.linalg.qr(normal)[0]
        self.losses = [_loss(z @ self.rotation)]
        for _ in range(steps):
            u, _, vt = np.linalg.svd(_signs(z @ self.rotation).T @ z)
            self.rotation = (u @ vt).T
            self.losses.append(_loss(z @ self.rotation))

    def __call__(self, codes: Tensor) -> np.ndarray:
        z = floats("codes", codes, width=len(self.mean))
        return np.packbits((z - self.mean) @ self.rotation > 0, axis=1)


def _signs(z):
    return np.where(z > 0, 1.0, -1.0)


def _loss(z):
    return float(((_signs(z) - z) ** 2).sum(axis=1).mean())
