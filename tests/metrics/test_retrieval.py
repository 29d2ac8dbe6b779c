"""Precision, recall and average precision: of ties every order, tried one by one."""

import itertools

import numpy as np
import pytest
from scipy import sparse

from course_lib.metrics import (
    mean_average_precision,
    precision_at,
    precision_recall,
    retrieval_precision,
)

RNG = np.random.default_rng(0)
# Seven documents at three distances: 2! · 3! · 2! orders and more.
CASES = [
    (RNG.integers(0, 3, 6) / 2, RNG.integers(0, 2, 6).astype(bool) | (np.arange(6) == 4))
    for _ in range(12)
]
CASES += [(np.zeros(5), np.arange(5) < 2), (np.arange(5) / 1.0, np.arange(5) % 2 == 0)]


def orders(distances):
    """Every order by distance, each once."""
    places = range(len(distances))
    return [p for p in itertools.permutations(places) if (np.diff(distances[list(p)]) >= 0).all()]


def average_precision(relevant):
    hits = np.cumsum(relevant)
    return (hits / np.arange(1, len(hits) + 1))[relevant].mean()


@pytest.mark.parametrize(("distances", "relevant"), CASES)
def test_every_order_of_ties(distances, relevant):
    found = [relevant[list(order)] for order in orders(distances)]
    curve = np.mean([np.cumsum(r) for r in found], axis=0)
    places = np.arange(1, len(distances) + 1)
    pair = distances[None], relevant[None]
    np.testing.assert_allclose(precision_at(*pair, places)[0], curve / places, rtol=1e-12)
    np.testing.assert_allclose(precision_at(*pair, 3), curve[2:3] / 3, rtol=1e-12)
    precision, recall = precision_recall(*pair)
    np.testing.assert_allclose(precision[0], curve / places, rtol=1e-12)
    np.testing.assert_allclose(recall[0], curve / relevant.sum(), rtol=1e-12)
    wanted = np.mean([average_precision(r) for r in found])
    assert mean_average_precision(*pair) == pytest.approx(wanted, rel=1e-12)


def test_queries_do_not_mix():
    distances = RNG.integers(0, 4, (8, 20)) / 4
    relevant = RNG.random((8, 20)) < 0.4
    relevant[:, 0] = True
    each = [
        precision_at(d[None], r[None], [1, 7]) for d, r in zip(distances, relevant, strict=True)
    ]
    np.testing.assert_array_equal(precision_at(distances, relevant, [1, 7]), np.concatenate(each))
    alone = [
        mean_average_precision(d[None], r[None]) for d, r in zip(distances, relevant, strict=True)
    ]
    assert mean_average_precision(distances, relevant) == pytest.approx(np.mean(alone))
    precision, _ = precision_recall(distances, relevant)
    one = precision_recall(distances[3:4], relevant[3:4])[0]
    np.testing.assert_array_equal(precision[3:4], one)


def test_it_is_scikit_learns_where_nothing_ties():
    from sklearn.metrics import average_precision_score

    distances, relevant = RNG.normal(size=(5, 30)), RNG.random((5, 30)) < 0.3
    relevant[:, 0] = True
    wanted = [average_precision_score(r, -d) for d, r in zip(distances, relevant, strict=True)]
    assert mean_average_precision(distances, relevant) == pytest.approx(np.mean(wanted))


def by_hand(distances, labels, ks):
    """Each row asks the others."""
    shares = []
    for i in range(len(labels)):
        others = np.delete(np.arange(len(labels)), i)
        relevant = labels[others] == labels[i]
        shares.append(precision_at(distances[i, others][None], relevant[None], ks)[0])
    return np.mean(shares, axis=0)


CODES = np.round(RNG.normal(size=(40, 4)) * 2) / 2
CODES[5] = 0
LABELS = RNG.integers(0, 3, 40)
BITS = RNG.integers(0, 256, (40, 2), dtype="uint8")


