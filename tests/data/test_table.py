"""Connections are those of the contest, their parts never overlap, bad input gets a sentence."""

import dataclasses
import hashlib
import os
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from course_lib.data import load_table
from course_lib.data.kdd import CACHED, write_sample

ROOT = Path(__file__).parents[2]
# Those that the functions themselves see: where doctests are collected first, a module is there
# twice.
NAMES = load_table.__globals__
KDD = NAMES["read_sample"].__globals__
CACHE = Path(os.environ.get("SCIKIT_LEARN_DATA") or "~/scikit_learn_data").expanduser()
cached = pytest.mark.skipif(
    not (CACHE / CACHED).exists(),
    reason="kddcup99 is not in the cache of scikit-learn: set SCIKIT_LEARN_DATA",
)


@pytest.fixture(scope="module")
def found():
    """What scikit-learn has, as it was when the course read it: it takes ten seconds each time."""
    import sklearn.datasets

    kept = []
    with pytest.MonkeyPatch.context() as patch:
        fetch = sklearn.datasets.fetch_kddcup99
        patch.setattr(
            sklearn.datasets,
            "fetch_kddcup99",
            lambda **options: kept.append(fetch(**options)) or kept[-1],
        )
        KDD["_read"].cache_clear()
        NAMES["read_kddcup99"]()
    return kept[0]


@pytest.fixture
def numbered(monkeypatch):
    """1,000 attacks to train on, 800 attacks and 200 normal connections to test on.

    Each is told from the others by its duration.
    """
    whole = NAMES["read_sample"]()
    rows = np.arange(2000)
    numbers = np.zeros((2000, 34), "float32")
    numbers[:, 0] = rows
    few = dataclasses.replace(
        whole,
        numbers=numbers,
        names=whole.names[rows],
        normal=(rows >= 1000) & (rows % 5 == 0),
        training=rows[:1000],
        testing=rows[1000:],
        low=np.zeros(34, "float32"),
        high=np.full(34, 2000, "float32"),
    )
    monkeypatch.setitem(NAMES["_SETS"], "kdd_sample", ("Few.", lambda: few))


def names(x):
    return np.rint(2000 * x[:, 0]).astype(int)


def test_the_catalogue_states_the_shipped_files_hash_and_size():
    data = (ROOT / "data" / "kdd_sample.npz").read_bytes()
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    (stated,) = re.findall(r"\| `kdd_sample\.npz` \| `([0-9a-f]{64})`", readme)
    assert stated == hashlib.sha256(data).hexdigest()
    assert f"{len(data):,} bytes, `kdd_sample.npz`" in readme


def test_the_shipped_connections():
    data = load_table("kdd_sample")
    assert repr(data) == (
        "Table(kdd_sample: 18000 train, 0 valid, 15000 test; 121 columns, float32 in [0, 1])"
    )
    assert data.y_train.sum() == 0
    assert data.y_test.sum() == 3000
    # Each of the seven names has one value.
    named = np.array(["=" in column for column in data.columns])
    features = [column.partition("=")[0] for column in data.columns]
    values = {feature: features.count(feature) for feature in sorted(set(features))}
    assert {f: n for f, n in values.items() if f in np.array(features)[named]} == {
        "protocol_type": 3,
        "service": 66,
        "flag": 11,
        "land": 2,
        "logged_in": 2,
        "is_host_login": 1,
        "is_guest_login": 2,
    }
    for x in (data.x_train, data.x_test):
        assert (x[:, named].sum(axis=1) == 7).all()
        assert set(np.unique(x[:, named])) == {0, 1}
        assert 0 <= x.min() < x.max() <= 1
    # A smurf attack: ICMP, 511 connections to one host within two seconds.
    at = data.columns.index
    smurf = data.x_train[data.x_train[:, at("service=ecr_i")] == 1]
    assert len(smurf) > 10_000
    assert (smurf[:, at("protocol_type=icmp")] == 1).all()
    assert np.median(smurf[:, at("count")]) == 1


def test_most_attacks_repeat_themselves():
    data = load_table("kdd_sample")
    seen = {row.tobytes() for row in data.x_train}
    assert len(seen) == 4886
    same = np.mean([row.tobytes() in seen for row in data.x_test[data.y_test == 0]])
    assert 0.74 < same < 0.76


def test_one_column_tells_much():
    """Attacks come in floods: the count of connections alone finds the normal ones."""
    sklearn = pytest.importorskip("sklearn.metrics")
    data = load_table("kdd_sample")
    alone = -data.x_test[:, data.columns.index("count")]
    assert sklearn.roc_auc_score(data.y_test, alone) > 0.98


