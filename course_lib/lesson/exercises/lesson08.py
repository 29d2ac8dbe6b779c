"""What right answers to the exercises of lesson 08 are."""

import numpy as np

from course_lib.lesson.checks import exercise, expect


def _shrink(v, threshold):
    return np.sign(v) * np.maximum(np.abs(v) - threshold, 0)


def _random(seed, patches=4, atoms=6, pixels=5):
    """Patches, atoms of lengths that are not 1, and codes with zeros in them."""
    rng = np.random.default_rng(seed)
    x, D = 3 * rng.normal(size=(patches, pixels)), rng.normal(size=(atoms, pixels))
    return x, D, _shrink(rng.normal(size=(patches, atoms)), 0.5)


@exercise("08.1")
def ista_step(attempt):
    """A gradient step of ‖x − hD‖² of length 1/2σ², then the threshold λ/2σ²."""
    x, D, h = _random(1)
    square = np.linalg.norm(D, 2) ** 2
    for sparsity in (0.0, 2.0):
        after = _shrink(h + (x - h @ D) @ D.T / square, sparsity / (2 * square))
        expect(f"the codes after one step at λ = {sparsity}", attempt(h, x, D, sparsity), after)


@exercise("08.2")
def silent_from(attempt):
    """Where the steepest slope of ‖x − hD‖² at 0 is no longer worth its price."""
    x, D, _ = _random(6)
    expect("the smallest λ of each patch", attempt(x, D), 2 * np.abs(x @ D.T).max(1))


@exercise("08.3")
def orthonormal_code(attempt):
    """ISTA's first step, which with σ = 1 is the last one, too."""
    rng = np.random.default_rng(3)
    D = np.linalg.qr(rng.normal(size=(7, 4)))[0].T
    x = 2 * rng.normal(size=(5, 7))
    expect("the codes", attempt(x, D, 1.2), _shrink(x @ D.T, 0.6))


@exercise("08.4")
def duality_gap(attempt):
    """Energy minus the bound at the largest c that is allowed."""
    x, D, h = _random(4)
    # One patch is explained so well that c = 1 is allowed.
    x[0] = h[0] @ D + 0.01
    rest, sparsity = x - h @ D, 1.5
    c = np.minimum(1, sparsity / (2 * np.abs(rest @ D.T).max(1)))
    energy = (rest**2).sum(1) + sparsity * np.abs(h).sum(1)
    bound = 2 * c * (x * rest).sum(1) - c**2 * (rest**2).sum(1)
    expect("the gap of each patch", attempt(x, h, D, sparsity), energy - bound)


@exercise("08.5")
def price(attempt):
    """‖h‖₁ for atoms of unit length, and no rescaling of a unit changes it."""
    _, D, codes = _random(5)
    h, lengths = codes[0] + 0.1, np.linalg.norm(D, axis=1)
    unit = D / lengths[:, None]
    value = attempt(h, unit)
    expect("the price where atoms have unit length", value, np.abs(h).sum())
    for unit_number in (0, 3):
        alpha = np.ones(len(h))
        alpha[unit_number] = -0.1
        dodged = attempt(alpha * h, unit / alpha[:, None])
        expect(f"the price after rescaling unit {unit_number} alone", dodged, value)
