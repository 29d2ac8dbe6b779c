"""What right answers to the exercises of lesson `sparse` are."""

import numpy as np

from course_lib.lesson import Unexpected, draws, exercise, expect


@exercise("sparse.1")
def cheapest_code():
    """The minimum of ½(a − h)² + λ|h|: soft thresholding."""
    a = np.concatenate([[-0.5, 0.0, 0.5], draws(1).uniform(-2, 2, size=4)])
    for weight in (0.5, 1.0):
        yours = yield a, weight
        # The minimum over a fine grid, so that the answer is not the formula once more.
        grid = np.arange(-3_000, 3_001) / 1_000
        cost = 0.5 * (a[:, None] - grid) ** 2 + weight * np.abs(grid)
        best = grid[cost.argmin(axis=1)]
        expect(f"h at λ = {weight}", yours, best, tolerance=1e-3)


@exercise("sparse.2")
def batch_top_k():
    """The k · B largest numbers of a batch, wherever they are; the others 0."""
    rng = draws(2)
    for size, units, k in [(4, 6, 2), (10, 8, 1)]:
        # Rows of different strength, so that each of them keeps another number.
        codes = rng.permutation(np.arange(1.0, 1 + size * units)).reshape(size, units)
        codes *= rng.uniform(0.2, 1, size=(size, 1))
        yours = yield codes, k
        largest = set(np.sort(codes, axis=None)[-k * size :])
        kept = [[value if value in largest else 0.0 for value in row] for row in codes]
        expect(f"the codes of {size} images at k = {k}", yours, np.array(kept))


@exercise("sparse.3")
def filters_of_bars():
    """The decoder's columns of a sparse autoencoder: among them the bars that make the images."""
    rng = draws(3)
    side, count = 6, 3_000
    bars = np.zeros((2 * side, side, side))
    for i in range(side):
        bars[i, i, :] = bars[side + i, :, i] = side**-0.5
    bars = bars.reshape(2 * side, -1)
    weights = rng.uniform(1, 2, size=(count, len(bars)))
    x = ((rng.random(weights.shape) < 0.25) * weights @ bars).astype("float32")
    yours = yield (x,)
    yours = np.asarray(yours, "float64")
    if yours.ndim != 2 or yours.shape[0] != x.shape[1] or yours.shape[1] < len(bars):
        raise Unexpected(
            f"the decoder's weights, one column of {x.shape[1]} numbers for each unit, at least "
            f"{len(bars)} units, but what you returned has the shape {yours.shape}"
        )
    lengths = np.maximum(np.linalg.norm(yours, axis=0), 1e-9)
    found = np.abs(bars @ (yours / lengths)).max(axis=1)
    if not found.mean() >= 0.9:
        raise Unexpected(
            f"a column like each of the {len(bars)} bars, with a cosine of 0.9 or more on "
            f"average, but yours is {found.mean():.2f}: how many units may be on at a time, and "
            "is the training long enough?"
        )


@exercise("sparse.6")
def sparsity():
    """Any number for each code that grows with sparsity and does not see its scale."""
    rng = draws(6)
    some = rng.random((5, 8))
    few = np.zeros((8, 8))
    for i in range(8):
        few[i, : i + 1] = 1.0  # one unit on, two, … all
    yours = yield (np.concatenate([some, 10 * some, some[:, ::-1], few]),)
    expect("the shape", np.shape(yours), (23,))
    expect("the sparsity of codes ten times as large", yours[5:10], yours[:5], 1e-3)
    expect("the sparsity of codes with their units reordered", yours[10:15], yours[:5], 1e-3)
    if not (np.diff(yours[15:]) < 0).all():
        raise Unexpected(
            "a number that falls from each code to the next, where one unit is on, then two, and "
            f"at last all eight, but yours are {', '.join(f'{v:.2f}' for v in yours[15:])}"
        )
