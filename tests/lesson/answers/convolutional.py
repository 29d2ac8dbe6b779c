"""Right and typical wrong answers to the exercises of lesson `convolutional`."""

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
    "convolutional.1": lambda kernel, before, after: kernel**2 * before * after + after,
    "convolutional.2": lambda rows, kernel, stride: stride * (rows - 1) + kernel,
    "convolutional.3": receptive_field,
    "convolutional.4": gradient_of,
}

WRONG = {
    "no biases": ("convolutional.1", lambda kernel, before, after: kernel**2 * before * after),
    "kernel not squared": (
        "convolutional.1",
        lambda kernel, before, after: kernel * before * after + after,
    ),
    "a bias a pair": (
        "convolutional.1",
        lambda kernel, before, after: (kernel**2 + 1) * before * after,
    ),
    "multiplied": ("convolutional.2", lambda rows, kernel, stride: stride * rows),
    "a stamp too many": ("convolutional.2", lambda rows, kernel, stride: stride * rows + kernel),
    "the way forward": (
        "convolutional.2",
        lambda rows, kernel, stride: (rows - kernel) // stride + 1,
    ),
    "no strides": ("convolutional.3", lambda layers: 1 + sum(kernel - 1 for kernel, _ in layers)),
    "stride too early": ("convolutional.3", stride_too_early),
    "flipped": ("convolutional.4", lambda d, k, s, side: gradient_of(d, k[::-1, ::-1], s, side)),
    "overwritten": ("convolutional.4", overwriting),
    "stamps side by side": ("convolutional.4", lambda d, k, s, side: np.kron(d, k)),
}
