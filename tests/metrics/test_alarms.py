"""Alarms and windows: the benchmark's own way of scoring step by step, and counts by hand."""

import math

import numpy as np
import pytest
from keras import ops

from course_lib.metrics import false_alarms, nab_score, point_adjusted, windows_hit

RNG = np.random.default_rng(0)
NAB = (58.11024052964205, 51.69841972809183, 60.96238257531692)


def scaled_sigmoid(y):
    return -1.0 if y > 3 else 2 / (1 + math.exp(5 * y)) - 1


def benchmark(flags, windows, a_fp=0.11, a_fn=1.0):
    """What the benchmark's sweeper and runner do: one pass over the rows, windows inclusive."""
    waiting = [(start, stop - 1) for start, stop in windows]
    window = before = None
    parts = {first: -a_fn for first, _ in waiting}
    false = 0.0
    for i, flag in enumerate(flags):
        if waiting and i == waiting[0][0]:
            window = waiting.pop(0)
        if window:
            left, right = window
            worth = scaled_sigmoid(-(right - i + 1) / (right - left + 1)) / scaled_sigmoid(-1.0)
            if flag:
                parts[left] = max(parts[left], worth)
        elif flag:
            y = math.inf if before is None else (i - before[1]) / (before[1] - before[0])
            false += a_fp * scaled_sigmoid(y)
        if window and i == window[1]:
            window, before = None, window
    null, perfect = -a_fn * len(windows), len(windows)
    return 100 * (sum(parts.values()) + false - null) / (perfect - null)


def drawn(rng):
    """A series of flags and windows, some of them side by side."""
    length = int(rng.integers(60, 300))
    edges = np.sort(rng.choice(np.arange(0, length + 1, 3), 2 * int(rng.integers(1, 6)), False))
    windows = edges.reshape(-1, 2)
    if len(windows) > 1 and rng.random() < 0.5:
        windows[0, 1] = windows[1, 0]
    return rng.random(length) < rng.choice([0.0, 0.01, 0.1, 0.5, 1.0]), windows


@pytest.mark.parametrize("profile", [(0.11, 1.0), (0.22, 1.0), (0.11, 2.0)])
def test_score_is_the_benchmarks(profile):
    for _ in range(200):
        flags, windows = drawn(RNG)
        wanted = benchmark(flags, windows, *profile)
        assert nab_score(flags, windows, *profile) == pytest.approx(wanted, rel=1e-9, abs=1e-9)


def test_figures_of_the_benchmarks_own_program():
    """Made once with `Sweeper.scoreDataSet` of numenta/NAB and normalised by its runner's line."""
    flags = np.zeros(300, bool)
    flags[[5, 52, 60, 131, 140, 219, 220, 290]] = True
    windows = [(50, 80), (120, 130), (200, 240)]
    found = [nab_score(flags, windows, *w) for w in [(), (0.22,), (0.11, 2.0)]]
    assert found == pytest.approx(NAB, rel=1e-9)


def test_perfect_null_and_worse():
    windows = [(10, 30), (50, 60)]
    perfect = np.isin(np.arange(100), [10, 50])
    assert nab_score(perfect, windows) == pytest.approx(100, rel=1e-12)
    assert nab_score(np.zeros(100, bool), windows) == 0
    assert nab_score(np.zeros(100, bool), windows, false_negative=2) == 0
    # Every step outside flagged, far from windows: −0.11 each.
    assert nab_score(np.arange(100) < 10, windows) == pytest.approx(100 * -1.1 / 4, rel=1e-12)


def test_an_earlier_flag_is_worth_more_and_a_second_one_nothing():
    scores = [nab_score(np.arange(100) == step, [(20, 40)]) for step in range(20, 40)]
    assert (np.diff(scores) < 0).all()
    assert nab_score((np.arange(100) >= 25) & (np.arange(100) < 40), [(20, 40)]) == scores[5]


