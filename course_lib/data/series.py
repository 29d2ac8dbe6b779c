"""Series under one call: heartbeats of one length, scale and dtype, and their origin.

A beat is 140 samples of an electrocardiogram, from one heartbeat to the next, stretched to that
length, of mean 0 and variance 1.

Reference: Goldberger et al., PhysioBank, PhysioToolkit, and PhysioNet, 2000,
https://doi.org/10.1161/01.CIR.101.23.e215. Chen et al., A general framework for never-ending
learning from time series streams, 2015, https://doi.org/10.1007/s10618-014-0388-4.
"""

import dataclasses
import hashlib
import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

from course_lib.data.parts import check_choice, draw_parts

# In a wheel the file lies beside this module, in a clone under the root.
PLACES = (
    Path(__file__).with_name("ecg5000_train.npz"),
    Path(__file__).parents[2] / "data/ecg5000_train.npz",
)
CACHED = "datasets/ecg5000_all.npz"
SHA256 = "94e2616e56e9119e7f8aeb9793ea9ca2bdc724d10e414ba55752c0f7c9874605"


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Series:
    """A set of labelled series in three disjoint parts.

    Every part has series of shape `(N, 140, 1)`, float32; labels y of shape `(N,)`, int64, 0 for
    a normal beat and 1 for an anomalous one; and the kind of each beat, `(N,)`, int64: 1 normal,
    2 premature ventricular of the form R-on-T, 3 premature ventricular, 4 supraventricular
    premature or ectopic, 5 unclassified, 0 not known. A part not asked for has N = 0.
    """

    name: str
    source: str
    x_train: np.ndarray
    y_train: np.ndarray
    kind_train: np.ndarray
    x_valid: np.ndarray
    y_valid: np.ndarray
    kind_valid: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    kind_test: np.ndarray

    def __repr__(self):
        parts = f"{len(self.x_train)} train, {len(self.x_valid)} valid, {len(self.x_test)} test"
        shape = " × ".join(str(side) for side in self.x_train.shape[1:])
        return f"Series({self.name}: {parts}; {shape}, float32)"


def load_series(
    name: str = "auto",
    train: int | None = None,
    valid: int = 0,
    test: int | None = None,
    seed: int = 0,
) -> Series:
    """Loads a set of labelled series.

    Which series are taken is drawn without replacement, with the seed; their order is that
    of the set. A smaller choice is part of a larger one, and which series are for testing
    never depends on `train` and `valid`.

    Args:
        name: `"ecg5000"`, 4,500 + 500 beats of one heart, from `datasets/` under `$KERAS_HOME`;
            `"ecg500"`, 400 + 100 of them, which ship with the course; or `"auto"`: `ecg5000` if
            it is there, otherwise `ecg500`; says in one line which and why.
        train: number of training series; `None` for all that `valid` leaves.
        valid: number of validation series, taken from the training part.
        test: number of test series; `None` for all.
        seed: integer, 0 or more.

    Returns:
        `Series`.

    Raises:
        ValueError: if the set is unknown or holds fewer series.
        OSError: if it is not there, or damaged.

    Reference: Chen et al., 2015, https://doi.org/10.1007/s10618-014-0388-4.

    Example:

    >>> load_series("ecg500", train=300, valid=100)
    Series(ecg500: 300 train, 100 valid, 100 test; 140 × 1, float32)
    """
    check_choice(name, _SETS, train, valid, test, seed)
    if name == "auto":
        name = _auto()
    source, there, whole = _SETS[name]()
    # A file has its kinds one after the other.
    order = np.random.default_rng(0).permutation(len(whole["x"]))
    training, testing = order[:-there], order[-there:]
    chosen = draw_parts(len(training), there, train, valid, test, seed, f"series of {name}")
    chosen = {
        part: (testing if part == "test" else training)[rows] for part, rows in chosen.items()
    }
    parts = {
        f"{field}_{part}": values[np.sort(rows)]
        for part, rows in chosen.items()
        for field, values in whole.items()
    }
    return Series(name=name, source=source, **parts)


def _arrays(x, anomalous, kind):
    return {
        "x": x.astype("float32")[..., None],
        "y": anomalous.astype("int64"),
        "kind": kind.astype("int64"),
    }


def _ecg500():
    source = (
        "ECG5000, the 500 beats of its training file (UCR archive), of record chf07 of the BIDMC "
        "Congestive Heart Failure Database (PhysioNet), with one of five kinds each."
    )
    path = next((place for place in PLACES if place.exists()), PLACES[-1])
    try:
        with np.load(path) as file:
            x, kind = file["x"], file["kind"]
    except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile, zlib.error):
        raise OSError(
            f"{path} is damaged or missing: take it afresh from the course's repository."
        ) from None
    return source, 100, _arrays(x, kind != 1, kind)


def _ecg5000():
    source = (
        "ECG5000, all 5,000 beats of record chf07 of the BIDMC Congestive Heart Failure Database "
        "(PhysioNet), put together anew: normal or anomalous is known of each, the kind of 2,000."
    )
    path = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / CACHED
    try:
        data = path.read_bytes()
    except OSError as error:
        raise OSError(
            f"ecg5000 cannot be read from {path} ({error.strerror}): put the file there, set "
            "KERAS_HOME to a folder that holds it, or take ecg500."
        ) from None
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise OSError(f"{path} is damaged, or another file: replace it, or take ecg500.")
    with np.load(path) as file:
        return source, 500, _arrays(file["x"], file["anomaly"], file["class5"])


_SETS = {"ecg5000": _ecg5000, "ecg500": _ecg500}


def _auto():
    try:
        _ecg5000()
    except OSError as error:
        print(f"Data: ecg500, because {error}")
        return "ecg500"
    print("Data: ecg5000, because it is in the cache of Keras.")
    return "ecg5000"
