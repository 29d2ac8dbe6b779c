"""Each mask and shift taken away: what looks for leaks must find one."""

import numpy as np
import pytest
from keras import ops

from course_lib.layers import GatedBlock, MaskedDense, RowLSTM, diagonal_lstm
from tests.models.pixel.variants import VARIANTS, seen

SHAPE = (4, 5, 1)


def leaks(name, change=None):
    """Whether a logit reads its own pixel or a later one."""
    model = VARIANTS[name](SHAPE)
    if change:
        change(model)
    place = np.argsort(model.order)
    return (seen(model, seeds=(0,))[place[None, :] >= place[:, None]] != 0).any()


@pytest.mark.parametrize("name", ["MADE", "MADE in any order", "logistic"])
def test_outputs_that_read_their_equals(name, monkeypatch):
    def or_equal(self):
        return np.less_equal.outer(self.input_degrees, self.degrees).astype("float32")

    assert not leaks(name)
    monkeypatch.setattr(MaskedDense, "mask", property(or_equal))
    assert leaks(name)


def ahead(x, axis):
    """Maps `(B, H, W, C)` moved up by a row, or left by a column."""
    rest = x[:, 1:] if axis == 1 else x[:, :, 1:]
    nothing = ops.zeros_like(x[:, :1] if axis == 1 else x[:, :, :1])
    return ops.concatenate([rest, nothing], axis=axis)


@pytest.mark.parametrize("axis", [1, 2])
def test_a_first_block_without_its_shift(axis, monkeypatch):
    """Down in the vertical stack, to the right in the horizontal one."""
    call = GatedBlock.call

    def unshifted(self, vertical, horizontal):
        if self.first and axis == 1:
            vertical = ahead(vertical, 1)
        if self.first and axis == 2:
            horizontal = ahead(horizontal, 2)
        return call(self, vertical, horizontal)

    assert not leaks("PixelCNN")
    monkeypatch.setattr(GatedBlock, "call", unshifted)
    assert leaks("PixelCNN")


@pytest.mark.parametrize("name", ["Row LSTM", "Diagonal BiLSTM"])
def test_a_first_convolution_that_reads_its_own_pixel(name):
    assert not leaks(name)
    assert leaks(name, lambda model: setattr(model.first, "mask_type", "B"))


def test_a_row_lstm_whose_window_is_not_cut(monkeypatch):
    call = RowLSTM.call
    monkeypatch.setattr(RowLSTM, "call", lambda self, inputs: call(self, ahead(inputs, 2)))
    assert leaks("Row LSTM")


def test_a_second_direction_that_is_not_shifted_down(monkeypatch):
    down = diagonal_lstm.shift_down
    monkeypatch.setattr(diagonal_lstm, "shift_down", lambda x: x if x.shape[2] == 5 else down(x))
    assert leaks("Diagonal BiLSTM")
