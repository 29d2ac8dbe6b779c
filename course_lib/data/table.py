"""Tables under one call: rows of numbers in [0, 1], named columns, and their origin.

A row is a connection of a network, simulated for a contest: 121 columns, of which `kdd.py` says
how they are made.

Reference: Stolfo et al., KDD Cup 1999 data, 1999, https://doi.org/10.24432/C51C7N.
    Zong et al., Deep autoencoding Gaussian mixture model for unsupervised anomaly detection, 2018,
    https://openreview.net/forum?id=BJJLHbb0-.
"""

import dataclasses

import numpy as np

from course_lib.data.kdd import one_in_five, read_kddcup99, read_sample
from course_lib.data.parts import check_choice, draw_parts


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Table:
    """A set of labelled rows in three disjoint parts.

    Every part has rows of shape `(N, 121)`, float32 in [0, 1]; and labels y of shape `(N,)`,
    int64, 1 for what is rare and 0 for the rest. A part not asked for has N = 0. `columns` has
    the names of the columns.
    """

    name: str
    source: str
    columns: tuple[str, ...]
    x_train: np.ndarray
    y_train: np.ndarray
    x_valid: np.ndarray
    y_valid: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray

    def __repr__(self):
        parts = f"{len(self.x_train)} train, {len(self.x_valid)} valid, {len(self.x_test)} test"
        return f"Table({self.name}: {parts}; {len(self.columns)} columns, float32 in [0, 1])"


def load_table(
    name: str = "auto",
    train: int | None = None,
    valid: int = 0,
    test: int | None = None,
    seed: int = 0,
) -> Table:
    """Loads a set of labelled rows, of which the rare ones are in the test part alone.

    Which rows are taken is drawn without replacement, with the seed; their order is that
    of the set. A smaller choice is part of a larger one, and which rows are for testing
    never depends on `train` and `valid`. No row is in two parts, yet connections repeat
    themselves: three in four test attacks of the sample equal one of its training rows.

    Numbers are scaled by the range of all attacks of the training half, whichever are drawn;
    the few beyond it, in 28 of 242,990 test rows, are cut to [0, 1].

    Args:
        name: `"kddcup99"`, 198,331 + 242,990 rows, from the cache of scikit-learn under
            `$SCIKIT_LEARN_DATA`; `"kdd_sample"`, 18,000 + 15,000 of them, which ship with the
            course; or `"auto"`: `kddcup99` if it is there, otherwise `kdd_sample`; says in one
            line which and why.
        train: number of training rows, attacks all; `None` for all that `valid` leaves.
        valid: number of validation rows, taken from the training part.
        test: number of test rows, a fifth of them normal connections; `None` for all.
        seed: integer, 0 or more.

    Returns:
        `Table`.

    Raises:
        ValueError: if the set is unknown or holds fewer rows.
        OSError: if it is not there, or damaged.

    Reference: Zong et al., 2018, https://openreview.net/forum?id=BJJLHbb0-.

    Example:

    >>> data = load_table("kdd_sample", train=15_000, valid=3_000)
    >>> data
    Table(kdd_sample: 15000 train, 3000 valid, 15000 test; 121 columns, float32 in [0, 1])
    >>> data.columns[:2], data.y_test.mean().item()
    (('duration', 'protocol_type=icmp'), 0.2)
    """
    check_choice(name, _SETS, train, valid, test, seed)
    if name == "auto":
        name = _auto()
    source, read = _SETS[name]
    whole = read()
    here, there = len(whole.training), len(whole.testing)
    chosen = draw_parts(here, there, train, valid, test, seed, f"rows of {name}")
    rows = {part: whole.training[chosen[part]] for part in ("train", "valid")}
    rows["test"] = one_in_five(whole, len(chosen["test"]), seed)
    x = {f"x_{part}": whole.encode(chosen) for part, chosen in rows.items()}
    y = {f"y_{part}": whole.normal[chosen].astype("int64") for part, chosen in rows.items()}
    return Table(name=name, source=source, columns=whole.columns, **x, **y)


ORIGIN = (
    "KDD Cup 1999 (Stolfo et al., UCI machine learning repository, CC BY 4.0), {}: connections "
    "of a simulated network, attacks to train on, one in five of the test rows normal."
)
_SETS = {
    "kddcup99": (ORIGIN.format("the 10 % file, by scikit-learn"), read_kddcup99),
    "kdd_sample": (ORIGIN.format("33,000 rows of the 10 % file"), read_sample),
}


def _auto():
    try:
        read_kddcup99()
    except OSError as error:
        print(f"Data: kdd_sample, because {error}")
        return "kdd_sample"
    print("Data: kddcup99, because it is in the cache of scikit-learn.")
    return "kddcup99"
