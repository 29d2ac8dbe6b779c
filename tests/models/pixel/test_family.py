"""What every model of pixels owes: causality, exact probabilities, and drawing without waste."""

import keras
import numpy as np
import pytest
from keras import ops

from course_lib.models.pixel.base import PixelModel
from tests.models.contract.acts import refused
from tests.models.pixel.variants import (
    CLASSES,
    VARIANTS,
    every_image,
    images,
    made,
    reading,
    seen,
    with_weights,
)

each = pytest.mark.parametrize("name", VARIANTS)
# Of each class and kind one: of the others these say nothing new, and compiling takes its time.
KINDS = ["MADE", "PixelCNN", "Row LSTM", "Diagonal BiLSTM"]
each_kind = pytest.mark.parametrize("name", KINDS)
SHAPE = (4, 5, 1)
WIDE = (6, 11, 1)


def naive(model, x):
    """Logits of a whole pass a pixel, on images that hold the pixels before and nothing else."""
    known, found = np.zeros_like(x), {}
    for place, logits in PixelModel.conditionals(model, known):
        found[place] = logits
        known.reshape(len(x), -1)[:, place] = x.reshape(len(x), -1)[:, place]
    return np.stack([found[place] for place in range(len(found))], axis=1)


def test_every_public_class_has_a_variant():
    assert {type(made(name, SHAPE)) for name in VARIANTS} == CLASSES
    assert len(CLASSES) >= 3


@each
def test_a_logit_reads_what_it_may_and_nothing_else(name):
    """Exactly zero elsewhere; and all that the paper promises, without a blind spot."""
    model = VARIANTS[name](WIDE)
    moved = seen(model)
    before = np.argsort(model.order)
    assert (moved[before[None, :] >= before[:, None]] == 0).all()
    np.testing.assert_array_equal(moved > 0, reading(model))


@each
def test_probabilities_of_all_images_are_one_together(name):
    total = np.exp(made(name, (3, 3, 1)).log_prob(every_image((3, 3, 1)))).sum()
    assert total == pytest.approx(1, abs=1e-5)


@each_kind
def test_in_double_precision_they_are_one_to_twelve_digits(name, float64):
    x = every_image((2, 2, 1)).astype("float64")
    total = np.exp(with_weights(VARIANTS[name]((2, 2, 1))).log_prob(x)).sum()
    assert total == pytest.approx(1, abs=1e-12)


@each
def test_log_prob_is_the_sum_of_its_conditionals(name):
    """Each from a pass of its own, which is shown the pixels before and no other."""
    model, x = made(name, SHAPE), images(8, SHAPE)
    logits, flat = naive(model, x).astype("float64"), x.reshape(len(x), -1)
    wanted = (flat * logits - np.logaddexp(0, logits)).sum(axis=1)
    np.testing.assert_allclose(model.log_prob(x), wanted, rtol=1e-5)
    nll = ops.convert_to_numpy(model.loss_terms(ops.convert_to_tensor(x))["nll"])
    np.testing.assert_allclose(nll, -wanted, rtol=1e-5)


@each
def test_cached_logits_are_those_of_whole_passes(name):
    model, x = made(name, SHAPE), images(8, SHAPE)
    found = dict(model.conditionals(x))
    assert list(found) == list(model.order)
    cached = np.stack([found[place] for place in range(len(found))], axis=1)
    np.testing.assert_allclose(cached, naive(model, x), rtol=1e-5, atol=1e-5)


@each
def test_cached_drawing_is_naive_drawing_bit_for_bit(name, monkeypatch):
    """From nothing, and around pixels that are given anywhere."""
    model, x = made(name, SHAPE), images(8, SHAPE)
    mask = np.random.default_rng(1).random(x.shape) < 0.4
    drawn, completed = model.generate(8, seed=3), model.complete(x, mask, seed=3)
    np.testing.assert_array_equal(completed[mask], x[mask])
    assert set(np.unique(drawn)) == {0, 1}
    assert type(model).conditionals is not PixelModel.conditionals
    monkeypatch.setattr(type(model), "conditionals", PixelModel.conditionals)
    np.testing.assert_array_equal(model.generate(8, seed=3), drawn)
    np.testing.assert_array_equal(model.complete(x, mask, seed=3), completed)


