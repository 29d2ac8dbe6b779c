"""Sparse coding: of all codes of an image, the one that is cheapest, found by optimisation.

    h*(x) = argmin_h  E(x, h),   E = ‖x − hD‖² + λ‖h‖₁ [+ γ‖h − f‖²]

The rows of D are the dictionary's atoms. FISTA takes the gradient step of ISTA from a point that
is ahead of the last one by momentum, and so needs the square root of ISTA's steps:

    h⁽ᵗ⁺¹⁾ = S_θ( y + [(x − yD)Dᵀ + γ(f − y)] / L ),   θ = λ / 2L,   L = σ² + γ
    y      = h⁽ᵗ⁺¹⁾ + (s⁽ᵗ⁾ − 1)/s⁽ᵗ⁺¹⁾ · (h⁽ᵗ⁺¹⁾ − h⁽ᵗ⁾),   s⁽ᵗ⁺¹⁾ = ½ + √(¼ + (s⁽ᵗ⁾)²)

σ is the largest singular value of D. An example whose momentum points uphill loses it. All of it
holds for convolutions too, hD = Σₖ hₖ * Dₖ with a feature map hₖ for each filter Dₖ.

Reference: Beck and Teboulle, A fast iterative shrinkage-thresholding algorithm for linear inverse
    problems, 2009, https://doi.org/10.1137/080716542. O'Donoghue and Candès, Adaptive restart for
    accelerated gradient schemes, 2015, https://arxiv.org/abs/1204.3982.
"""

import functools

import numpy as np
from keras import ops

from course_lib.autodiff import compiled
from course_lib.coding.lasso import analysis, check_coding, duality_gap, synthesis
from course_lib.coding.spectral import stretch_bound
from course_lib.layers.shrinkage import soft_threshold
from course_lib.losses.sums import each_sum, in_one_dtype
from course_lib.validation import Tensor, check_number, check_whole

BETWEEN = 10  # steps between two looks at the duality gap


def fista(
    x: Tensor,
    dictionary: Tensor,
    sparsity: float,
    steps: int = 200,
    tolerance: float | None = None,
    start: Tensor | None = None,
    prediction: Tensor | None = None,
    pull: float = 0.0,
    accelerated: bool = True,
    batch_size: int = 4096,
) -> Tensor:
    """Codes that minimise the energy, for many examples at once.

        h* = argmin_h  ‖x − hD‖² + λ‖h‖₁ + γ‖h − f‖²

    With γ = 0 this is the lasso, with f = f(x) the inner problem of predictive sparse
    decomposition. Each example takes its own way, whatever else is in its batch.

    Args:
        x: data, floats of shape `(N, D)`, or images `(N, H, W, C)`.
        dictionary: atoms, `(K, D)`, or filters `(K, k, k, C)`.
        sparsity: λ ≥ 0.
        steps: how many, or at most how many.
        tolerance: stop when no example's energy is further from its minimum than this part of
            it, by the duality gap, looked at every ten steps. By default all steps are made.
        start: codes to start from; by default 0.
        prediction: f, in the shape of the codes.
        pull: γ ≥ 0.
        accelerated: with momentum; without, this is ISTA.
        batch_size: examples at a time, which bounds memory.

    Returns:
        Codes, a tensor of shape `(N, K)`, or maps `(N, H, W, K)`.

    Raises:
        ValueError: if the shapes do not fit, a number is out of range, or NumPy values are not
            finite.

    Reference: Beck and Teboulle, 2009, https://doi.org/10.1137/080716542.

    Example:

    >>> x = np.array([[2.0, 0.2, -1.0]], "float32")
    >>> print(ops.convert_to_numpy(fista(x, np.eye(3, dtype="float32"), sparsity=1.0)))
    [[ 1.5  0.  -0.5]]
    """
    check_coding(x, dictionary, sparsity, start=start, prediction=prediction)
    steps = check_whole("steps", steps, low=1)
    batch_size = check_whole("batch_size", batch_size, low=1)
    if tolerance is not None:
        tolerance = check_number("tolerance", tolerance, above=0)
    pull = check_number("pull", pull, low=0)
    if (prediction is None) != (pull == 0):
        raise ValueError(
            "prediction and pull must come together, but prediction is "
            f"{'absent' if prediction is None else 'given'} and pull is {pull!r}."
        )
    if len(dictionary.shape) == 2:
        stretch = np.linalg.norm(np.asarray(ops.convert_to_numpy(dictionary), "float64"), 2) ** 2
    else:
        stretch = stretch_bound(dictionary, x.shape[1:3])
    found = []
    for i in range(0, len(x), batch_size):
        part, begin, guess = (
            None if v is None else v[i : i + batch_size] for v in (x, start, prediction)
        )
        weights = stretch, sparsity, pull
        found.append(
            minimise(part, begin, guess, dictionary, *weights, steps, tolerance, accelerated)
        )
    return found[0] if len(found) == 1 else ops.concatenate(found)


