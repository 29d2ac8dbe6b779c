"""What right answers to the exercises of lesson `convolutional` are."""

import numpy as np
from scipy import signal

from course_lib.lesson import exercise, expect


@exercise("convolutional.1")
def parameters_of():
    """A kernel for each pair of channels, a bias for each output channel."""
    for kernel, channels_in, channels_out in [(3, 1, 32), (5, 32, 16), (1, 3, 4)]:
        yours = yield kernel, channels_in, channels_out
        weights = np.empty((kernel, kernel, channels_in, channels_out))
        what = f"the parameters of {kernel} × {kernel}, {channels_in} to {channels_out}"
        expect(what, yours, weights.size + channels_out)


@exercise("convolutional.2")
def rows_after():
    """From the first row of the first stamp to the last row of the last."""
    for rows, kernel, stride in [(4, 3, 2), (7, 4, 2), (5, 2, 3), (1, 5, 4)]:
        yours = yield rows, kernel, stride
        stamped = [stride * i + a for i in range(rows) for a in range(kernel)]
        what = f"the rows after {rows} with kernel {kernel}, stride {stride}"
        expect(what, yours, max(stamped) + 1)


@exercise("convolutional.3")
def receptive_field():
    """From the first pixel that one number depends on to the last."""
    for layers in ([(3, 1)], [(3, 2), (3, 2), (3, 1), (3, 1)], [(5, 1), (2, 2), (3, 1)], [(2, 3)]):
        yours = yield (layers,)
        first = last = 0
        for kernel, stride in reversed(layers):
            first, last = stride * first, stride * last + kernel - 1
        expect(f"the field of {layers}", yours, last - first + 1)


@exercise("convolutional.4")
def gradient_of():
    """The slope between zeros, convolved with the kernel in the mathematicians' sense."""
    rng = np.random.default_rng(4)
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
