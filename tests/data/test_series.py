"""Heartbeats are those of the archive, their parts never overlap, and bad input gets a sentence."""

import dataclasses
import hashlib
import os
import re
from pathlib import Path

import numpy as np
import pytest

from course_lib.data import load_series, series

ROOT = Path(__file__).parents[2]
HOME = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
# Those that the function itself sees: where doctests are collected first, a module is there twice.
NAMES = load_series.__globals__
cached = pytest.mark.skipif(
    not (HOME / series.CACHED).exists(),
    reason="ecg5000 is not in the cache of Keras: set KERAS_HOME to a folder that holds it",
)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty cache of Keras."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def thousand(home, monkeypatch):
    """A file of 1,000 beats, each told from the others by its first sample."""
    x = np.zeros((1000, 140))
    x[:, 0] = np.arange(1000)
    path = home / series.CACHED
    path.parent.mkdir()
    kind = np.arange(1000) % 6
    np.savez(path, x=x, anomaly=(kind > 1).astype("uint8"), class5=kind.astype("uint8"))
    monkeypatch.setitem(NAMES, "SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    return path


def names(x):
    return x[:, 0, 0].astype(int)


def test_the_catalogue_states_the_shipped_files_hash_and_size():
    data = (ROOT / "data" / "ecg5000_train.npz").read_bytes()
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    (stated,) = re.findall(r"\| `ecg5000_train\.npz` \| `([0-9a-f]{64})`", readme)
    assert stated == hashlib.sha256(data).hexdigest()
    assert f"{len(data):,} bytes, `ecg5000_train.npz`" in readme
    assert f"`ecg5000_all.npz` | `{series.SHA256}`" in readme


def test_the_shipped_beats_are_the_archives():
    """Counts of the five kinds as published, and the first numbers of the archive's file."""
    data = load_series("ecg500")
    kinds = np.concatenate([data.kind_train, data.kind_test])
    assert np.bincount(kinds).tolist() == [0, 292, 177, 10, 19, 2]
    assert (data.x_train.shape, data.x_test.shape) == ((400, 140, 1), (100, 140, 1))
    x = np.concatenate([data.x_train, data.x_test])[..., 0]
    np.testing.assert_allclose(x.mean(axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(x.std(axis=1, ddof=1), 1, atol=1e-6)
    first = np.array([-0.11252183, -2.8272038, -3.7738969, -4.3497511], "float32")
    assert (x[:, :4] == first).all(axis=1).sum() == 1


def test_normal_is_the_first_kind():
    data = load_series("ecg500", valid=50)
    for part in ("train", "valid", "test"):
        kind, y = getattr(data, f"kind_{part}"), getattr(data, f"y_{part}")
        np.testing.assert_array_equal(y, kind != 1)
        assert 0 < y.mean() < 1


@cached
def test_all_beats():
    whole, some = load_series("ecg5000"), load_series("ecg500")
    x = np.concatenate([whole.x_train, whole.x_test])
    assert x.shape == (5000, 140, 1)
    assert (len(whole.x_train), len(whole.x_test)) == (4500, 500)
    y = np.concatenate([whole.y_train, whole.y_test])
    kind = np.concatenate([whole.kind_train, whole.kind_test])
    assert np.bincount(y).tolist() == [2919, 2081]
    assert np.bincount(kind).tolist() == [3000, 1073, 767, 53, 94, 13]
    assert not y[kind == 1].any()
    assert y[kind > 1].all()
    assert {row.tobytes() for row in some.x_train} < {row.tobytes() for row in x}


@pytest.mark.usefixtures("thousand")
@pytest.mark.parametrize("seed", [0, 7])
def test_parts_are_disjoint_and_make_up_the_whole(seed):
    data = load_series("ecg5000", valid=100, seed=seed)
    parts = [names(x) for x in (data.x_train, data.x_valid, data.x_test)]
    assert [len(part) for part in parts] == [400, 100, 500]
    assert sorted(np.concatenate(parts)) == list(range(1000))
    for part, kind in zip(parts, (data.kind_train, data.kind_valid, data.kind_test), strict=True):
        assert (np.diff(part) > 0).all()
        np.testing.assert_array_equal(part % 6, kind)


@pytest.mark.usefixtures("thousand")
def test_the_test_part_depends_on_nothing():
    one, other = load_series("ecg5000", seed=0), load_series("ecg5000", 9, 30, seed=4)
    np.testing.assert_array_equal(names(one.x_test), names(other.x_test))


@pytest.mark.usefixtures("thousand")
def test_a_smaller_choice_is_part_of_a_larger_one():
    small, large = load_series("ecg5000", 9, 3, 5), load_series("ecg5000", 12, 3, 6)
    assert {*names(small.x_train)} < {*names(large.x_train)}
    assert {*names(small.x_valid)} == {*names(large.x_valid)}
    assert {*names(small.x_test)} < {*names(large.x_test)}
    other = load_series("ecg5000", 9, 3, 5, seed=1)
    assert {*names(small.x_train)} != {*names(other.x_train)}
    assert {*names(small.x_test)} != {*names(other.x_test)}


@pytest.mark.parametrize("name", ["ecg5000", "ecg500"])
def test_shapes_and_dtypes(name, thousand):
    data = load_series(name, train=7, valid=0, test=5)
    for part, n in {"train": 7, "valid": 0, "test": 5}.items():
        x, y, kind = (getattr(data, f"{field}_{part}") for field in ("x", "y", "kind"))
        assert (x.shape, x.dtype) == ((n, 140, 1), np.float32)
        assert (y.shape, y.dtype) == (kind.shape, kind.dtype) == ((n,), np.int64)
    assert data.source.endswith(".")
    assert repr(data) == f"Series({name}: 7 train, 0 valid, 5 test; 140 × 1, float32)"
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.x_train = data.x_test


def test_auto_takes_all_beats_from_the_cache(thousand, capfd):
    assert load_series(train=3).name == "ecg5000"
    assert capfd.readouterr().out == "Data: ecg5000, because it is in the cache of Keras.\n"


def test_auto_takes_the_shipped_ones_otherwise(home, capfd):
    assert load_series("auto", train=3).name == "ecg500"
    out = capfd.readouterr().out
    assert out.startswith("Data: ecg500, because ecg5000 cannot be read from")
    assert out.count("\n") == 1
    assert not any(home.iterdir())


def test_a_name_never_becomes_another_set(home):
    with pytest.raises(OSError, match=r"^ecg5000 cannot be read .*put the file there"):
        load_series("ecg5000")


def test_another_file_in_the_cache_is_refused(thousand, capfd):
    thousand.write_bytes(thousand.read_bytes()[:-1] + b"x")
    with pytest.raises(OSError, match="is damaged, or another file"):
        load_series("ecg5000")
    assert load_series("auto", train=3).name == "ecg500"


@pytest.mark.parametrize("damage", [b"", b"half", None])
def test_a_damaged_shipped_file_is_refused(damage, tmp_path, monkeypatch):
    path = tmp_path / "ecg5000_train.npz"
    if damage is not None:
        path.write_bytes(damage)
    monkeypatch.setitem(NAMES, "PLACES", (tmp_path / "absent.npz", path))
    with pytest.raises(OSError, match=r"is damaged or missing: take it afresh"):
        load_series("ecg500")


BAD = {
    "unknown": (dict(name="ecg"), "ecg5000, ecg500 or auto, but is 'ecg'"),
    "no name": (dict(name=None), "but is None"),
    "half a beat": (dict(train=0.5), "train must be a whole number of at least 0"),
    "a word": (dict(valid="all"), "valid must be a whole number of at least 0"),
    "negative test": (dict(test=-5), "test must be a whole number of at least 0"),
    "no seed": (dict(seed=None), "seed must be a whole number of at least 0"),
    "too many": (dict(train=401), r"train \+ valid must be at most 400, .* ecg500, but is 401"),
    "too many valid": (dict(valid=401), r"train \+ valid must be at most 400"),
    "together": (dict(train=351, valid=50), r"is 351 \+ 50"),
    "too many test": (dict(test=101), "test must be at most 100"),
}


@pytest.mark.parametrize(("arguments", "sentence"), BAD.values(), ids=BAD)
def test_bad_input(arguments, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        load_series(**{"name": "ecg500", **arguments})
    assert str(caught.value).count("\n") == 0
