"""Documents are those of the archive, their parts never overlap, and bad input gets a sentence."""

import dataclasses
import hashlib
import os
import re
import time
from pathlib import Path

import numpy as np
import pytest

from course_lib.data import load_text

ROOT = Path(__file__).parents[2]
# Those that the functions themselves see: where doctests are collected first, a module is there
# twice.
NAMES = load_text.__globals__
NEWS = NAMES["read_newsgroups"].__globals__
CACHE = Path(os.environ.get("SCIKIT_LEARN_DATA") or "~/scikit_learn_data").expanduser()
cached = pytest.mark.skipif(
    not (CACHE / "20news-bydate_py3.pkz").exists(),
    reason="20newsgroups is not in the cache of scikit-learn: set SCIKIT_LEARN_DATA",
)


def test_the_catalogue_states_the_shipped_files_hash_and_size():
    data = (ROOT / "data" / "arxiv_counts.npz").read_bytes()
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    (stated,) = re.findall(r"\| `arxiv_counts\.npz` \| `([0-9a-f]{64})`", readme)
    assert stated == hashlib.sha256(data).hexdigest()
    assert f"{len(data):,} bytes, `arxiv_counts.npz`" in readme


def test_the_shipped_abstracts():
    data = load_text()
    assert data.name == "arxiv"
    assert repr(data) == "Texts(arxiv: 6000 train, 0 valid, 2000 test; 2000 words, 16 groups)"
    assert (data.x_train.shape, data.x_test.shape) == ((6000, 2000), (2000, 2000))
    assert data.x_train.nnz + data.x_test.nnz == 373_106
    y = np.concatenate([data.y_train, data.y_test])
    assert np.bincount(y).tolist() == [500] * 16
    assert data.groups[:2] == ("cs.CR", "cs.DB")
    ids = [*data.ids_train, *data.ids_test]
    assert len(set(ids)) == 8000
    # Five digits since 2015, four before.
    assert all(re.fullmatch(r"1[0-4]\d\d\.\d{4}|1[5-9]\d\d\.\d{5}", i) for i in ids)


def test_a_document_word_by_word():
    """The first of the file, its places and counts put together one by one."""
    with np.load(ROOT / "data" / "arxiv_counts.npz") as file:
        gap, counts, length = file["gap"], file["counts"], file["lengths"]
        wanted = dict(zip(np.cumsum(gap[: length[0]], dtype=int), counts[: length[0]], strict=True))
        second = slice(length[0], length[0] + length[1])
        other = dict(zip(np.cumsum(gap[second], dtype=int), counts[second], strict=True))
        ids = file["ids"][:2]
    data = load_text("arxiv")
    found = {}
    for part in ("train", "test"):
        for identifier, row in zip(
            getattr(data, f"ids_{part}"), getattr(data, f"x_{part}"), strict=True
        ):
            found[identifier] = dict(zip(row.indices, row.data, strict=True))
    assert ids[0] == "1802.01185"
    assert found["1802.01185"] == wanted
    assert found[f"{float(ids[1]):.4f}"] == other


@pytest.mark.parametrize("seed", [0, 7])
def test_parts_are_disjoint_and_make_up_the_whole(seed):
    data = load_text("arxiv", valid=500, seed=seed)
    parts = [set(ids) for ids in (data.ids_train, data.ids_valid, data.ids_test)]
    assert [len(part) for part in parts] == [5500, 500, 2000]
    assert len(set.union(*parts)) == 8000


def test_the_test_part_depends_on_nothing():
    one, other = load_text("arxiv", seed=0), load_text("arxiv", 9, 30, seed=4)
    np.testing.assert_array_equal(one.ids_test, other.ids_test)


def test_a_smaller_choice_is_part_of_a_larger_one():
    small, large = load_text("arxiv", 9, 3, 5), load_text("arxiv", 12, 3, 6)
    assert {*small.ids_train} < {*large.ids_train}
    assert {*small.ids_valid} == {*large.ids_valid}
    assert {*small.ids_test} < {*large.ids_test}


def test_shapes_and_dtypes():
    data = load_text("arxiv", train=7, valid=0, test=5)
    for part, n in {"train": 7, "valid": 0, "test": 5}.items():
        x, y, ids = (getattr(data, f"{field}_{part}") for field in ("x", "y", "ids"))
        assert (x.format, x.shape, x.dtype) == ("csr", (n, 2000), np.float32)
        assert (y.shape, y.dtype, ids.shape) == ((n,), np.int64, (n,))
        assert x.has_sorted_indices
    assert data.words.shape == (2000,)
    assert data.source.endswith(".")
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.x_train = data.x_test


