"""Alarms in a series: anomalies that last, and flags that come step by step.

    alarm         a run of flagged steps that no unflagged step interrupts
    false alarm   one that touches no window
    hit           a window with a flagged step

Windows are the labelled spans in which an alarm is wanted. They are wide in most benchmarks, and
what is wide is hit by chance: every figure here is printed beside that of random flags.

Reference: Lavin and Ahmad, Evaluating real-time anomaly detection algorithms: the Numenta anomaly
    benchmark, 2015, https://arxiv.org/abs/1510.03336. Kim, Choi, Choi, Lee and Yoon, Towards a
    rigorous evaluation of time-series anomaly detection, 2022, https://arxiv.org/abs/2109.05257.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from course_lib.validation import Tensor, check_number

Windows = Sequence[tuple[int, int]] | np.ndarray  # (start, stop): steps start … stop − 1


def false_alarms(flags: Tensor, windows: Windows, per: float) -> float:
    """False alarms a unit of time: runs of flagged steps that touch no window.

    Args:
        flags: booleans `(T,)`, true where a score is above its threshold.
        windows: pairs (start, stop) of steps, stop excluded, in order and without overlap.
        per: steps a unit of time, such as 168 for weeks of hours.

    Returns:
        Their number in the series, divided by the T / per units it lasts.

    Raises:
        ValueError: if flags are no booleans, or windows do not suit them.

    Reference: Lavin and Ahmad, 2015, https://arxiv.org/abs/1510.03336.

    Example: three alarms in six steps, one of which is wanted.

    >>> false_alarms(np.array([1, 0, 1, 1, 0, 1], bool), [(3, 5)], per=1.5)
    0.5
    """
    flags, spans = _check(flags, windows)
    per = check_number("per", per, above=0)
    inside = np.append(0, np.cumsum(_covered(spans, len(flags))))
    starts, stops = _runs(flags)
    return float((inside[starts] == inside[stops]).sum() * per / len(flags))


def windows_hit(flags: Tensor, windows: Windows) -> np.ndarray:
    """Which windows hold a flagged step.

    Args:
        flags: booleans `(T,)`.
        windows: W pairs (start, stop) of steps, stop excluded, in order and without overlap.

    Returns:
        Booleans `(W,)`.

    Raises:
        ValueError: if flags are no booleans, or windows do not suit them.

    Reference: Lavin and Ahmad, 2015, https://arxiv.org/abs/1510.03336.

    Example:

    >>> windows_hit(np.array([1, 0, 1, 1, 0, 1], bool), [(1, 2), (3, 5)])
    array([False,  True])
    """
    flags, spans = _check(flags, windows)
    hits = np.append(0, np.cumsum(flags))
    return hits[spans[:, 1]] > hits[spans[:, 0]]


def point_adjusted(flags: Tensor, windows: Windows) -> np.ndarray:
    """Flags as many papers count them: one hit makes a whole window right.

    It flatters. A window of L steps is missed by random flags, each with probability p, only with
    probability (1 − p)ᴸ, and else earns L hits: with p = 0.01 and L = 300 that is 95 windows of
    100, found by knowing nothing. Print random flags, adjusted in the same way, beside it.

    Args:
        flags: booleans `(T,)`.
        windows: pairs (start, stop) of steps, stop excluded, in order and without overlap.

    Returns:
        Booleans `(T,)`: the flags, and all steps of every window that holds one.

    Raises:
        ValueError: if flags are no booleans, or windows do not suit them.

    Reference: Kim et al., 2022, https://arxiv.org/abs/2109.05257.

    Example:

    >>> point_adjusted(np.array([1, 0, 0, 1, 0, 0], bool), [(1, 3), (3, 5)]).astype(int)
    array([1, 0, 0, 1, 1, 0])
    """
    hit = windows_hit(flags, windows)
    flags, spans = _check(flags, windows)
    return flags | _covered(spans[hit], len(flags))


def nab_score(
    flags: Tensor,
    windows: Windows,
    false_positive: float = 0.11,
    false_negative: float = 1.0,
) -> float:
    """Score of the Numenta anomaly benchmark: early hits count more, false alarms cost.

        S = Σ_hit σ̃(y) / σ̃(−1) − a_FN · missed + a_FP Σ_false σ̃(y),    σ̃(y) = 2 / (1 + e⁵ʸ) − 1

    A window counts by its first flagged step, at y = −1 on its first step and −1/width on its last.
    Outside, y is the distance from the last step of the window before, in widths less one step;
    beyond three of them, and before any window, a flag costs all of a_FP. Not every alarm is
    charged, but every flagged step.

    Args:
        flags: booleans `(T,)`. Steps before the detector may speak are cut off first.
        windows: W pairs (start, stop) of steps, stop excluded, in order and without overlap; each
            of two steps or more.
        false_positive: a_FP, at least 0; 0.22 in the benchmark's profile of few false alarms.
        false_negative: a_FN, at least 0; 2 in its profile of few misses.

    Returns:
        100 (S + a_FN W) / (W + a_FN W): 100 if every window is flagged on its first step and
        nothing else is, 0 if nothing is flagged, negative if false alarms outweigh the hits.

    Raises:
        ValueError: if flags are no booleans, there is no window, or windows do not suit.

    Reference: Lavin and Ahmad, 2015, section II, https://arxiv.org/abs/1510.03336.

    Example:

    >>> flags = np.arange(100) == 20
    >>> print(nab_score(flags, [(20, 40)]), f"{nab_score(flags, [(10, 30)]):.1f}")
    100.0 93.0
    """
    flags, spans = _check(flags, windows)
    a_fp = check_number("false_positive", false_positive, low=0)
    a_fn = check_number("false_negative", false_negative, low=0)
    start, stop = spans.T
    widths = stop - start
    if not len(spans) or widths.min() < 2:
        raise ValueError("windows must be one or more, of two steps or more each.")
    # Hits: of the flagged steps of a window the first is worth most.
    steps = np.flatnonzero(flags)
    first = np.append(steps, len(flags))[np.searchsorted(steps, start)]
    hit = first < stop
    early = _worth((first - stop)[hit] / widths[hit]) / _worth(-1.0)
    # False alarms, with the window before them; −1 is none.
    false = steps[~_covered(spans, len(flags))[steps]]
    before = np.searchsorted(stop, false, "right") - 1
    y = np.where(before < 0, np.inf, (false - stop[before] + 1) / (widths[before] - 1))
    charge = np.where(y > 3, -1.0, _worth(np.minimum(y, 3)))
    total = early.sum() - a_fn * (~hit).sum() + a_fp * charge.sum()
    return float(100 * (total + a_fn * len(spans)) / ((1 + a_fn) * len(spans)))


def _worth(y):
    return 2 / (1 + np.exp(5 * y)) - 1


def _runs(flags):
    """First steps of the runs, and the steps after their last."""
    edges = np.diff(flags.astype("int8"), prepend=0, append=0)
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)


def _covered(windows, length):
    """Booleans `(T,)`, true inside of a window."""
    edges = np.zeros(length + 1, int)
    edges[windows[:, 0]] += 1
    # Of two windows side by side the one ends where the other starts.
    edges[windows[:, 1]] -= 1
    return np.cumsum(edges)[:-1] > 0


def _check(flags: Tensor, windows: Any) -> tuple[np.ndarray, np.ndarray]:
    flags = np.asarray(ops.convert_to_numpy(flags))
    if flags.dtype != bool or flags.ndim != 1 or not flags.size:
        raise ValueError(
            f"flags must hold booleans of shape (T,), but hold {flags.dtype} of shape "
            f"{flags.shape}."
        )
    windows = np.asarray(windows)
    if not windows.size:
        return flags, np.zeros((0, 2), int)
    if windows.dtype.kind not in "iu" or windows.ndim != 2 or windows.shape[1] != 2:
        raise ValueError(
            "windows must be pairs (start, stop) of whole numbers, but are of shape "
            f"{windows.shape} and dtype {windows.dtype}."
        )
    windows = windows.astype(int)
    ends = np.append(0, windows)
    if (np.diff(ends) < 0).any() or ends[-1] > len(flags) or (windows[:, 0] == windows[:, 1]).any():
        raise ValueError(
            f"windows must lie within the {len(flags)} steps of flags, in order and without "
            f"overlap, and start before they stop, but are {windows.tolist()}."
        )
    return flags, windows
