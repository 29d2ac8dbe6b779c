"""A claim: a statement of the theory, a measured value, and a threshold it had to pass.

`claims.toml` lists every statement of the course. A lesson measures each of
its own and records the outcome here; the record travels inside the executed
notebook, so that a report is made from what ran and from nothing else.
"""

import math
import operator
import tomllib
from dataclasses import asdict, dataclass, field
from functools import cache
from html import escape
from importlib import resources

MIME = "application/vnd.course-lib.claim+json"
SCALES = ("smoke", "lesson", "paper")
RELATIONS = {
    "<": operator.lt,
    "≤": operator.le,
    ">": operator.gt,
    "≥": operator.ge,
    "=": operator.eq,
}
MARKS = {"holds": "✓ holds", "fails": "✗ fails", "not judged": "– not judged"}


@cache
def catalogue():
    """Every claim of the course: `{id: {"lesson", "statement", "erratum"}}`.

    Example:

    >>> catalogue()["ae-linear-pca"]["lesson"]
    '01'
    """
    text = resources.files(__package__).joinpath("claims.toml").read_text("utf-8")
    return {name: {"erratum": False} | entry for name, entry in tomllib.loads(text).items()}


@dataclass(frozen=True)
class Published:
    """A figure somebody published, and how far it is to be trusted.

    Args:
        value: the figure, in the unit of the claim it stands beside.
        source: authors, year and what differs in the protocol.
        status: `"read"` in the source, `"repro"` an independent reproduction,
            `"measured"` by us on the same data, or `"recalled"` from memory.
    """

    value: float
    source: str
    status: str

    def __post_init__(self):
        if self.status not in ("read", "repro", "measured", "recalled"):
            raise ValueError(
                f"status must be read, repro, measured or recalled, but is {self.status!r}."
            )


@dataclass(frozen=True)
class Claim:
    """One measurement of one claim; in a notebook it shows as a row of a table."""

    id: str
    what: str
    value: float
    relation: str
    threshold: float
    unit: str = ""
    verdict: str = "not judged"
    scale: str = "lesson"
    trained: bool = True
    published: Published | None = None
    note: str = ""

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {MIME: asdict(self), "text/html": table([self]), "text/plain": str(self)}

    def __str__(self):
        unit = f" {self.unit}" if self.unit else ""
        return (
            f"{MARKS[self.verdict]}  {self.id}: {self.what} "
            f"{format_value(self.value)}{unit}, wanted {self.relation} "
            f"{format_value(self.threshold)}{unit}"
        )


@dataclass(repr=False)
class Claims:
    """The claims of one run of one lesson.

    Args:
        scale: `"smoke"`, `"lesson"` or `"paper"`. At smoke scale nothing is
            trained long enough to be judged.

    Example:

    >>> claims = Claims("lesson")
    >>> print(claims.record("ae-linear-pca", "largest angle", 0.3, "<", 1.0, unit="°"))
    ✓ holds  ae-linear-pca: largest angle 0.3 °, wanted < 1 °
    """

    scale: str
    records: list = field(default_factory=list)

    def __post_init__(self):
        if self.scale not in SCALES:
            raise ValueError(f"scale must be one of {', '.join(SCALES)}, but is {self.scale!r}.")

    def record(
        self, id, what, value, relation, threshold, unit="",
        trained=True, judged=True, published=None, note="",
    ):  # fmt: skip
        """Judge a measured value and keep the outcome.

        Args:
            id: a claim of `claims.toml`.
            what: what was measured, in a few words.
            value: the measured number.
            relation: one of `<  ≤  >  ≥  =`, between value and threshold.
            threshold: the number that had to be reached.
            unit: unit of value, threshold and published figure.
            trained: whether the value depends on training; if so, it is not
                judged at smoke scale.
            judged: `False` when this run cannot decide the claim; say why in `note`.
            published: a `Published` figure to stand beside ours.
            note: one sentence on why it does not hold, or cannot be judged; one that holds
                has none.

        Returns:
            The `Claim`, to be shown as the cell's last expression.

        Raises:
            ValueError: unknown id or relation, or a value that is no finite number.
        """
        if id not in catalogue():
            raise ValueError(f"id must be one of the course's claims, but is {id!r}.")
        if relation not in RELATIONS:
            raise ValueError(f"relation must be one of {' '.join(RELATIONS)}, not {relation!r}.")
        value, threshold = float(value), float(threshold)
        if not (math.isfinite(value) and math.isfinite(threshold)):
            raise ValueError(
                f"value and threshold must be finite, but are {value} and {threshold}."
            )
        verdict = "not judged"
        if judged and not (trained and self.scale == "smoke"):
            verdict = "holds" if RELATIONS[relation](value, threshold) else "fails"
        claim = Claim(
            id,
            what,
            value,
            relation,
            threshold,
            unit,
            verdict,
            self.scale,
            trained,
            published,
            "" if verdict == "holds" else note,
        )
        self.records.append(claim)
        return claim

    def verdicts(self):
        """One verdict a claim: it holds when every measurement of it that was judged holds."""
        return {id: verdict([c.verdict for c in self.records if c.id == id]) for id in self._ids()}

    def _ids(self):
        return list(dict.fromkeys(claim.id for claim in self.records))

    def _repr_html_(self):
        return table(self.records)

    def __repr__(self):
        return "\n".join(str(claim) for claim in self.records)


def verdict(verdicts):
    """The verdict of several measurements of one claim.

    Example:

    >>> verdict(["holds", "not judged"]), verdict(["holds", "fails"]), verdict([])
    ('holds', 'fails', 'not judged')
    """
    return next((v for v in ("fails", "holds") if v in verdicts), "not judged")


def format_value(value):
    """Four significant digits, the precision that another machine repeats."""
    return f"{value:.4g}"


def table(claims):
    """Claims as an HTML table: statement, measured, wanted, published, verdict."""
    rows = []
    for claim in claims:
        unit = f" {claim.unit}" if claim.unit else ""
        published = "–"
        if claim.published:
            p = claim.published
            published = f"{format_value(p.value)}{unit} ({p.source}; {p.status})"
        cells = (
            catalogue()[claim.id]["statement"],
            claim.what + (f" ({claim.note})" if claim.note else ""),
            f"{format_value(claim.value)}{unit}",
            f"{claim.relation} {format_value(claim.threshold)}{unit}",
            published,
            MARKS[claim.verdict],
        )
        rows.append("".join(f"<td style='text-align:left'>{escape(c)}</td>" for c in cells))
    head = ("claim", "measured", "value", "wanted", "published", "verdict")
    return (
        "<table><tr>"
        + "".join(f"<th style='text-align:left'>{h}</th>" for h in head)
        + "</tr>"
        + "".join(f"<tr>{row}</tr>" for row in rows)
        + "</table>"
    )