def test_a_document_is_described_by_its_heaviest_words():
    data = load_text("arxiv")
    x = data.x_train.toarray()
    rarity = np.log(len(x) / np.maximum((x > 0).sum(axis=0), 1))
    for row in (0, 11):
        count = data.x_test[[row]].toarray()[0]
        weight = np.where(count > 0, (1 + np.log(np.maximum(count, 1))) * rarity, -1)
        words = data.words[np.argsort(-weight, kind="stable")[:4]]
        group = data.groups[data.y_test[row]]
        wanted = f"{data.ids_test[row]} ({group}): {', '.join(words)}"
        assert data.describe(row, words=4) == wanted
    few = load_text("arxiv", train=0, test=3)
    assert few.describe(2).startswith(few.ids_test[2])


def test_a_document_of_no_known_word_is_described():
    data = load_text("arxiv", test=2)
    data.x_test.data[:] = 0
    data.x_test.eliminate_zeros()
    assert data.describe(0).endswith("): no known word")


def test_describe_asks_for_a_document_there_is():
    data = load_text("arxiv", test=2)
    with pytest.raises(ValueError, match="row must be a whole number from 0 to 1"):
        data.describe(2)
    with pytest.raises(ValueError, match="part must be 'train', 'valid' or 'test'"):
        data.describe(0, "all")


@cached
def test_newsgroups():
    data = load_text("20newsgroups")
    assert repr(data) == (
        "Texts(20newsgroups: 10268 train, 0 valid, 6773 test; 2000 words, 20 groups)"
    )
    assert (data.groups[0], data.groups[-1]) == ("alt.atheism", "talk.religion.misc")
    for part in ("train", "test"):
        x, y, ids = (getattr(data, f"{field}_{part}") for field in ("x", "y", "ids"))
        assert x.sum(axis=1).min() == 5
        assert all(i.startswith(f"{data.groups[g]}/") for g, i in zip(y, ids, strict=True))
    assert not {*data.ids_train} & {*data.ids_test}


def newsgroups(train, test):
    part = {"y": np.arange(2), "ids": np.array(["a/1", "b/2"])}
    return {**part, "texts": train}, {**part, "texts": test}, ("a", "b")


def test_words_are_chosen_on_training_posts_alone(monkeypatch):
    train = ["cat dog cat dog cat", "cat dog dog dog dog bird"]
    test = ["fish fish fish fish fish fish cat", "bird dog dog dog dog"]
    monkeypatch.setitem(NAMES, "read_newsgroups", lambda: newsgroups(train, test))
    data = load_text("20newsgroups")
    assert data.words.tolist() == ["bird", "cat", "dog"]
    # One known word is fewer than five.
    assert data.ids_test.tolist() == ["b/2"]
    assert len(data.ids_train) == 2


@pytest.fixture
def no_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    return monkeypatch


def test_no_cache_and_no_network(no_cache):
    def silent(url):
        raise TimeoutError("no answer")

    no_cache.setitem(NEWS, "answer", silent)
    with pytest.raises(OSError, match=r"cannot be downloaded \(no answer\): connect") as caught:
        load_text("20newsgroups")
    assert str(caught.value).endswith("or take arxiv.")


def test_a_download_that_never_ends(no_cache):
    import sklearn.datasets

    def fetch(download_if_missing, **_):
        if download_if_missing:
            time.sleep(2)
        raise OSError("20Newsgroups dataset not found")

    class Answer:
        def close(self):
            pass

    no_cache.setattr(sklearn.datasets, "fetch_20newsgroups", fetch)
    no_cache.setitem(NEWS, "answer", lambda url: Answer())
    no_cache.setitem(NEWS, "LIMIT", 0.1)
    start = time.monotonic()
    with pytest.raises(OSError, match=r"\(it took longer than 0\.1 s\)"):
        load_text("20newsgroups")
    assert time.monotonic() - start < 1


@pytest.mark.parametrize("damage", [b"", b"half", None])
def test_a_damaged_shipped_file_is_refused(damage, tmp_path, monkeypatch):
    path = tmp_path / "arxiv_counts.npz"
    if damage is not None:
        path.write_bytes(damage)
    monkeypatch.setitem(NAMES, "PLACES", (tmp_path / "absent.npz", path))
    with pytest.raises(OSError, match=r"is damaged or missing: take it afresh"):
        load_text("arxiv")


BAD = {
    "unknown": (dict(name="reuters"), "arxiv, 20newsgroups or auto, but is 'reuters'"),
    "no name": (dict(name=None), "but is None"),
    "half a document": (dict(train=0.5), "train must be a whole number of at least 0"),
    "negative test": (dict(test=-5), "test must be a whole number of at least 0"),
    "no seed": (dict(seed=None), "seed must be a whole number of at least 0"),
    "too many": (dict(train=6001), r"train \+ valid must be at most 6000, .* of arxiv"),
    "together": (dict(train=5000, valid=2000), r"is 5000 \+ 2000"),
    "too many test": (dict(test=2001), "test must be at most 2000"),
}


@pytest.mark.parametrize(("arguments", "sentence"), BAD.values(), ids=BAD)
def test_bad_input(arguments, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        load_text(**{"name": "arxiv", **arguments})
    assert str(caught.value).count("\n") == 0
