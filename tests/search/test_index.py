"""What is found is what brute force finds, ties in the order of rows, with FAISS and without."""

import numpy as np
import pytest

from course_lib.search import Index
from course_lib.search.every import ones

# Those that the classes see: where doctests are collected first, a module is there twice.
NAMES = ones.__globals__
RNG = np.random.default_rng(0)
faiss = pytest.mark.skipif(not NAMES["have_faiss"](), reason="FAISS is not installed")
WAYS = [pytest.param(True, marks=faiss, id="FAISS"), pytest.param(False, id="NumPy")]


@pytest.fixture(params=WAYS)
def by(request, monkeypatch):
    monkeypatch.setitem(NAMES, "have_faiss", lambda: request.param)
    return "FAISS" if request.param else "NumPy"


def bits(count, width, rng=RNG):
    """Packed bits, three of four 0, so that many are equal and many equally near."""
    return rng.integers(0, 256, (2, count, width), dtype="uint8").min(axis=0) & 0b11110101


def hamming(queries, codes):
    return np.unpackbits(queries[:, None] ^ codes, axis=2).sum(axis=2, dtype=int)


def first(distances, k):
    rows = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(distances, rows, 1), rows


@pytest.mark.parametrize("kind", ["binary", "ball"])
@pytest.mark.parametrize(("count", "width", "k"), [(500, 2, 10), (300, 3, 300), (400, 1, 150)])
def test_bits_are_found_as_by_brute_force(kind, count, width, k, by):
    codes = bits(count, width)
    queries = np.concatenate([codes[:20], RNG.integers(0, 256, (20, width), dtype="uint8")])
    wanted, rows = first(hamming(queries, codes), k)
    found = Index(codes, kind).search(queries, k)
    np.testing.assert_array_equal(found[0], wanted)
    np.testing.assert_array_equal(found[1], rows)
    assert (wanted[:, 1:] == wanted[:, :-1]).any()


@pytest.mark.parametrize("width", [4, 8, 12, 16, 32])
def test_long_codes_are_found_as_by_brute_force(width, by):
    codes, queries = bits(200, width), bits(30, width)
    wanted, rows = first(hamming(queries, codes), 15)
    found = Index(codes, "binary").search(queries, 15)
    np.testing.assert_array_equal(found[0], wanted)
    np.testing.assert_array_equal(found[1], rows)


@pytest.mark.parametrize("count", [5, 50])
@pytest.mark.parametrize("k", [1, 10, 150])
def test_real_codes_are_found_as_by_brute_force(count, k, by):
    """Halves and whole numbers, whose distances are exact in single precision; few and many."""
    codes = RNG.integers(-2, 3, (300, 4)).astype("float32")
    queries = RNG.integers(-2, 3, (count, 4)).astype("float32") + 0.5
    squares, rows = first(((queries[:, None] - codes) ** 2).sum(axis=2), k)
    found = Index(codes).search(queries, k)
    np.testing.assert_allclose(found[0], np.sqrt(squares), rtol=1e-6)
    np.testing.assert_array_equal(found[1], rows)
    assert found[0].dtype == np.float32


def test_any_real_codes(by):
    codes = RNG.normal(size=(400, 8)).astype("float32")
    queries = RNG.normal(size=(30, 8)).astype("float32")
    wanted, rows = first(np.linalg.norm(queries[:, None] - codes, axis=2), 7)
    found = Index(codes.astype("float64")).search(queries, 7)
    np.testing.assert_allclose(found[0], wanted, rtol=1e-4)
    np.testing.assert_array_equal(found[1], rows)


@pytest.mark.parametrize("kind", ["binary", "ball"])
@pytest.mark.parametrize("radius", [0, 1, 3, 16, 99])
def test_a_ball_holds_all_within_its_radius(kind, radius, by):
    codes = bits(500, 2)
    queries = np.concatenate([codes[:10], RNG.integers(0, 256, (10, 2), dtype="uint8")])
    found = Index(codes, kind).within(queries, radius)
    for row, distances in zip(found, hamming(queries, codes), strict=True):
        inside = np.flatnonzero(distances <= radius)
        wanted = inside[np.argsort(distances[inside], kind="stable")]
        np.testing.assert_array_equal(row, wanted)
        assert row.dtype == np.int64


