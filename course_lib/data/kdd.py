"""KDD Cup 99: connections of a network as 121 columns, 34 numbers and 87 values of names.

    x_c = (v − low) / (high − low), cut to [0, 1]     of a number v
    x_c = 1 if v = c, else 0                          of a name v, one column a value c

low and high are those of all attacks of the training half. What is rare follows Zenati et al.:
most connections of the file are attacks, so they are the usual ones and all there is to train
on, and `normal` connections are the rare ones, one in five of the test part.

    python -m course_lib.data.kdd data/kdd_sample.npz

writes the sample that ships with the course.

Reference: Stolfo et al., KDD Cup 1999 data, 1999, https://doi.org/10.24432/C51C7N.
    Zenati et al., Efficient GAN-based anomaly detection, 2018, https://arxiv.org/abs/1802.06222.
"""

import dataclasses
import functools
import hashlib
import io
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np

from course_lib.data.cache import write_whole
from course_lib.extras import extra

# In a wheel the file lies beside this module, in a clone under the root.
PLACES = (
    Path(__file__).with_name("kdd_sample.npz"),
    Path(__file__).parents[2] / "data/kdd_sample.npz",
)
CACHED = "kddcup99_10-py3/samples"  # in the folder of scikit-learn
# Of what is read: the file itself differs from one NumPy to the next.
SHA256 = "be9e32e09a285ca93b52489c4383a72f69bf5eb2071da5b825580db9de35321d"
NAMED = (1, 2, 3, 6, 11, 20, 21)  # which of the 41 features are names
SAMPLE_TRAIN, SAMPLE_TEST = 18_000, 15_000


@dataclasses.dataclass(frozen=True, eq=False)
class Connections:
    """Connections before they are columns.

    Args:
        columns: names of the 121 columns, such as `duration` and `flag=SF`.
        numbers: `(N, 34)`, float32.
        names: `(N, 7)`, uint8, the columns of each connection's names.
        normal: `(N,)`, bool; the others are attacks.
        training: rows of attacks to train on.
        testing: rows to test on, four attacks to one normal connection.
        low: `(34,)`, the least of each number among the attacks of the training half.
        high: `(34,)`, the greatest.
    """

    columns: tuple[str, ...]
    numbers: np.ndarray
    names: np.ndarray
    normal: np.ndarray
    training: np.ndarray
    testing: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def encode(self, rows: np.ndarray) -> np.ndarray:
        """The columns of some connections, `(n, 121)`, float32 in [0, 1]."""
        span = np.where(self.high > self.low, self.high - self.low, 1)
        x = np.zeros((len(rows), len(self.columns)), "float32")
        numeric = [place for place, column in enumerate(self.columns) if "=" not in column]
        x[:, numeric] = np.clip((self.numbers[rows] - self.low) / span, 0, 1)
        np.put_along_axis(x, self.names[rows].astype("int64"), 1, axis=1)
        return x


def read_sample() -> Connections:
    """Reads the connections that ship with the course.

    Raises:
        OSError: if the file is damaged or missing.
    """
    path = next((place for place in PLACES if place.exists()), PLACES[-1])
    try:
        with np.load(path) as file:
            held = {key: file[key] for key in file.files}
        # Different connections, and how often each is in either part.
        counts = np.concatenate([held["training"], held["testing"]])
        rows = np.repeat(np.tile(np.arange(len(held["normal"])), 2), counts)
        training, testing = np.split(np.arange(len(rows)), [int(held["training"].sum())])
        return Connections(
            columns=tuple(held["columns"].tolist()),
            numbers=_numbers(held["hundredths"][rows]),
            names=held["names"][rows],
            normal=held["normal"][rows],
            training=training,
            testing=testing,
            low=_numbers(held["low"]),
            high=_numbers(held["high"]),
        )
    except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile, zlib.error):
        raise OSError(
            f"{path} is damaged or missing: take it afresh from the course's repository."
        ) from None


def read_kddcup99() -> Connections:
    """Reads the 494,021 connections of the 10 % file from the cache of scikit-learn.

    It takes ten seconds, once: they stay in memory, 70 MB.

    Raises:
        OSError: in one sentence, if they are not there, or damaged.
    """
    with extra("data"):
        from sklearn.datasets import get_data_home

    return _read(Path(get_data_home()))