@pytest.mark.slow
@cached
def test_all_connections(found, tmp_path):
    whole, some = load_table("kddcup99"), load_table("kdd_sample")
    assert (len(whole.x_train), len(whole.x_test)) == (198_331, 242_990)
    assert whole.y_train.sum() == 0
    assert whole.y_test.sum() * 5 == len(whole.y_test)
    assert whole.columns == some.columns
    seen = {hash(row.tobytes()) for row in whole.x_train}
    assert {hash(row.tobytes()) for row in some.x_train} < seen
    assert {hash(row.tobytes()) for row in some.x_test} < {
        hash(row.tobytes()) for row in whole.x_test
    }
    write_sample(tmp_path / "again.npz")
    with np.load(tmp_path / "again.npz") as again, np.load(KDD["PLACES"][-1]) as kept:
        assert set(again) == set(kept)
        for key in kept:
            np.testing.assert_array_equal(again[key], kept[key])


@pytest.mark.slow
@cached
def test_columns_of_the_file_one_by_one(found):
    """A feature of the whole file at a time, scaled or compared here."""
    whole = NAMES["read_kddcup99"]()
    assert not np.intersect1d(whole.training, whole.testing).size
    normal = found.target == b"normal."
    assert not normal[whole.training].any()
    half = np.random.default_rng(99).permutation(len(normal))[:247_011]
    np.testing.assert_array_equal(np.sort(half[~normal[half]]), whole.training)
    rows = np.concatenate([whole.training[:3000], whole.testing[-3000:]])
    x = whole.encode(rows)
    at = whole.columns.index
    for feature in ("service", "flag", "land"):
        raw = found.data[rows, list(found.feature_names).index(feature)]
        raw = [v.decode() if isinstance(v, bytes) else str(v) for v in raw]
        np.testing.assert_array_equal(x[np.arange(6000), [at(f"{feature}={v}") for v in raw]], 1)
    for feature in ("src_bytes", "count", "dst_host_serror_rate"):
        raw = found.data[:, list(found.feature_names).index(feature)].astype("float64")
        low, high = raw[whole.training].min(), raw[whole.training].max()
        wanted = np.clip((raw[rows] - low) / (high - low), 0, 1)
        np.testing.assert_allclose(x[:, at(feature)], wanted, rtol=1e-5, atol=1e-7)


@pytest.mark.usefixtures("numbered")
@pytest.mark.parametrize("seed", [0, 7])
def test_parts_are_disjoint_and_make_up_the_whole(seed):
    data = load_table("kdd_sample", valid=100, seed=seed)
    parts = [names(x) for x in (data.x_train, data.x_valid, data.x_test)]
    assert [len(part) for part in parts] == [900, 100, 1000]
    assert sorted(np.concatenate(parts)) == list(range(2000))
    assert all((np.diff(part) > 0).all() for part in parts)
    assert parts[2][data.y_test == 1].tolist() == list(range(1000, 2000, 5))


@pytest.mark.usefixtures("numbered")
def test_a_smaller_choice_is_part_of_a_larger_one():
    small, large = load_table("kdd_sample", 9, 3, 52), load_table("kdd_sample", 12, 3, 61)
    assert {*names(small.x_train)} < {*names(large.x_train)}
    assert {*names(small.x_valid)} == {*names(large.x_valid)}
    assert {*names(small.x_test)} < {*names(large.x_test)}
    other = load_table("kdd_sample", 9, 3, 52, seed=1)
    assert {*names(small.x_train)} != {*names(other.x_train)}
    assert {*names(small.x_test)} != {*names(other.x_test)}


@pytest.mark.usefixtures("numbered")
def test_the_test_part_depends_on_nothing():
    one, other = load_table("kdd_sample"), load_table("kdd_sample", 9, 30, seed=4)
    np.testing.assert_array_equal(names(one.x_test), names(other.x_test))
    some = load_table("kdd_sample", 1, 0, 50), load_table("kdd_sample", 9, 30, 50)
    np.testing.assert_array_equal(some[0].x_test, some[1].x_test)


@pytest.mark.parametrize("test", [0, 3, 7, 998, 15_000])
def test_one_in_five_test_rows_is_rare(test):
    assert load_table("kdd_sample", train=1, test=test).y_test.sum() == round(test / 5)