def minimise(
    x: Tensor,
    start: Tensor | None,
    prediction: Tensor | None,
    dictionary: Tensor,
    stretch: Tensor | float,
    sparsity: float,
    pull: float,
    steps: int,
    tolerance: float | None = None,
    accelerated: bool = True,
) -> Tensor:
    """One batch of `fista`, with σ² or anything above it for `stretch`; usable in a compiled step.

    Example:

    >>> x, D = ops.array([[2.0, 0.2, -1.0]]), ops.eye(3)
    >>> codes = minimise(x, None, None, D, stretch=1.0, sparsity=1.0, pull=0.0, steps=9)
    >>> print(ops.convert_to_numpy(codes))
    [[ 1.5  0.  -0.5]]
    """
    x, D = (ops.stop_gradient(v) for v in in_one_dtype(x, dictionary))
    dtype = x.dtype
    nothing = ops.zeros((*ops.shape(x)[:-1], D.shape[0]), dtype)
    start, prediction = (
        nothing if v is None else ops.stop_gradient(ops.cast(v, dtype)) for v in (start, prediction)
    )
    # With nothing to see and nothing to follow, any step length gives what there is to find: zeros.
    step = ops.cast(stretch, dtype) + ops.cast(pull, dtype)
    step = ops.where(step > 0, step, ops.ones_like(step))
    weights = (ops.cast(sparsity, dtype), ops.cast(pull, dtype))
    # y → y − gradient / 2L is affine in y: one product with the Gram matrix, or two with D.
    by_gram = len(D.shape) == 2 and D.shape[0] <= 2 * D.shape[1]
    # A compiled function forgets sizes that differ between its calls, and convolutions need them:
    # each image and filter of its own size has a solver of its own.
    sizes = (*x.shape[1:], *D.shape) if len(D.shape) == 4 else None
    solve = _solver(steps, tolerance, bool(accelerated), by_gram, sizes)
    return solve(x, start, prediction, D, step, *weights)


@functools.cache
def _solver(steps, tolerance, accelerated, by_gram, sizes):
    def solve(x, start, prediction, D, step, sparsity, pull):
        fixed = (analysis(x, D) + pull * prediction) / step
        if by_gram:
            gram = ops.matmul(D, ops.transpose(D))
            identity = ops.eye(ops.shape(D)[0], dtype=D.dtype)
            keep = (1 - pull / step) * identity - gram / step

            def descend(y):
                return ops.matmul(y, keep) + fixed
        else:

            def descend(y):
                seen = analysis(synthesis(y, D), D)
                return (1 - pull / step) * y - seen / step + fixed

        threshold = sparsity / (2 * step)

        def move(h, y, s):
            new = soft_threshold(descend(y), threshold)
            if not accelerated:
                return new, new, s
            forward = new - h
            uphill = each_sum((y - new) * forward, keepdims=True) > 0
            s = ops.where(uphill, 1.0, s)
            s_new = 0.5 + ops.sqrt(0.25 + ops.square(s))
            return new, new + ((s - 1) / s_new) * forward, s_new

        state = start, start, ops.ones_like(each_sum(start, keepdims=True))
        if tolerance is None:
            return ops.fori_loop(0, steps, lambda _, now: move(*now), state)[0]

        def unfinished(t, h, y, s):
            gap, energy = duality_gap(x, h, D, sparsity, prediction, pull)
            return ops.logical_and(t < steps, ops.any(gap > tolerance * energy))

        def several(t, h, y, s):
            for _ in range(BETWEEN):
                h, y, s = move(h, y, s)
            return t + BETWEEN, h, y, s

        # What does not fill a round comes first, so that none goes beyond the last step.
        for _ in range(steps % BETWEEN):
            state = move(*state)
        return ops.while_loop(unfinished, several, (steps % BETWEEN, *state))[1]

    return compiled(solve)
