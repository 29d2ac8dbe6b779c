"""Scores against labels: pairs counted one by one, resampled examples, scikit-learn."""

import itertools

import numpy as np
import pytest
from keras import ops
from scipy import stats
from sklearn import metrics as theirs

from course_lib.metrics import average_precision, precision_recall_f1, roc_auc, roc_auc_interval

RNG = np.random.default_rng(0)
LABELS = RNG.random(200) < 0.2
SCORES = RNG.normal(size=200) + LABELS
TIED = np.round(SCORES)  # half a dozen different scores


@pytest.mark.parametrize("scores", [SCORES, TIED], ids=["all different", "tied"])
def test_area_is_the_share_of_pairs_in_order(scores):
    difference = scores[LABELS][:, None] - scores[~LABELS]
    share = ((difference > 0) + 0.5 * (difference == 0)).mean()
    assert roc_auc(scores, LABELS) == pytest.approx(share, rel=1e-12)
    assert roc_auc(-scores, LABELS) == pytest.approx(1 - share, rel=1e-12)
    assert roc_auc(np.exp(scores), ops.convert_to_tensor(LABELS)) == pytest.approx(share, rel=1e-12)


@pytest.mark.parametrize("scores", [SCORES, TIED], ids=["all different", "tied"])
def test_interval_is_centred_and_of_delongs_width(scores):
    """The variance from the sums over pairs in the paper, element by element."""
    anomalous, normal = scores[LABELS], scores[~LABELS]
    psi = [[(a > n) + 0.5 * (a == n) for n in normal] for a in anomalous]
    rows, columns = np.mean(psi, axis=1), np.mean(psi, axis=0)
    deviation = np.sqrt(sum(np.var(v, ddof=1) / len(v) for v in (rows, columns)))
    low, high = roc_auc_interval(scores, LABELS, 0.9)
    assert (low + high) / 2 == pytest.approx(roc_auc(scores, LABELS), rel=1e-12)
    assert high - low == pytest.approx(2 * stats.norm.ppf(0.95) * deviation, rel=1e-9)


def test_interval_is_that_of_resampled_examples():
    """Bootstrap within each kind: the same spread, to the noise of 2,000 draws."""
    pairs = SCORES[LABELS][:, None] > SCORES[~LABELS]
    draws = [
        pairs[np.ix_(*(RNG.integers(n, size=n) for n in pairs.shape))].mean() for _ in range(2000)
    ]
    low, high = roc_auc_interval(SCORES, LABELS, 0.95)
    assert high - low == pytest.approx(2 * 1.96 * np.std(draws), rel=0.08)
    assert [low, high] == pytest.approx(list(np.quantile(draws, [0.025, 0.975])), abs=0.02)


def test_interval_covers_what_it_claims_to():
    """Normal scores one deviation apart: the area is Φ(1/√2)."""
    truth, held = stats.norm.cdf(np.sqrt(0.5)), 0
    for _ in range(1000):
        scores = RNG.normal(size=100) + (labels := np.arange(100) < 40)
        low, high = roc_auc_interval(scores, labels, 0.8)
        held += low <= truth <= high
    assert held / 1000 == pytest.approx(0.8, abs=0.04)


def test_interval_of_kinds_that_do_not_overlap_has_no_width():
    assert roc_auc_interval(np.arange(8.0), np.arange(8) > 3) == (1.0, 1.0)
    low, high = roc_auc_interval(np.array([0.0, 3, 1, 2, 4, 5]), np.arange(6) > 1)
    assert high == 1
    assert 0 < low < 1


def test_average_precision_of_constant_scores_is_the_share_of_anomalies():
    assert average_precision(np.zeros(200), LABELS) == pytest.approx(LABELS.mean(), rel=1e-12)
    assert average_precision(SCORES, LABELS) == theirs.average_precision_score(LABELS, SCORES)


@pytest.mark.parametrize("fraction", [0.005, 0.2, 0.5, 1.0])
def test_flagged_share_beside_scikit_learn(fraction):
    flagged = np.argsort(-SCORES)[: round(200 * fraction)]
    flags = np.isin(np.arange(200), flagged)
    wanted = theirs.precision_recall_fscore_support(LABELS, flags, average="binary")[:3]
    assert precision_recall_f1(SCORES, LABELS, fraction) == pytest.approx(wanted, rel=1e-12)


def test_tied_scores_are_flagged_in_every_way():
    scores, labels = np.array([2.0, 1, 1, 1, 0]), np.array([False, True, False, True, True])
    ways = [[0, *some] for some in itertools.combinations([1, 2, 3], 1)]
    hits = np.mean([labels[way].sum() for way in ways])
    wanted = hits / 2, hits / 3, 2 * hits / 5
    assert precision_recall_f1(scores, labels, 0.4) == pytest.approx(wanted, rel=1e-12)


def test_as_many_as_are_anomalous_make_three_equal_numbers():
    share = LABELS.mean()
    assert precision_recall_f1(np.zeros(200), LABELS, share) == pytest.approx([share] * 3)
    precision, recall, f1 = precision_recall_f1(SCORES, LABELS, share)
    assert precision == pytest.approx(recall) == pytest.approx(f1)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: roc_auc(SCORES, LABELS[:9]), "labels must hold one label per score"),
        (lambda: roc_auc(SCORES, SCORES), "labels must hold integers"),
        (lambda: roc_auc(SCORES, LABELS + 1), r"labels must lie in \[0, 1\]"),
        (lambda: roc_auc(SCORES, 2 * LABELS - 1), r"labels must lie in \[0, 1\]"),
        (lambda: roc_auc(SCORES[None], LABELS), "scores must have 1 axis"),
        (lambda: roc_auc(SCORES.tolist(), LABELS), "scores must be an array"),
        (lambda: roc_auc(TIED.astype(int), LABELS), "scores must hold floats"),
        (lambda: roc_auc(np.full(200, np.nan), LABELS), "scores must be finite"),
        (lambda: roc_auc(SCORES, LABELS & False), "1 or more anomalies and 1 or more normal"),
        (lambda: roc_auc(SCORES, LABELS | True), "but mark 200 and 0"),
        (lambda: roc_auc_interval(SCORES, np.arange(200) < 1), "2 or more anomalies"),
        (lambda: roc_auc_interval(SCORES, LABELS, 95), "confidence must .* between 0 and 1"),
        (lambda: average_precision(SCORES, LABELS & False), "1 or more anomalies"),
        (lambda: precision_recall_f1(SCORES, LABELS, 0.002), "flags none"),
        (lambda: precision_recall_f1(SCORES, LABELS, 20), "fraction must"),
    ],
)
def test_bad_input_gets_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
