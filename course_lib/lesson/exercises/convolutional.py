"""What right answers to the exercises of lesson `convolutional` are."""

import numpy as np
from scipy import signal

from course_lib.lesson import Unexpected, draws, exercise, expect


@exercise("convolutional.1")
def receptive_field():
    """From the first pixel that one number depends on to the last."""
    drawn = [(int(k), int(s)) for k, s in draws(1).integers((2, 1), (7, 4), size=(4, 2))]
    for layers in ([(3, 1)], [(4, 2), (4, 2)], [(3, 2), (3, 2), (3, 1), (3, 1)], drawn):
        yours = yield (layers,)
        first = last = 0
        for kernel, stride in reversed(layers):
            first, last = stride * first, stride * last + kernel - 1
        expect(f"the field of {layers}", yours, last - first + 1)


@exercise("convolutional.2")
def gradient_of():
    """The slope between zeros, convolved with the kernel in the mathematicians' sense."""
    rng = draws(4)
    for size, stride, side in [(3, 1, 6), (3, 2, 9), (2, 3, 9), (4, 2, 9)]:
        kernel = rng.normal(size=(size, size))
        places = (side - size) // stride + 1
        slope = rng.normal(size=(places, places))
        yours = yield slope, kernel, stride, side
        between = np.zeros([stride * (places - 1) + 1] * 2)
        between[::stride, ::stride] = slope
        right = np.zeros((side, side))
        reached = len(between) + size - 1
        right[:reached, :reached] = signal.convolve2d(between, kernel)
        expect(f"the gradient, kernel {size}, stride {stride}, side {side}", yours, right)


@exercise("convolutional.3")
def code_and_error():
    """An error on strokes in the lower half that only a network without a sense of place has."""
    rng = draws(5)
    x_train, x_test = _strokes(rng, 1_500, 2), _strokes(rng, 200, 10)
    blank = float((x_test**2).sum((1, 2, 3)).mean())
    yours = yield x_train, x_test
    if np.size(yours) != 2:
        raise Unexpected(f"two numbers, of the code and of the error, but yours is {yours!r}")
    numbers, error = (float(value) for value in np.ravel(yours))
    if not 1 <= numbers <= 64:
        raise Unexpected(f"a code of 64 numbers at most, but yours has {numbers:g}")
    if error < 0.005 * blank:
        raise Unexpected(
            f"an error as a sum over pixels, of which an empty image has {blank:.2f}, but yours is "
            f"{error:.4f}: is it a mean over pixels, or of other images?"
        )
    if not error < 0.75 * blank:
        raise Unexpected(
            f"an error below {0.75 * blank:.2f}, three quarters of an empty image's, but yours is "
            f"{error:.2f}: does a layer know the place of its input, or is the training too short?"
        )


@exercise("convolutional.6")
def even_kernel():
    """Any kernel whose four parts have the same sum, and whose weights are not all equal."""
    kernel = yield ()
    expect("the shape", np.shape(kernel), (4, 4))
    kernel = np.asarray(kernel, "float64")
    if not np.isfinite(kernel).all() or np.ptp(kernel) < 1e-3:
        raise Unexpected("weights that are not all equal, and finite")
    if np.abs(kernel.sum()) < 1e-3:
        raise Unexpected("stamps whose sum is not 0, or the image has no ink at all")
    parts = np.array([kernel[a::2, b::2].sum() for a in (0, 1) for b in (0, 1)])
    what = "the image of a constant 1, at even and odd rows and columns"
    expect(what, parts, np.full(4, kernel.sum() / 4), 1e-4)


def _strokes(rng, count, top):
    """Images of 16 × 16 with two strokes of five pixels, in the four rows from `top` on."""
    images = np.zeros((count, 16, 16, 1), "float32")
    along = np.arange(-2, 3)
    for image in images:
        for _ in range(2):
            down, right = [(0, 1), (1, 0), (1, 1), (1, -1)][rng.integers(4)]
            row, column = top + rng.integers(0, 4), rng.integers(3, 13)
            rows = np.clip(row + down * along, 0, 15)
            image[rows, column + right * along] = 1
    return images