def test_in_parts_as_at_once(monkeypatch):
    """Distances are made for some queries at a time."""
    monkeypatch.setitem(NAMES, "have_faiss", lambda: False)
    codes, queries = bits(100, 4), bits(30, 4)
    whole = Index(codes, "binary").search(queries, 5)
    monkeypatch.setitem(NAMES, "AT_ONCE", 250)
    for a, b in zip(Index(codes, "binary").search(queries, 5), whole, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 8, 16])
def test_ones_are_counted_with_and_without_numpys_own(width, monkeypatch):
    words = RNG.integers(0, 256, (9, width), dtype="uint8")
    wanted = np.unpackbits(words, axis=1).sum(axis=1)
    np.testing.assert_array_equal(ones(words), wanted)
    if hasattr(np, "bitwise_count"):
        monkeypatch.delattr(np, "bitwise_count")
        np.testing.assert_array_equal(ones(words), wanted)


def test_bytes_of_a_million_codes(by):
    """Scaled up from ten thousand: 128 bits each stay under 50 MB, an address under 16."""
    faiss = pytest.importorskip("faiss")

    many = 100
    codes = RNG.integers(0, 256, (10_000, 16), dtype="uint8")
    index = Index(codes, "binary")
    assert many * index.nbytes == 16_000_000
    if by == "FAISS":
        assert many * faiss.serialize_index_binary(index._engine.index).nbytes < 17e6
    assert many * Index(codes[:, :3], "ball").nbytes < 16e6
    flat = Index(codes.astype("float32"))
    assert many * flat.nbytes < 70e6


def test_it_says_what_it_is(by):
    codes = bits(6, 2)
    assert repr(Index(codes, "binary")) == f"Index(6 codes of 16 bits, binary, by {by}, 12 bytes)"
    assert ", ball, by NumPy, " in repr(Index(codes, "ball"))
    flat = repr(Index(np.ones((6, 2), "float32")))
    assert flat.startswith(f"Index(6 codes of 2 numbers, flat, by {by}, ")


BITS, REAL = bits(6, 2), np.ones((6, 2), "float32")
BAD = {
    "kind": (lambda: Index(REAL, "tree"), "kind must be one of flat, binary, ball, but is 'tree'"),
    "empty": (lambda: Index(BITS[:0], "binary"), "codes must not be empty"),
    "empty reals": (lambda: Index(REAL[:0]), "codes must not be empty"),
    "NaN": (lambda: Index(REAL * np.nan), "codes must be finite"),
    "one axis": (lambda: Index(REAL[0]), "codes must have 2 axes"),
    "bits as reals": (lambda: Index(BITS), "codes must hold floats"),
    "reals as bits": (lambda: Index(REAL, "binary"), "codes must hold integers"),
    "not packed": (lambda: Index(BITS.astype(int), "ball"), "must be packed bits, uint8"),
    "long": (lambda: Index(bits(3, 4), "ball"), "24 bits or fewer for a ball, but have 32"),
    "k": (lambda: Index(BITS, "ball").search(BITS, 7), "k must be a whole number from 1 to 6"),
    "k of 0": (lambda: Index(BITS, "binary").search(BITS, 0), "k must be a whole number from 1"),
    "width": (lambda: Index(BITS, "ball").search(bits(2, 1), 1), "queries must have 2 columns"),
    "no queries": (lambda: Index(REAL).search(REAL[:0], 1), "queries must not be empty"),
    "radius": (lambda: Index(BITS, "ball").within(BITS, -1), "radius must be a whole number of"),
    "flat": (lambda: Index(REAL).within(REAL, 1), "kind must be binary or ball to look within"),
}


@pytest.mark.parametrize(("act", "sentence"), BAD.values(), ids=BAD)
def test_bad_input(act, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        act()
    assert str(caught.value).count("\n") == 0
