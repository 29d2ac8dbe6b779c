"""Random hyperplanes: a bit says on which side of a random plane a vector lies.

    bₖ = 1 if wₖᵀx > 0, else 0,   wₖ ~ N(0, I),   P(bits of x and y differ) = angle(x, y) / π

Reference: Charikar, Similarity estimation techniques from rounding algorithms, 2002,
    https://doi.org/10.1145/509907.509965.
"""

from typing import Any

import numpy as np

from course_lib.search.arrays import floats
from course_lib.validation import check_whole


class Hyperplanes:
    """Bits of vectors by random hyperplanes through the origin: nothing is learned.

    Args:
        features: D.
        bits: K.
        seed: whole number of at least 0 that fixes the planes.

    Call arguments:
        x: floats of shape `(N, D)`, an array, a tensor or a SciPy sparse matrix.

    Returns:
        Packed bits, NumPy uint8 of shape `(N, ⌈K/8⌉)`.

    Raises:
        ValueError: if a number is not whole or too small, or x does not fit.

    Reference: Charikar, 2002, https://doi.org/10.1145/509907.509965.

    Example:

    >>> x = np.array([[1.0, 0.0], [2.0, 0.0], [-1.0, 0.0]])
    >>> a, b, opposite = Hyperplanes(2, 8)(x)[:, 0]
    >>> a == b, a ^ opposite == 255
    (np.True_, np.True_)
    """

    def __init__(self, features: int, bits: int, seed: int = 0) -> None:
        features, bits = check_whole("features", features, low=1), check_whole("bits", bits, low=1)
        draw = np.random.default_rng(check_whole("seed", seed, low=0))
        self.planes = draw.normal(size=(features, bits)).astype("float32")

    def __call__(self, x: Any) -> np.ndarray:
        if not hasattr(x, "nnz"):
            x = floats("x", x)
        if x.shape[1] != len(self.planes):
            raise ValueError(
                f"x must have {len(self.planes)} features, but its shape is {tuple(x.shape)}."
            )
        return np.packbits(np.asarray(x @ self.planes) > 0, axis=1)