def test_the_scale_is_that_of_all_attacks():
    few, many = load_table("kdd_sample", train=0, test=5), load_table("kdd_sample", test=5)
    np.testing.assert_array_equal(few.x_test, many.x_test)
    whole = NAMES["read_sample"]()
    beyond = dataclasses.replace(whole, numbers=whole.high + np.float32([[1], [0], [-1e9]]))
    numeric = ["=" not in column for column in whole.columns]
    x = beyond.encode(np.arange(3))[:, numeric]
    # What no attack of the training half varies in is 0 there, and 1 beyond.
    varies = whole.high > whole.low
    assert x.tolist() == [[1.0] * 34, varies.astype(float).tolist(), [0.0] * 34]


def test_shapes_and_dtypes():
    data = load_table("kdd_sample", train=7, valid=0, test=5)
    for part, n in {"train": 7, "valid": 0, "test": 5}.items():
        x, y = getattr(data, f"x_{part}"), getattr(data, f"y_{part}")
        assert (x.shape, x.dtype) == ((n, 121), np.float32)
        assert (y.shape, y.dtype) == ((n,), np.int64)
    assert data.source.endswith(".")
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.x_train = data.x_test


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty cache of scikit-learn."""
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    return tmp_path


def test_auto_takes_the_shipped_ones_where_there_are_no_others(home, capfd):
    assert load_table("auto", train=3).name == "kdd_sample"
    out = capfd.readouterr().out
    assert out.startswith("Data: kdd_sample, because kddcup99 is not in the cache")
    assert out.count("\n") == 1


@pytest.mark.slow
@cached
def test_auto_takes_all_connections_from_the_cache(found, capfd):
    assert load_table(train=3, test=5).name == "kddcup99"
    assert capfd.readouterr().out == "Data: kddcup99, because it is in the cache of scikit-learn.\n"


def test_a_name_never_becomes_another_set(home):
    with pytest.raises(OSError, match=r"^kddcup99 is not in the cache .*take kdd_sample\.$"):
        load_table("kddcup99")


@pytest.mark.parametrize("damage", [b"", b"half"])
def test_a_damaged_cache_is_refused(damage, home, capfd):
    for file in (CACHED, CACHED.replace("samples", "targets")):
        (home / file).parent.mkdir(exist_ok=True)
        (home / file).write_bytes(damage)
    with pytest.raises(OSError, match=r"is damaged, or holds something else: delete it"):
        load_table("kddcup99")
    assert load_table("auto", train=3).name == "kdd_sample"


def test_another_file_in_the_cache_is_refused(home, monkeypatch):
    import sklearn.datasets

    data = np.zeros((10, 41), object)
    data[:, 1:4] = b"tcp"
    found = SimpleNamespace(
        data=data,
        target=np.array([b"normal."] * 10, object),
        feature_names=[f"feature {j}" for j in range(41)],
    )
    monkeypatch.setattr(sklearn.datasets, "fetch_kddcup99", lambda **_: found)
    (home / CACHED).parent.mkdir()
    (home / CACHED).touch()
    with pytest.raises(OSError, match=r"is damaged, or holds something else: delete it"):
        load_table("kddcup99")


@pytest.mark.parametrize("damage", [b"", b"half", None])
def test_a_damaged_shipped_file_is_refused(damage, tmp_path, monkeypatch):
    path = tmp_path / "kdd_sample.npz"
    if damage is not None:
        path.write_bytes(damage)
    monkeypatch.setitem(KDD, "PLACES", (tmp_path / "absent.npz", path))
    with pytest.raises(OSError, match=r"is damaged or missing: take it afresh"):
        load_table("kdd_sample")


BAD = {
    "unknown": (dict(name="kdd"), "kddcup99, kdd_sample or auto, but is 'kdd'"),
    "no name": (dict(name=None), "but is None"),
    "half a row": (dict(train=0.5), "train must be a whole number of at least 0"),
    "negative test": (dict(test=-5), "test must be a whole number of at least 0"),
    "no seed": (dict(seed=None), "seed must be a whole number of at least 0"),
    "too many": (dict(train=18_001), r"train \+ valid must be at most 18000, .* of kdd_sample"),
    "together": (dict(train=17_000, valid=2_000), r"is 17000 \+ 2000"),
    "too many test": (dict(test=15_001), "test must be at most 15000"),
}


@pytest.mark.parametrize(("arguments", "sentence"), BAD.values(), ids=BAD)
def test_bad_input(arguments, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        load_table(**{"name": "kdd_sample", **arguments})
    assert str(caught.value).count("\n") == 0