@each
def test_what_is_given_later_changes_nothing_before(name):
    """And what is not given changes nothing at all; nor do batches."""
    model, x = made(name, SHAPE), images(8, SHAPE)
    order = np.argsort(model.order).reshape(SHAPE)
    given = (order < 5) | (order >= 15)
    first = model.complete(x, given, seed=2)
    other = np.where(order < 15, x, 1 - x)
    second = model.complete(other, given, seed=2)
    np.testing.assert_array_equal(first[:, order < 15], second[:, order < 15])
    assert (first[:, order >= 15] != second[:, order >= 15]).all()
    hidden = np.where(given, x, 1 - x)
    np.testing.assert_array_equal(model.complete(hidden, given, seed=2), first)
    np.testing.assert_array_equal(model.complete(x, given, seed=2, batch_size=5), first)


@each_kind
def test_images_are_drawn_as_often_as_they_are_probable(name):
    """Pearson's statistic of 20,000 draws over the 16 images of 2 × 2: 45 is 1 in 10,000."""
    count, shape = 20_000, (2, 2, 1)
    model = made(name, shape, scale=0.7)
    bits = model.generate(count, seed=5).reshape(count, -1).astype(int)
    found = np.bincount(bits @ (1 << np.arange(4)), minlength=16)
    wanted = count * np.exp(model.log_prob(every_image(shape)))
    rare = wanted < 5
    cells = [(found[k], wanted[k]) for k in np.flatnonzero(~rare)]
    cells += [(found[rare].sum(), max(wanted[rare].sum(), 1))]
    assert sum((a - b) ** 2 / b for a, b in cells) < 45
    assert len(cells) > 8
    uniform = count / 16
    assert ((found - uniform) ** 2 / uniform).sum() > 200


@each_kind
def test_a_file_brings_back_the_same_model(name, tmp_path):
    model, x = made(name, SHAPE), images(8, SHAPE)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert loaded.get_config() == model.get_config()
    np.testing.assert_array_equal(loaded.log_prob(x), model.log_prob(x))
    np.testing.assert_array_equal(loaded.generate(8, seed=1), model.generate(8, seed=1))


@each_kind
def test_half_precision_is_about_the_same(name):
    x = images(8, SHAPE)
    single = made(name, SHAPE).log_prob(x)
    for policy in ("mixed_bfloat16", "mixed_float16"):
        model = with_weights(VARIANTS[name](SHAPE, dtype=policy))
        assert {layer.dtype_policy.name for layer in model._flatten_layers()} == {policy}
        half = model.log_prob(x)
        assert half.dtype == "float32"
        np.testing.assert_allclose(half, single, rtol=0.05)
        assert model.generate(2, seed=0).shape == (2, *SHAPE)


@pytest.mark.slow
@each_kind
def test_it_learns(name):
    """Images of which one half mirrors the other: a pixel's neighbour says what it is."""
    keras.utils.set_random_seed(0)
    x = np.repeat(images(256, (3, 2, 1)), 2, axis=2)
    model = VARIANTS[name](x.shape[1:])
    model.compile(keras.optimizers.Adam(0.03))
    model.fit(x, batch_size=32, epochs=8, verbose=0)
    nll = -model.log_prob(x).mean()
    assert 6 * np.log(2) - 0.3 < nll < 9 * np.log(2)


def sentences(model, x):
    grey = x.copy()
    grey[1, 2, 3] = 0.25
    mask = np.ones(SHAPE, bool)
    return {
        "grey": (lambda: model.log_prob(grey), ["^x must", "0 or 1", "0.25"]),
        "wide": (lambda: model.log_prob(x[:, :, :-1]), ["^x must", "shape"]),
        "range": (lambda: model.log_prob(2 * x), [r"\[0, 1\]"]),
        "no bools": (lambda: model.complete(x, x), ["^mask must"]),
        "other mask": (lambda: model.complete(x, mask[:-1]), ["^mask must"]),
        "a target": (lambda: model.evaluate(x, 1 - x, verbose=0), ["^y must"]),
        "seed": (lambda: model.complete(x, mask, seed=-1), ["seed"]),
        "two channels": (lambda: type(model)((4, 5, 2)), ["image_shape"]),
        "no rows": (lambda: type(model)((0, 5, 1)), ["image_shape"]),
        "int8": (lambda: model.quantize("int8"), ["quantize"]),
    }


@each_kind
def test_bad_input_gets_a_sentence(name):
    model, x = made(name, SHAPE), images(8, SHAPE)
    model.compile()
    for act, words in sentences(model, x).values():
        refused(act, *words)
