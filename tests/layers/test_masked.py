"""Masked layers: what a mask hides, beside a sum over pixels that are written down one by one."""

import keras
import numpy as np
import pytest
from keras import ops

from course_lib.autodiff import vjp
from course_lib.layers import GatedBlock, MaskedConv2D, MaskedDense

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)


def filled(layer, *shapes):
    """A layer with weights anywhere, what its masks hide included."""
    layer.build(*shapes)
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    return layer


@pytest.mark.parametrize("use_bias", [False, True])
@pytest.mark.parametrize("strict", [False, True])
def test_a_dense_unit_reads_features_of_its_degree_or_less(strict, use_bias, float64):
    below, above = [2, 0, 1, 1], [1, 0, 2]
    layer = filled(MaskedDense(above, below, strict, "tanh", use_bias), (None, 4))
    W, *b = (to_numpy(w) for w in layer.weights)
    x = RNG.normal(size=(5, 4))
    wanted = np.tile(sum(b, np.zeros(3)), (5, 1))
    for i, low in enumerate(below):
        for j, high in enumerate(above):
            if low < high or (low == high and not strict):
                wanted[:, j] += x[:, i] * W[i, j]
    np.testing.assert_allclose(to_numpy(layer(x)), np.tanh(wanted), rtol=1e-12)


def before(p, q, width):
    """Whether pixel p comes before q in reading order."""
    return p[0] * width + p[1] < q[0] * width + q[1]


@pytest.mark.parametrize("mask_type", ["A", "B"])
@pytest.mark.parametrize("size", [1, 3, 5])
def test_a_convolution_reads_its_window_up_to_its_pixel(mask_type, size, float64):
    height, width, side = 4, 5, size // 2
    layer = filled(MaskedConv2D(2, size, mask_type), (None, height, width, 3))
    W, b = (to_numpy(w) for w in layer.weights)
    x = RNG.normal(size=(2, height, width, 3))
    wanted = np.tile(b, (2, height, width, 1))
    for q in np.ndindex(height, width):
        for p in np.ndindex(height, width):
            u = p[0] - q[0] + side, p[1] - q[1] + side
            seen = before(p, q, width) or (p == q and mask_type == "B")
            if seen and min(u) >= 0 and max(u) < size:
                wanted[:, *q] += x[:, *p] @ W[u]
    np.testing.assert_allclose(to_numpy(layer(x)), wanted, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("first", [False, True])
def test_a_gated_block_is_the_sum_over_its_windows(first, float64):
    """Beside the definition: rows above for the vertical stack, pixels to the left."""
    height, width, size, filters = 4, 5, 3, 2
    channels = 3 if first else filters
    shape = (None, height, width, channels)
    block = filled(GatedBlock(filters, size, first=first), shape, shape)
    above, left, across, out = (
        [to_numpy(w) for w in part.weights]
        for part in (block.above, block.left, block.across, block.out)
    )
    v, h = RNG.normal(size=(2, 2, height, width, channels))

    def gate(x):
        return np.tanh(x[..., :filters]) / (1 + np.exp(-x[..., filters:]))

    made_v, made_h = np.zeros((2, 2, height, width, filters))
    for i, j in np.ndindex(height, width):
        of_rows, of_left = np.tile(above[1], (2, 1)), np.tile(left[1], (2, 1))
        for k, row in enumerate(reversed(above[0])):
            for m, weights in enumerate(row):
                r, c = i - k - first, j + m - size // 2
                if r >= 0 and 0 <= c < width:
                    of_rows += v[:, r, c] @ weights
        for k, weights in enumerate(reversed(left[0][0])):
            c = j - k - first
            if c >= 0:
                of_left += h[:, i, c] @ weights
        made_v[:, i, j] = gate(of_rows)
        made_h[:, i, j] = gate(of_left + of_rows @ across[0] + across[1]) @ out[0] + out[1]
    if not first:
        made_h += h
    for got, wanted in zip(block(v, h), (made_v, made_h), strict=True):
        np.testing.assert_allclose(to_numpy(got), wanted, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (MaskedDense(range(4), range(4), strict=True), (3, 4)),
        (MaskedConv2D(2, 3, "A"), (2, 4, 5, 3)),
    ],
    ids=["dense", "convolution"],
)
def test_what_is_hidden_has_a_gradient_of_exactly_zero(layer, shape):
    layer.build((None, *shape[1:]))
    x = ops.convert_to_tensor(RNG.normal(size=shape).astype("float32"))

    def output(kernel):
        with keras.StatelessScope([(layer.kernel, kernel)]):
            return layer(x)

    out = to_numpy(layer(x))
    _, slope = vjp(output, layer.kernel.value, np.ones_like(out))
    slope = to_numpy(slope)
    hidden = np.broadcast_to(layer.mask, slope.shape) == 0
    assert hidden.any()
    assert (slope[hidden] == 0).all()
    assert (slope[~hidden] != 0).any()


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: MaskedDense([0.5], [0]), "degrees"),
        (lambda: MaskedDense([0], [-1]), "input_degrees"),
        (lambda: MaskedDense([0], [0, 1])(np.ones((2, 3), "float32")), "inputs"),
        (lambda: MaskedConv2D(0), "filters"),
        (lambda: MaskedConv2D(1, 2), "kernel_size"),
        (lambda: MaskedConv2D(1, 3, "C"), "mask_type"),
        (lambda: GatedBlock(2, 1), "kernel_size"),
        (lambda: GatedBlock(2, 4), "kernel_size"),
        (lambda: GatedBlock(2)(*np.ones((2, 1, 4, 4, 3), "float32")), "horizontal"),
    ],
)
def test_bad_arguments_get_a_sentence(make, word):
    with pytest.raises(ValueError, match=rf"{word} must .*\."):
        make()
