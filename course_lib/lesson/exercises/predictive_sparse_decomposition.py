"""What right answers to the exercises of lesson `predictive_sparse_decomposition` are."""

import numpy as np

from course_lib.lesson import exercise, expect


def _shrink(v, threshold):
    return np.sign(v) * np.maximum(np.abs(v) - threshold, 0)


def _random(seed, patches=4, atoms=6, pixels=5):
    """Patches, atoms of lengths that are not 1, and codes with zeros in them."""
    rng = np.random.default_rng(seed)
    x, D = 3 * rng.normal(size=(patches, pixels)), rng.normal(size=(atoms, pixels))
    return x, D, _shrink(rng.normal(size=(patches, atoms)), 0.5)


@exercise("predictive_sparse_decomposition.1")
def ista_step():
    """A gradient step of ‖x − hD‖² of length 1/2σ², then the threshold λ/2σ²."""
    x, D, h = _random(1)
    for sparsity in (0.0, 2.0):
        yours = yield h, x, D, sparsity
        square = np.linalg.norm(D, 2) ** 2
        after = _shrink(h + (x - h @ D) @ D.T / square, sparsity / (2 * square))
        expect(f"the codes after one step at λ = {sparsity}", yours, after)


@exercise("predictive_sparse_decomposition.2")
def silent_from():
    """Where the steepest slope of ‖x − hD‖² at 0 is no longer worth its price."""
    x, D, _ = _random(6)
    yours = yield x, D
    expect("the smallest λ of each patch", yours, 2 * np.abs(x @ D.T).max(1))


@exercise("predictive_sparse_decomposition.3")
def orthonormal_code():
    """ISTA's first step, which with σ = 1 is the last one, too."""
    rng = np.random.default_rng(3)
    D = np.linalg.qr(rng.normal(size=(7, 4)))[0].T
    x = 2 * rng.normal(size=(5, 7))
    yours = yield x, D, 1.2
    expect("the codes", yours, _shrink(x @ D.T, 0.6))


@exercise("predictive_sparse_decomposition.4")
def duality_gap():
    """Energy minus the bound at the largest c that is allowed."""
    x, D, h = _random(4)
    # One patch is explained so well that c = 1 is allowed.
    x[0] = h[0] @ D + 0.01
    sparsity = 1.5
    yours = yield x, h, D, sparsity
    rest = x - h @ D
    c = np.minimum(1, sparsity / (2 * np.abs(rest @ D.T).max(1)))
    energy = (rest**2).sum(1) + sparsity * np.abs(h).sum(1)
    bound = 2 * c * (x * rest).sum(1) - c**2 * (rest**2).sum(1)
    expect("the gap of each patch", yours, energy - bound)


@exercise("predictive_sparse_decomposition.5")
def price():
    """‖h‖₁ for atoms of unit length, and no rescaling of a unit changes it."""
    _, D, codes = _random(5)
    h, lengths = codes[0] + 0.1, np.linalg.norm(D, axis=1)
    unit = D / lengths[:, None]
    yours = yield h, unit
    expect("the price where atoms have unit length", yours, np.abs(h).sum())
    for unit_number in (0, 3):
        alpha = np.ones(len(h))
        alpha[unit_number] = -0.1
        dodged = yield alpha * h, unit / alpha[:, None]
        expect(f"the price after rescaling unit {unit_number} alone", dodged, np.abs(h).sum())
