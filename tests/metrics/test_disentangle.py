"""Codes that are the factors, codes that mix them, and codes that know nothing."""

import numpy as np
import pytest
from scipy.stats import entropy

from course_lib.metrics import (
    active_units,
    factor_vae_score,
    higgins_score,
    mutual_information_gap,
)

RNG = np.random.default_rng(0)
FACTORS = np.stack([RNG.integers(n, size=4000) for n in (3, 5, 8)], axis=1)
PURE = np.concatenate([FACTORS * [1.0, -2.0, 0.5] + 3, np.zeros((4000, 1))], axis=1)
# By 45°, so that two units know as much of two factors; other angles would leave one ahead.
ROTATION = np.array([[0.5**0.5, -(0.5**0.5), 0], [0.5**0.5, 0.5**0.5, 0], [0, 0, 1]])
STANDARD = (FACTORS - FACTORS.mean(0)) / FACTORS.std(0)
MIXED = STANDARD @ ROTATION
NOTHING = RNG.normal(size=(4000, 4))
SCORES = [factor_vae_score, higgins_score, mutual_information_gap]


@pytest.mark.parametrize("score", SCORES)
def test_from_nothing_over_a_rotation_to_the_factors(score):
    pure, mixed, nothing = (score(codes, FACTORS) for codes in (PURE, MIXED, NOTHING))
    assert pure > 0.99
    assert nothing + 0.1 < mixed < pure - 0.1
    chance = 0.0 if score is mutual_information_gap else 1 / 3
    assert abs(nothing - chance) < 0.08


@pytest.mark.parametrize("score", SCORES)
def test_scale_order_and_dead_units_do_not_count(score):
    expected = score(MIXED, FACTORS)
    changed = np.concatenate([np.zeros((4000, 2)), -7 * MIXED[:, ::-1]], axis=1)
    assert score(changed, FACTORS) == pytest.approx(expected, abs=0.04)


@pytest.mark.parametrize("score", [factor_vae_score, higgins_score])
def test_the_seed_fixes_the_votes(score):
    assert score(MIXED, FACTORS, seed=3) == score(MIXED, FACTORS, seed=3)


def test_gap_against_the_formula():
    """A unit that knows v fully, and one that knows only whether v is above 0."""
    v = np.repeat(np.arange(4), 100)
    codes = np.stack([v, v > 0], axis=1).astype("float64")
    told = entropy([0.25, 0.75])
    expected = (np.log(4) - told) / np.log(4)
    assert mutual_information_gap(codes, v[:, None]) == pytest.approx(expected, abs=1e-9)


def test_active_units():
    means = RNG.normal(size=(5000, 4)) * [1.0, 0.2, 0.05, 0.0]
    assert active_units(means) == 2
    assert active_units(means, threshold=0.001) == 3


ONE = np.zeros((4000, 1), int)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: active_units(PURE[0]), "means must have 2 axes"),
        (lambda: mutual_information_gap(PURE[:, :1], FACTORS), "codes must have 2 units or more"),
        (lambda: mutual_information_gap(PURE, FACTORS[:10]), "factors must be given for each"),
        (lambda: higgins_score(PURE, FACTORS * 1.0), "factors must hold integers"),
        (lambda: higgins_score(PURE, ONE), "factors must be 2 or more to tell apart"),
        (lambda: factor_vae_score(PURE * 0, FACTORS), "codes must vary"),
        (lambda: factor_vae_score(PURE * np.nan, FACTORS), "codes must be finite"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
