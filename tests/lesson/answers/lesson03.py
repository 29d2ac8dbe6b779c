"""Right and typical wrong answers to the exercises of lesson 03."""

import numpy as np


def receptive_field(layers):
    field, step = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * step
        step *= stride
    return field


def stride_too_early(layers):
    field, step = 1, 1
    for kernel, stride in layers:
        step *= stride
        field += (kernel - 1) * step
    return field


def gradient_of(slope, kernel, stride, side):
    size = len(kernel)
    image = np.zeros((side, side))
    for (i, j), value in np.ndenumerate(slope):
        image[stride * i : stride * i + size, stride * j : stride * j + size] += value * kernel
    return image


def overwriting(slope, kernel, stride, side):
    size = len(kernel)
    image = np.zeros((side, side))
    for (i, j), value in np.ndenumerate(slope):
        image[stride * i : stride * i + size, stride * j : stride * j + size] = value * kernel
    return image


RIGHT = {
    "03.1": lambda kernel, before, after: kernel**2 * before * after + after,
    "03.2": lambda rows, kernel, stride: stride * (rows - 1) + kernel,
    "03.3": receptive_field,
    "03.4": gradient_of,
}

WRONG = {
    "no biases": ("03.1", lambda kernel, before, after: kernel**2 * before * after),
    "kernel not squared": ("03.1", lambda kernel, before, after: kernel * before * after + after),
    "a bias a pair": ("03.1", lambda kernel, before, after: (kernel**2 + 1) * before * after),
    "multiplied": ("03.2", lambda rows, kernel, stride: stride * rows),
    "a stamp too many": ("03.2", lambda rows, kernel, stride: stride * rows + kernel),
    "the way forward": ("03.2", lambda rows, kernel, stride: (rows - kernel) // stride + 1),
    "no strides": ("03.3", lambda layers: 1 + sum(kernel - 1 for kernel, _ in layers)),
    "stride too early": ("03.3", stride_too_early),
    "flipped": ("03.4", lambda d, k, s, side: gradient_of(d, k[::-1, ::-1], s, side)),
    "overwritten": ("03.4", overwriting),
    "stamps side by side": ("03.4", lambda d, k, s, side: np.kron(d, k)),
}