def cosine(x):
    norm = np.linalg.norm(x, axis=1)
    norm[norm == 0] = 1
    return np.round(1 - x @ x.T / norm[:, None] / norm, 12)


@pytest.mark.parametrize("batch_size", [1, 7, 256])
def test_a_document_is_never_its_own_answer(batch_size):
    ks = [1, 3, 39]
    squares = ((CODES[:, None] - CODES) ** 2).sum(2)
    hamming = np.unpackbits(BITS[:, None] ^ BITS, axis=2).sum(2) * 1.0
    for codes, metric, distances in (
        (CODES, "euclidean", squares),
        (BITS, "hamming", hamming),
    ):
        found = retrieval_precision(codes, LABELS, ks, metric, batch_size)
        np.testing.assert_allclose(found, by_hand(distances, LABELS, ks), rtol=1e-12)
    general = RNG.normal(size=(40, 4))
    for codes in (general, sparse.csr_matrix(general), sparse.coo_array(general)):
        found = retrieval_precision(codes, LABELS, ks, batch_size=batch_size)
        np.testing.assert_allclose(found, by_hand(cosine(general), LABELS, ks), rtol=1e-12)
    share = (np.bincount(LABELS) * (np.bincount(LABELS) - 1)).sum() / (40 * 39)
    assert found[2] == pytest.approx(share)


def test_documents_that_share_nothing_tie():
    """No word in common: cosine is 0 for all, and precision that of a random order."""
    x = sparse.csr_matrix(np.eye(30, dtype="float32"))
    labels = np.arange(30) % 3
    for codes in (x, x.toarray(), np.zeros((30, 4), "float32")):
        assert retrieval_precision(codes, labels, 5) == pytest.approx(9 / 29)


def test_one_k_is_a_number():
    assert np.ndim(retrieval_precision(CODES, LABELS, 3)) == 0
    assert retrieval_precision(CODES, LABELS, [3]).shape == (1,)


PAIR = np.zeros((2, 3)), np.ones((2, 3), bool)
BAD = {
    "k": (lambda: precision_at(*PAIR, 4), "k must be a whole number from 1 to 3"),
    "no booleans": (lambda: precision_at(PAIR[0], PAIR[0], 1), "relevant must hold booleans"),
    "shapes": (lambda: precision_at(PAIR[0], PAIR[1][:1], 1), r"in the shape \(2, 3\)"),
    "none": (lambda: precision_recall(PAIR[0], ~PAIR[1]), "relevant must mark a document"),
    "none at all": (lambda: mean_average_precision(PAIR[0], ~PAIR[1]), "relevant must mark"),
    "metric": (lambda: retrieval_precision(CODES, LABELS, 1, "l1"), "metric must be one of cosine"),
    "all": (lambda: retrieval_precision(CODES, LABELS, 40), "from 1 to 39, but is 40"),
    "labels": (lambda: retrieval_precision(CODES, LABELS[:9], 1), "9 labels and 40 codes"),
    "one": (lambda: retrieval_precision(CODES[:1], LABELS[:1], 1), "must hold two documents"),
    "bits": (
        lambda: retrieval_precision(BITS.astype(int), LABELS, 1, "hamming"),
        "packed bits, uint8",
    ),
    "sparse": (
        lambda: retrieval_precision(sparse.csr_matrix(CODES), LABELS, 1, "euclidean"),
        "metric must be cosine for a sparse matrix",
    ),
    "sparse NaN": (
        lambda: retrieval_precision(sparse.csr_matrix(CODES * np.nan), LABELS, 1),
        "must be finite",
    ),
    "batch": (lambda: retrieval_precision(CODES, LABELS, 1, batch_size=0), "batch_size must be"),
}


@pytest.mark.parametrize(("act", "sentence"), BAD.values(), ids=BAD)
def test_bad_input(act, sentence):
    with pytest.raises(ValueError, match=sentence):
        act()
