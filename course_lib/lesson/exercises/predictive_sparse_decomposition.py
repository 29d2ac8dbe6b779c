"""What right answers to the exercises of lesson `predictive_sparse_decomposition` are."""

import numpy as np

from course_lib.lesson import Unexpected, draws, exercise, expect


def _shrink(v, threshold):
    return np.sign(v) * np.maximum(np.abs(v) - threshold, 0)


@exercise("predictive_sparse_decomposition.1")
def silent_from():
    """Where the steepest slope of ‖x − hD‖² at 0 is no longer worth its penalty."""
    rng = draws(6)
    # Atoms of lengths that are not 1.
    x, D = 3 * rng.normal(size=(4, 5)), rng.normal(size=(6, 5))
    yours = yield x, D
    expect("the smallest λ of each patch", yours, 2 * np.abs(x @ D.T).max(1))


@exercise("predictive_sparse_decomposition.2")
def orthonormal_code():
    """ISTA's first step, which with s₁ = 1 is the last one, too."""
    rng = draws(3)
    D = np.linalg.qr(rng.normal(size=(7, 4)))[0].T
    x = 2 * rng.normal(size=(5, 7))
    yours = yield x, D, 1.2
    expect("the codes", yours, _shrink(x @ D.T, 0.6))


@exercise("predictive_sparse_decomposition.3")
def coded_without_targets():
    """Above the least energy by less than a quarter of what one step of ISTA leaves."""
    rng = draws(7)
    # Smooth atoms overlap, so that the search is slow.
    places = np.linspace(0, 19, 40)[:, None]
    D = np.exp(-((np.arange(20) - places) ** 2) / 8)
    D = (D / np.linalg.norm(D, axis=1, keepdims=True)).astype("float32")
    codes = rng.normal(size=(2_500, 40)) * (rng.random((2_500, 40)) < 0.08)
    x = (codes @ D + 0.05 * rng.normal(size=(2_500, 20))).astype("float32")
    sparsity = 0.2
    yours = yield x[:2_000], D, sparsity, x[2_000:]
    if isinstance(yours, tuple) or np.shape(yours) != (500, 40):
        raise Unexpected("one code of 40 numbers for each row of x_new, but got another shape")
    square = np.linalg.norm(D, 2) ** 2

    def step(h, x, reach=square):
        return _shrink(h + (x - h @ D) @ D.T / reach, sparsity / (2 * reach))

    def energy(h):
        squares = ((x[2_000:] - h @ D) ** 2).sum(1)
        return float((squares + sparsity * np.abs(h).sum(1)).mean())

    best = one = step(np.zeros((500, 40)), x[2_000:])
    for _ in range(2_000):
        best = step(best, x[2_000:])
    excess, chance = (100 * (energy(h) / energy(best) - 1) for h in (np.asarray(yours), one))
    if not excess < chance / 4:
        raise Unexpected(
            f"an energy less than {chance / 4:.0f} % above its minimum, but yours is "
            f"{excess:.0f} % above (one step of ISTA: {chance:.0f} %): does the loss hold both "
            "terms of (2), and is the network trained for long enough?"
        )


@exercise("predictive_sparse_decomposition.6")
def penalty():
    """‖h‖₁ for atoms of unit length, and no rescaling of a unit changes it."""
    rng = draws(5)
    h, D = 0.1 + rng.normal(size=6), rng.normal(size=(6, 5))
    unit = D / np.linalg.norm(D, axis=1, keepdims=True)
    yours = yield h, unit
    expect("the penalty where atoms have length 1", yours, np.abs(h).sum())
    for number in (0, 3):
        a = np.ones(len(h))
        a[number] = -0.1
        dodged = yield a * h, unit / a[:, None]
        expect(f"the penalty after rescaling unit {number} alone", dodged, np.abs(h).sum())
