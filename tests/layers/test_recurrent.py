"""Recurrences over pixels, beside plain loops over one pixel after the other."""

import numpy as np
import pytest
from keras import ops

from course_lib.autodiff import vjp
from course_lib.layers import DiagonalBiLSTM, RowLSTM, diagonal_lstm

to_numpy = ops.convert_to_numpy
HEIGHT, WIDTH, CHANNELS, UNITS = 4, 6, 3, 2
SHAPE = (None, HEIGHT, WIDTH, CHANNELS)


def filled(layer):
    rng = np.random.default_rng(0)
    layer.build(SHAPE)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    return layer


def lstm(gates, cell):
    i, f, o = (1 / (1 + np.exp(-part)) for part in np.split(gates, 4, axis=-1)[:3])
    cell = f * cell + i * np.tanh(gates[:, -UNITS:])
    return o * np.tanh(cell), cell


def row_lstm(x, size, W, b, U):
    """One pixel after the other; outside of the image there are zeros."""
    side, count = size // 2, len(x)
    outside = np.zeros((count, UNITS))
    states, cells = {}, {}
    for i, j in np.ndindex(HEIGHT, WIDTH):
        gates = np.tile(b, (count, 1))
        for k in range(side + 1):
            if j - side + k >= 0:
                gates += x[:, i, j - side + k] @ W[k * CHANNELS : (k + 1) * CHANNELS]
        for k in range(size):
            above = states.get((i - 1, j - side + k), outside)
            gates += above @ U[k * UNITS : (k + 1) * UNITS]
        states[i, j], cells[i, j] = lstm(gates, cells.get((i - 1, j), outside))
    return np.array([[states[i, j] for j in range(WIDTH)] for i in range(HEIGHT)])


def one_way(x, W, U, b):
    outside = np.zeros((len(x), UNITS))
    states, cells = {}, {}
    for i, j in np.ndindex(HEIGHT, WIDTH):
        beside, above = states.get((i, j - 1), outside), states.get((i - 1, j), outside)
        gates = x[:, i, j] @ W + beside @ U[:UNITS] + above @ U[UNITS:] + b
        states[i, j], cells[i, j] = lstm(gates, cells.get((i, j - 1), outside))
    return np.array([[states[i, j] for j in range(WIDTH)] for i in range(HEIGHT)])


def diagonal(x, W, b, U):
    made = one_way(x, W[0], U[0], b[0])
    mirrored = one_way(x[:, :, ::-1], W[1], U[1], b[1])[:, ::-1]
    made[1:] += mirrored[:-1]
    return made


@pytest.mark.parametrize("size", [1, 3, 5])
def test_the_row_lstm_is_its_loop(size, float64):
    layer = filled(RowLSTM(UNITS, size))
    x = np.random.default_rng(1).normal(size=(2, *SHAPE[1:]))
    wanted = row_lstm(x, size, *(to_numpy(w) for w in layer.weights))
    got = np.moveaxis(to_numpy(layer(x)), 0, 2)
    np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-12)


def test_the_diagonal_lstm_is_its_loop(float64):
    layer = filled(DiagonalBiLSTM(UNITS))
    x = np.random.default_rng(1).normal(size=(2, *SHAPE[1:]))
    wanted = diagonal(x, *(to_numpy(w) for w in layer.weights))
    got = np.moveaxis(to_numpy(layer(x)), 0, 2)
    np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-12)


def seen_by(layer):
    """`(H, W, H, W)`: how far each output moves with each pixel of the input."""
    pixels = HEIGHT * WIDTH
    x = np.random.default_rng(2).normal(size=(1, *SHAPE[1:])).astype("float32")
    which = np.eye(pixels, dtype="float32").reshape(pixels, HEIGHT, WIDTH, 1)
    _, slopes = vjp(layer, np.repeat(x, pixels, axis=0), np.repeat(which, UNITS, axis=3))
    return np.abs(to_numpy(slopes)).sum(axis=3).reshape((HEIGHT, WIDTH) * 2)


def test_the_row_lstm_sees_a_triangle():
    seen = seen_by(filled(RowLSTM(UNITS))) > 0
    for i, j, r, c in np.ndindex(seen.shape):
        up = i - r
        assert seen[i, j, r, c] == (up >= 0 and j - up - 1 <= c <= j + up), (i, j, r, c)


def everything_before(seen):
    order = np.arange(HEIGHT * WIDTH)
    return np.array_equal(seen.reshape(len(order), -1), order[:, None] >= order)


def test_the_diagonal_lstm_sees_everything_before():
    assert everything_before(seen_by(filled(DiagonalBiLSTM(UNITS))) > 0)


def test_the_second_direction_would_see_ahead_without_its_shift(monkeypatch):
    def forgetful(x):
        return x if x.shape[2] == WIDTH else down(x)

    down = diagonal_lstm.shift_down
    monkeypatch.setattr(diagonal_lstm, "shift_down", forgetful)
    seen = seen_by(filled(DiagonalBiLSTM(UNITS))) > 0
    assert not everything_before(seen)
    assert seen[1, 2, 1, 3]


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: RowLSTM(0), "units"),
        (lambda: RowLSTM(2, 2), "kernel_size"),
        (lambda: DiagonalBiLSTM(2.5), "units"),
        (lambda: RowLSTM(2).build((None, None, 4, 1)), "inputs"),
        (lambda: DiagonalBiLSTM(2)(np.ones((2, 3, 4), "float32")), "inputs"),
    ],
)
def test_bad_arguments_get_a_sentence(make, word):
    with pytest.raises(ValueError, match=rf"{word} must .*\."):
        make()