def runs(flags):
    """Runs of true flags, step by step."""
    found, before = [], False
    for step, flag in enumerate(flags):
        if flag and not before:
            found.append([])
        if flag:
            found[-1].append(step)
        before = flag
    return found


def test_counts_step_by_step():
    for _ in range(100):
        flags, windows = drawn(RNG)
        inside = {step for start, stop in windows for step in range(start, stop)}
        false = [run for run in runs(flags) if not inside & set(run)]
        rate = false_alarms(flags, windows, per=24)
        assert rate == pytest.approx(len(false) / (len(flags) / 24), rel=1e-12)
        hit = [flags[start:stop].any() for start, stop in windows]
        np.testing.assert_array_equal(windows_hit(flags, windows), hit)
        adjusted = flags.copy()
        for start, stop in windows:
            adjusted[start:stop] |= flags[start:stop].any()
        np.testing.assert_array_equal(point_adjusted(flags, windows), adjusted)
        np.testing.assert_array_equal(adjusted, point_adjusted(adjusted, windows))


def test_no_windows_at_all():
    flags = np.array([True, False, True])
    assert false_alarms(flags, [], per=1) == pytest.approx(2 / 3)
    assert windows_hit(flags, []).shape == (0,)
    np.testing.assert_array_equal(point_adjusted(flags, []), flags)


def test_adjustment_flatters_chance_as_the_docstring_says():
    """Windows of 300 steps and one flag in a hundred: 95 windows of 100, and nothing known."""
    windows = [(1000 * i, 1000 * i + 300) for i in range(500)]
    flags = RNG.random(500_000) < 0.01
    share = point_adjusted(flags, windows).reshape(500, 1000)[:, :300].mean()
    assert share == pytest.approx(1 - 0.99**300, abs=0.03)
    assert flags.reshape(500, 1000)[:, :300].mean() < 0.012


def test_tensors_are_taken_and_arguments_left_alone():
    flags, windows = np.array([0, 1, 1, 0, 1], bool), np.array([(0, 2), (3, 4)])
    kept = flags.copy(), windows.copy()
    assert nab_score(ops.convert_to_tensor(flags), windows[:1]) == nab_score(flags, [(0, 2)])
    point_adjusted(flags, windows)
    np.testing.assert_array_equal(flags, kept[0])
    np.testing.assert_array_equal(windows, kept[1])


FLAGS = np.zeros(10, bool)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: windows_hit(FLAGS.astype(float), [(0, 1)]), "flags must hold booleans"),
        (lambda: windows_hit(FLAGS[None], [(0, 1)]), "flags must hold booleans of shape"),
        (lambda: windows_hit(FLAGS[:0], []), "flags must hold booleans of shape"),
        (lambda: windows_hit(FLAGS, [(0.0, 1.0)]), "windows must be pairs .* whole numbers"),
        (lambda: windows_hit(FLAGS, [0, 1]), "windows must be pairs"),
        (lambda: windows_hit(FLAGS, [(5, 11)]), "windows must lie within the 10 steps"),
        (lambda: windows_hit(FLAGS, [(-1, 3)]), "windows must lie within"),
        (lambda: windows_hit(FLAGS, [(0, 4), (3, 6)]), "without overlap"),
        (lambda: windows_hit(FLAGS, [(5, 6), (1, 2)]), "in order"),
        (lambda: windows_hit(FLAGS, [(3, 3)]), "start before they stop"),
        (lambda: false_alarms(FLAGS, [], per=0), "per must"),
        (lambda: nab_score(FLAGS, []), "windows must be one or more"),
        (lambda: nab_score(FLAGS, [(3, 4)]), "of two steps or more"),
        (lambda: nab_score(FLAGS, [(3, 5)], false_positive=-1), "false_positive must"),
        (lambda: nab_score(FLAGS, [(3, 5)], false_negative=-1), "false_negative must"),
    ],
)
def test_bad_input_gets_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
