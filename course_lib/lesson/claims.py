"""What a record of a measurement says: its interval, its verdict, its row in a table.

    interval = mean ± t₀.₉₇₅(n − 1) · s / √n

over n independent trainings (seeds). A claim **holds** when the interval lies on the expected side
of the threshold, is **refuted** when it lies on the other, and is **undecided** when it straddles
it. It is **not judged** at smoke scale, nor from one seed alone, unless several seeds of a longer
run are stored with the claim. An identity has no seeds: it holds or is refuted.

A record is a dict of plain values: `lesson`, `id`, `scale`, `values` (a list) and `verdict`, and
all that `claims.toml` says of the claim, with the numbers that only the run knew filled in.
"""

import operator
from html import escape

import numpy as np

MIME = "application/vnd.course-lib.claim+json"
MARKS = {
    "holds": "✓ holds",
    "refuted": "✗ refuted",
    "undecided": "? undecided",
    "not judged": "– not judged",
}
RELATIONS = {
    "<": operator.lt,
    "≤": operator.le,
    ">": operator.gt,
    "≥": operator.ge,
    "=": operator.eq,
}


def interval(values: list[float]) -> tuple[float, float] | None:
    """The 95 % t-interval of the mean over seeds; `None` for fewer than two.

    Example:

    >>> low, high = interval([1.0, 2.0, 3.0])
    >>> round(low, 3), round(high, 3)
    (-0.484, 4.484)
    """
    n = len(values)
    if n < 2:
        return None
    from scipy.special import stdtrit  # imported late: a lesson starts before it measures

    half = stdtrit(n - 1, 0.975) * np.std(values, ddof=1) / np.sqrt(n)
    return float(np.mean(values) - half), float(np.mean(values) + half)


def verdict(record: dict) -> str:
    """The verdict that a record's values deserve, whatever it says itself.

    Example:

    >>> record = {"kind": "experiment", "scale": "lesson", "relation": "<"}
    >>> verdict(record | {"values": [1.0, 1.1, 0.9], "threshold": 2.0})
    'holds'
    >>> verdict(record | {"values": [1.0], "threshold": 2.0})
    'not judged'
    """
    fits = RELATIONS[record["relation"]]
    if record["kind"] == "identity":
        return "holds" if fits(record["values"][0], record["threshold"]) else "refuted"
    found = interval(_deciding(record))
    if record.get("scale") == "smoke" or found is None:
        return "not judged"
    ends = [fits(end, record["threshold"]) for end in found]
    return "holds" if all(ends) else "undecided" if any(ends) else "refuted"


def _deciding(record):
    """The values of several seeds: those of the run, or those stored from a longer one."""
    if len(record["values"]) == 1 and record.get("stored"):
        return record["stored"]["values"]
    return record["values"]


def format_value(value: float) -> str:
    """Four digits; of what is nearly nothing one, for the others are rounding.

    Example:

    >>> format_value(47_850.3), format_value(0.1), format_value(8.631e-8), format_value(0)
    ('4.785e+04', '0.1', '9e-08', '0')
    """
    return f"{value:.0e}" if 0 < abs(value) < 1e-4 else f"{value:.4g}"


def cells(record: dict) -> dict[str, str]:
    """A record as text, column by column of a table of results."""
    unit = f" {record['unit']}" if record["unit"] else ""
    found = interval(_deciding(record))
    between = f"{format_value(found[0])} … {format_value(found[1])}" if found else "–"
    mean = float(np.mean(record["values"]))
    if found and _deciding(record) is not record["values"]:
        # One more training lies within the interval of the mean, √(n + 1) times as wide.
        middle, n = sum(found) / 2, len(_deciding(record))
        inside = record.get("clock") or abs(mean - middle) <= np.sqrt(n + 1) * (found[1] - middle)
        between += f" (stored {record['stored']['date']}{'' if inside else '; ours is outside'})"
    against = f" ({record['against']})" if record.get("against") else ""
    published = record["published"]
    return {
        "claim": record["text"] + (f" (erratum: {record['erratum']})" if record["erratum"] else ""),
        "value": format_value(mean) + unit,
        "interval": between,
        "expected": f"{record['relation']} {format_value(record['threshold'])}{unit}{against}",
        "chance": "–" if record["chance"] is None else format_value(record["chance"]) + unit,
        "ceiling": "–" if record["ceiling"] is None else format_value(record["ceiling"]) + unit,
        "published": f"{format_value(published['value'])}{unit} ({published['source']})"
        if published
        else "–",
        "verdict": MARKS[record["verdict"]]
        + (" (identity)" if record["kind"] == "identity" else ""),
    }


def sentence(record: dict) -> str:
    """A record in one line: mark, id, value, interval, what was expected."""
    return _line(record, cells(record))


def summary(records: list[dict]) -> str:
    """Records line by line, as in the table: the same text in the next run."""
    return "\n".join(_line(record, _timeless(record)) for record in records)


def _line(record, cell):
    between = "" if cell["interval"] == "–" else f" [{cell['interval']}]"
    return (
        f"{cell['verdict']}  {record['id']}: {cell['value']}{between}, expected {cell['expected']}"
    )


def _timeless(record):
    """The cells of a table, which is compared with that of the next run, without what a clock said.

    That stands where it was measured.
    """
    return cells(record) | ({"value": "(a clock's)"} if record.get("clock") else {})


def tally(records: list[dict]) -> str:
    """How many claims have which verdict, identities apart.

    Example:

    >>> tally([{"kind": kind, "verdict": "holds"} for kind in ("experiment", "identity")])
    '1 holds, 0 refuted, 0 undecided, 0 not judged; identities: 1 of 1 holds'
    """
    judged = [record["verdict"] for record in records if record["kind"] == "experiment"]
    exact = [record["verdict"] for record in records if record["kind"] == "identity"]
    counts = ", ".join(f"{judged.count(name)} {name}" for name in MARKS)
    return f"{counts}; identities: {exact.count('holds')} of {len(exact)} holds"


def table(records: list[dict]) -> str:
    """Records as an HTML table, in whose columns of numbers no number is torn."""
    narrow = ("verdict", "value", "expected", "chance", "ceiling")
    rows = [_timeless(record) for record in records]
    for row in rows:
        row["interval"] = row["interval"].replace(" … ", "\xa0…\xa0")

    def cell(tag, name, text):
        style = "; white-space: nowrap" if name in narrow else ""
        # Room for a sentence, however wide the others are.
        style += "; min-width: 18em" if name == "claim" else ""
        return f"<{tag} style='text-align: left{style}'>{escape(text)}</{tag}>"

    names = ("claim", "verdict", "value", "interval", "expected", "chance", "ceiling", "published")
    lines = ["".join(cell("th", name, name) for name in names)]
    lines += ["".join(cell("td", name, row[name]) for name in names) for row in rows]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"
