"""The sets hold what they are known to hold, and their parts never overlap."""

import dataclasses
import gzip
import hashlib
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from course_lib.data import cache, load_images

CACHE = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()


def cached(name):
    return pytest.mark.skipif(
        not all((CACHE / file).exists() for file in cache.FILES[name]),
        reason=f"{name} is not in the cache of Keras: set KERAS_HOME to a folder that holds it",
    )


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """An empty cache of Keras, and a network that refuses."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(cache, "ORIGIN", "http://127.0.0.1:1/")
    return tmp_path / "keras"


def store(home, monkeypatch, name, contents):
    """Put files of our own where a set of Keras is looked for."""
    hashes = {}
    for file, data in zip(cache.FILES[name], contents, strict=True):
        (home / file).parent.mkdir(parents=True, exist_ok=True)
        (home / file).write_bytes(data)
        hashes[file] = hashlib.sha256(data).hexdigest()
    monkeypatch.setitem(cache.FILES, name, hashes)


RNG = np.random.default_rng(0)
SMALL = {
    "x_train": RNG.integers(0, 256, (30, 28, 28), np.uint8),
    "y_train": np.arange(30, dtype=np.uint8),
    "x_test": RNG.integers(0, 256, (12, 28, 28), np.uint8),
    "y_test": np.arange(12, dtype=np.uint8),
}


@pytest.fixture
def small_mnist(offline, monkeypatch, tmp_path):
    np.savez(tmp_path / "small.npz", **SMALL)
    store(offline, monkeypatch, "mnist", [(tmp_path / "small.npz").read_bytes()])


def idx(x):
    head = struct.pack(f">BBBB{x.ndim}I", 0, 0, 8, x.ndim, *x.shape)
    return gzip.compress(head + x.tobytes())


@pytest.fixture
def small_fashion(offline, monkeypatch):
    store(offline, monkeypatch, "fashion_mnist", [idx(x) for x in SMALL.values()])


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
@pytest.mark.usefixtures("small_mnist", "small_fashion")
def test_the_files_of_keras_are_read_and_scaled(name):
    data = load_images(name)
    for part in ("train", "test"):
        x = getattr(data, f"x_{part}")
        assert x.dtype == np.float32
        np.testing.assert_array_equal(
            x, SMALL[f"x_{part}"][..., None].astype("float32") / np.float32(255)
        )
        np.testing.assert_array_equal(getattr(data, f"y_{part}"), SMALL[f"y_{part}"])
    assert data.name == name


def test_digits():
    from sklearn.datasets import load_digits

    data = load_images("digits")
    known = load_digits()
    assert (len(data.x_train), len(data.x_test)) == (1437, 360)
    np.testing.assert_array_equal(np.concatenate([data.y_train, data.y_test]), known.target)
    np.testing.assert_array_equal(
        np.concatenate([data.x_train, data.x_test])[..., 0], known.images / 16
    )
    assert np.bincount(data.y_test).tolist() == [35, 36, 35, 37, 37, 37, 37, 36, 33, 37]


def test_glyphs():
    data = load_images("glyphs")
    assert (len(data.x_train), len(data.x_test)) == (10_000, 2_000)
    for part in ("train", "test"):
        factors = getattr(data, f"factors_{part}")
        assert list(factors) == [
            "digit",
            "font",
            "slant",
            "thickness",
            "size",
            "shift_x",
            "shift_y",
        ]
        np.testing.assert_array_equal(factors["digit"], getattr(data, f"y_{part}"))


def test_factors_follow_their_images():
    from course_lib.data import render_glyphs

    data = load_images("glyphs", train=40, valid=20, test=20, seed=3)
    for part in ("train", "valid", "test"):
        x, factors = getattr(data, f"x_{part}"), getattr(data, f"factors_{part}")
        drawn, _ = render_glyphs(len(x), **factors)
        assert np.abs(drawn - x).mean() < 0.005
        assert np.abs(drawn[::-1] - x).mean() > 0.05


@cached("mnist")
def test_real_mnist():
    data = load_images("mnist")
    assert (data.x_train.shape, data.x_test.shape) == ((60_000, 28, 28, 1), (10_000, 28, 28, 1))
    assert data.y_train[:5].tolist() == [5, 0, 4, 1, 9]
    assert data.y_test[:5].tolist() == [7, 2, 1, 0, 4]
    np.testing.assert_allclose(data.x_train.mean(dtype="float64"), 0.130660, atol=1e-6)


@cached("fashion_mnist")
def test_real_fashion_mnist():
    data = load_images("fashion_mnist")
    assert (data.x_train.shape, data.x_test.shape) == ((60_000, 28, 28, 1), (10_000, 28, 28, 1))
    assert data.y_train[:5].tolist() == [9, 0, 0, 3, 0]
    assert np.bincount(data.y_test).tolist() == [1000] * 10


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("mnist", marks=cached("mnist")),
        pytest.param("fashion_mnist", marks=cached("fashion_mnist")),
    ],
)
def test_keras_reads_the_same_arrays(name, monkeypatch):
    import keras
    from keras.src.datasets import fashion_mnist, mnist

    def here(fname, cache_subdir="datasets", **_):
        return CACHE / cache_subdir / fname

    # Keras itself passes over a cache that it may not write.
    monkeypatch.setattr(mnist, "get_file", here)
    monkeypatch.setattr(fashion_mnist, "get_file", here)
    (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    data = load_images(name)
    np.testing.assert_array_equal(np.rint(data.x_train[..., 0] * 255), x_train)
    np.testing.assert_array_equal(np.rint(data.x_test[..., 0] * 255), x_test)
    np.testing.assert_array_equal(data.y_train, y_train)
    np.testing.assert_array_equal(data.y_test, y_test)


@pytest.mark.parametrize(("name", "side"), [("digits", 8), ("glyphs", 28), ("mnist", 28)])
def test_shapes_ranges_and_dtypes(name, side, small_mnist):
    data = load_images(name, train=7, valid=0, test=5)
    for part, n in {"train": 7, "valid": 0, "test": 5}.items():
        x, y = getattr(data, f"x_{part}"), getattr(data, f"y_{part}")
        assert (x.shape, x.dtype) == ((n, side, side, 1), np.float32)
        assert (y.shape, y.dtype) == ((n,), np.int64)
        for values in getattr(data, f"factors_{part}").values():
            assert values.shape == (n,)
        if n:
            assert x.min() == 0
            assert 0.5 < x.max() <= 1
    assert (data.factors_valid == {}) == (name != "glyphs")
    assert data.source.endswith(".")


@pytest.mark.usefixtures("small_mnist")
class TestChoice:
    """In `small_mnist` every label names one image."""

    def test_parts_are_disjoint_and_make_up_the_whole(self):
        data = load_images("mnist", valid=8)
        assert sorted([*data.y_train, *data.y_valid]) == list(range(30))
        assert data.y_test.tolist() == list(range(12))

    def test_validation_images_are_training_images(self):
        data = load_images("mnist", train=10, valid=8)
        assert len({*data.y_train, *data.y_valid}) == 18
        np.testing.assert_array_equal(
            np.rint(data.x_valid[..., 0] * 255), SMALL["x_train"][data.y_valid]
        )

    def test_the_order_is_that_of_the_set(self):
        data = load_images("mnist", train=20, valid=8, test=7)
        for y in (data.y_train, data.y_valid, data.y_test):
            assert (np.diff(y) > 0).all()

    def test_same_seed_same_images(self):
        first, again, other = (load_images("mnist", 9, 3, 5, seed) for seed in (4, 4, 5))
        for field in dataclasses.fields(first):
            np.testing.assert_array_equal(getattr(first, field.name), getattr(again, field.name))
        assert first.y_train.tolist() != other.y_train.tolist()
        assert first.y_test.tolist() != other.y_test.tolist()

    def test_a_smaller_choice_is_part_of_a_larger_one(self):
        small, large = load_images("mnist", 9, 3, 5), load_images("mnist", 12, 3, 6)
        assert {*small.y_train} < {*large.y_train}
        assert {*small.y_valid} == {*large.y_valid}
        assert {*small.y_test} < {*large.y_test}

    def test_every_image_is_as_likely_as_any(self):
        taken = sum(
            np.bincount(load_images("mnist", 10, test=0, seed=seed).y_train, minlength=30)
            for seed in range(300)
        )
        assert np.abs(taken - 100).max() < 5 * np.sqrt(300 * 1 / 3 * 2 / 3)

    def test_all_but_nothing_more(self):
        load_images("mnist", train=22, valid=8, test=12)
        with pytest.raises(ValueError, match=r"^train \+ valid must be at most 30, .* is 23 \+ 8"):
            load_images("mnist", train=23, valid=8)
        with pytest.raises(ValueError, match=r"^train \+ valid .* of mnist, but is 0 \+ 31\.$"):
            load_images("mnist", valid=31)
        with pytest.raises(ValueError, match=r"^test must be at most 12, .* of mnist, but is 13"):
            load_images("mnist", test=13)


def test_auto_takes_mnist_from_the_cache(small_mnist, capfd):
    assert load_images("auto", train=3).name == "mnist"
    assert capfd.readouterr() == ("Data: mnist, because it is in the cache of Keras.\n", "")


def test_auto_takes_glyphs_without_a_network(offline, capfd):
    assert load_images(train=3).name == "glyphs"
    out, err = capfd.readouterr()
    assert out.startswith("Data: glyphs, because mnist is not in the cache of Keras and cannot be")
    assert out.count("\n") == 1
    assert err == ""
    assert not offline.exists()


def test_auto_takes_glyphs_if_mnist_is_damaged(offline, capfd):
    (offline / "datasets").mkdir(parents=True)
    (offline / "datasets" / "mnist.npz").write_bytes(b"half")
    assert load_images("auto", train=3).name == "glyphs"
    assert "mnist.npz is damaged: delete it" in capfd.readouterr().out


def test_mnist_by_name_never_becomes_another_set(offline):
    with pytest.raises(OSError, match="connect to the network"):
        load_images("mnist")


def test_reads_well_and_stays_as_it_is():
    data = load_images("digits", train=100, valid=50, test=20)
    assert repr(data) == (
        "Images(digits: 100 train, 50 valid, 20 test; 8 × 8 × 1, float32 in [0, 1])"
    )
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.x_train = data.x_test


BAD = {
    "unknown": (dict(name="cifar"), "mnist, fashion_mnist, glyphs, digits or auto, but is 'cifar'"),
    "no name": (dict(name=None), "but is None"),
    "a list": (dict(name=["digits"]), r"but is \['digits'\]"),
    "half an image": (dict(train=0.5), "train must be a whole number of at least 0"),
    "a word": (dict(valid="all"), "valid must be a whole number of at least 0"),
    "true": (dict(test=True), "test must be a whole number of at least 0"),
    "negative": (dict(train=-1), "train must be a whole number of at least 0"),
    "negative valid": (dict(valid=-1), "valid must be a whole number of at least 0"),
    "negative test": (dict(test=-5), "test must be a whole number of at least 0"),
    "two numbers": (dict(train=[10, 20]), "train must be a whole number of at least 0"),
    "no valid": (dict(valid=None), "valid must be a whole number of at least 0"),
    "no seed": (dict(seed=None), "seed must be a whole number of at least 0"),
    "NaN": (dict(seed=np.nan), "seed must be a whole number of at least 0"),
    "negative seed": (dict(seed=-1), "seed must be a whole number of at least 0"),
    "too many": (dict(train=1438), r"train \+ valid must be at most 1437"),
    "too many valid": (dict(valid=1438), r"train \+ valid must be at most 1437"),
    "too many test": (dict(test=361), "test must be at most 360"),
}


@pytest.mark.parametrize(("arguments", "sentence"), BAD.values(), ids=BAD)
def test_bad_input(arguments, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        load_images(**{"name": "digits", **arguments})
    assert str(caught.value).count("\n") == 0
