"""What right answers to the exercises of lesson 03 are."""

import numpy as np
from scipy import signal

from course_lib.lesson.checks import exercise, expect


@exercise("03.1")
def parameters_of(attempt):
    """A kernel for each pair of channels, a bias for each output channel."""
    for kernel, channels_in, channels_out in [(3, 1, 32), (5, 32, 16), (1, 3, 4)]:
        weights = np.empty((kernel, kernel, channels_in, channels_out))
        what = f"the parameters of {kernel} × {kernel}, {channels_in} to {channels_out}"
        expect(what, attempt(kernel, channels_in, channels_out), weights.size + channels_out)


@exercise("03.2")
def rows_after(attempt):
    """From the first row of the first stamp to the last row of the last."""
    for rows, kernel, stride in [(4, 3, 2), (7, 4, 2), (5, 2, 3), (1, 5, 4)]:
        stamped = [stride * i + a for i in range(rows) for a in range(kernel)]
        what = f"the rows after {rows} with kernel {kernel}, stride {stride}"
        expect(what, attempt(rows, kernel, stride), max(stamped) + 1)


@exercise("03.3")
def receptive_field(attempt):
    """From the first pixel that one number depends on to the last."""
    for layers in ([(3, 1)], [(3, 2), (3, 2), (3, 1), (3, 1)], [(5, 1), (2, 2), (3, 1)], [(2, 3)]):
        first = last = 0
        for kernel, stride in reversed(layers):
            first, last = stride * first, stride * last + kernel - 1
        expect(f"the field of {layers}", attempt(layers), last - first + 1)


@exercise("03.4")
def gradient_of(attempt):
    """The slope between zeros, convolved with the kernel in the mathematicians' sense."""
    rng = np.random.default_rng(4)
    for size, stride, side in [(3, 1, 6), (3, 2, 9), (2, 3, 9), (4, 2, 9)]:
        kernel = rng.normal(size=(size, size))
        places = (side - size) // stride + 1
        slope = rng.normal(size=(places, places))
        between = np.zeros([stride * (places - 1) + 1] * 2)
        between[::stride, ::stride] = slope
        right = np.zeros((side, side))
        reached = len(between) + size - 1
        right[:reached, :reached] = signal.convolve2d(between, kernel)
        what = f"the gradient, kernel {size}, stride {stride}, side {side}"
        expect(what, attempt(slope, kernel, stride, side), right)