@functools.lru_cache(maxsize=1)
def _read(home):
    from sklearn.datasets import fetch_kddcup99

    path = home / CACHED
    if not path.exists():
        raise OSError(
            f"kddcup99 is not in the cache of scikit-learn ({path}): call "
            "sklearn.datasets.fetch_kddcup99() once, set SCIKIT_LEARN_DATA to a folder that "
            "holds it, or take kdd_sample."
        )
    content = hashlib.sha256()
    try:
        found = fetch_kddcup99(data_home=home, download_if_missing=False)
        numbers = np.delete(found.data, NAMED, axis=1).astype("float32")
        columns, names = [], []
        for place, feature in enumerate(found.feature_names):
            if place in NAMED:
                values, chosen = np.unique(found.data[:, place].astype("S"), return_inverse=True)
                names.append(len(columns) + chosen)
                columns += [f"{feature}={value.decode()}" for value in values]
            else:
                columns.append(feature)
        names = np.stack(names, axis=1).astype("uint8")
        normal = found.target == b"normal."
        content.update(repr(columns).encode() + numbers.tobytes())
        content.update(names.tobytes() + normal.tobytes())
    except (OSError, AttributeError, IndexError, TypeError, ValueError):
        pass
    if content.hexdigest() != SHA256:
        raise OSError(
            f"{path.parent} is damaged, or holds something else: delete it and call "
            "sklearn.datasets.fetch_kddcup99() again, or take kdd_sample."
        )
    here, there = np.array_split(np.random.default_rng(99).permutation(len(normal)), 2)
    training, usual, rare = here[~normal[here]], there[~normal[there]], there[normal[there]]
    fifth = min(len(rare), len(usual) // 4)
    return Connections(
        columns=tuple(columns),
        numbers=numbers,
        names=names,
        normal=normal,
        training=np.sort(training),
        testing=np.sort(np.concatenate([usual[: 4 * fifth], rare[:fifth]])),
        low=numbers[training].min(axis=0),
        high=numbers[training].max(axis=0),
    )


def one_in_five(connections: Connections, count: int, seed: int) -> np.ndarray:
    """Draws which connections to test on: a fifth of them normal, in ascending order.

    A smaller choice is part of a larger one of the same seed.
    """
    testing, draw = connections.testing, np.random.default_rng([seed, 5])
    normal = connections.normal[testing]
    rare, usual = draw.permutation(testing[normal]), draw.permutation(testing[~normal])
    fifth = round(count / 5)
    return np.sort(np.concatenate([rare[:fifth], usual[: count - fifth]]))


def write_sample(path: str | Path) -> None:
    """Draws the sample from all connections and writes it to `path`, whole or not at all."""
    whole = read_kddcup99()
    training = np.random.default_rng(0).permutation(whole.training)[:SAMPLE_TRAIN]
    testing = one_in_five(whole, SAMPLE_TEST, seed=0)
    rows = np.concatenate([training, testing])
    # Rates are known to two decimals, the other numbers are whole.
    held = [_hundredths(whole.numbers[rows]), whole.names[rows], whole.normal[rows, None]]
    different, which = np.unique(np.concatenate(held, axis=1), axis=0, return_inverse=True)
    numbers, names, normal = np.split(different, [held[0].shape[1], -1], axis=1)
    first, last = np.split(which.ravel(), [len(training)])
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        columns=np.array(whole.columns),
        # Column by column it packs smaller.
        hundredths=np.asfortranarray(numbers.astype("int32")),
        names=np.asfortranarray(names.astype("uint8")),
        normal=normal[:, 0].astype(bool),
        training=np.bincount(first, minlength=len(different)).astype("uint16"),
        testing=np.bincount(last, minlength=len(different)).astype("uint16"),
        low=_hundredths(whole.low),
        high=_hundredths(whole.high),
    )
    write_whole(path, buffer.getvalue())


def _hundredths(numbers):
    return np.rint(numbers.astype("float64") * 100).astype("int64")


def _numbers(hundredths):
    return (hundredths / 100).astype("float32")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m course_lib.data.kdd OUT")
    write_sample(sys.argv[1])
