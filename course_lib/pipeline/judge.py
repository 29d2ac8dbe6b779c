"""A verdict worked out again from what was measured, without measuring again.

interval = mean ± t(97.5 %, n − 1) s / √n    over n independent trainings
"""

import math
import statistics

from course_lib.lesson.claims import RELATIONS


def interval(values):
    """The 95 % interval of a mean over seeds, (low, high); one value has none of any width.

    Example:

    >>> [round(bound, 2) for bound in interval([1.0, 2.0, 3.0])]
    [-0.48, 4.48]
    """
    mean = statistics.fmean(values)
    if len(values) < 2:
        return mean, mean
    from scipy.special import stdtrit

    n = len(values)
    half = stdtrit(n - 1, 0.975) * statistics.stdev(values) / math.sqrt(n)
    return float(mean - half), float(mean + half)


def verdict(record):
    """The verdict that a measurement's numbers allow: `holds`, `refuted` or `undecided`.

    Args:
        record: of `records.measurement`.
    """
    sides = [RELATIONS[record["relation"]](end, record["threshold"]) for end in _ends(record)]
    return "holds" if all(sides) else "undecided" if any(sides) else "refuted"


def contradiction(record):
    """What a record's numbers say instead of its verdict; empty where they agree."""
    if record["relation"] not in RELATIONS:
        return f"its relation is {record['relation']!r}"
    if record["verdict"] == "not judged":
        return ""
    found = verdict(record)
    return "" if found == record["verdict"] else f"its numbers say {found}"


def _ends(record):
    return record["values"] if record["kind"] == "identity" else interval(record["values"])
