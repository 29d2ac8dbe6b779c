"""What every public metric owes, and its value made in another way; found from the public names."""

import dataclasses
import itertools
from collections.abc import Callable

import keras
import numpy as np
import pytest
from keras import ops
from scipy import linalg, special, stats
from sklearn import manifold

from course_lib import metrics

RNG = np.random.default_rng(0)
N = 60
FACTORS = RNG.integers(3, size=(N, 2))
CODES = np.concatenate([FACTORS + 0.2 * RNG.normal(size=(N, 2)), RNG.normal(size=(N, 1))], axis=1)
# Halves in every format, so that formats can be told apart from numbers.
CODES = np.round(CODES * 8) / 8
LABELS = FACTORS[:, 0]
# A map in which no two distances are equal, in any format.
MAP = np.random.default_rng(3).normal(size=(N, 2)) + LABELS[:, None]
W = np.linalg.qr(RNG.normal(size=(3, 2)))[0] * [2.0, 0.5]
LOG_WEIGHTS = np.round(RNG.normal(size=(5, 6)) * 8) / 8


def gap():
    """Mutual information by entropies of counts."""

    def entropy(*columns):
        return stats.entropy(np.unique(np.stack(columns), axis=1, return_counts=True)[1])

    gaps = []
    for v in FACTORS.T:
        known = []
        for z in CODES.T:
            width = (z.max() - z.min()) / 20
            cell = np.minimum((z - z.min()) // width, 19)
            known.append(entropy(cell) + entropy(v) - entropy(cell, v))
        second, first = np.sort(known)[-2:]
        gaps.append((first - second) / entropy(v))
    return np.mean(gaps)


def frechet():
    a, b = CODES[:30], CODES[30:]
    of_a, of_b = np.cov(a.T), np.cov(b.T)
    overlap = np.trace(linalg.sqrtm(of_a @ of_b).real)
    between = ((a.mean(0) - b.mean(0)) ** 2).sum()
    return between + np.trace(of_a) + np.trace(of_b) - 2 * overlap


def parzen():
    windows = stats.norm(CODES[None, 30:], 0.7).logpdf(CODES[:30, None]).sum(2)
    return special.logsumexp(windows, axis=1) - np.log(30)


def neighbours(k=3):
    distances = np.linalg.norm(CODES[40:, None] - CODES[None, :40], axis=2)
    votes = LABELS[:40][np.argsort(distances, axis=1, kind="stable")[:, :k]]
    return np.mean(stats.mode(votes, axis=1).mode != LABELS[40:])


ODD = np.array([True, False, True])


def in_every_order(distances, value):
    """The mean of a value over all orders by distance of three answers, of which two are right."""
    orders = [list(order) for order in itertools.permutations(range(3))]
    return np.mean([value(ODD[o]) for o in orders if (np.diff(distances[o]) >= 0).all()])


def answered(distances, k):
    return in_every_order(distances, lambda hits: hits[:k].mean())


def precision_of_hits(hits):
    return (np.cumsum(hits) / np.arange(1, 4))[hits].mean()


def own_neighbours():
    squares = ((CODES[:, None] - CODES) ** 2).sum(axis=2)
    np.fill_diagonal(squares, np.inf)
    nearest = squares == squares.min(axis=1, keepdims=True)
    return np.mean((nearest & (LABELS[:, None] == LABELS)).sum(axis=1) / nearest.sum(axis=1))


SCORE, MARKED = CODES[:, 0], FACTORS[:, 1] != FACTORS[0, 1]


def delong():
    """From the table of all pairs."""
    pairs = np.sign(SCORE[MARKED][:, None] - SCORE[~MARKED]) / 2 + 0.5
    means = pairs.mean(axis=0), pairs.mean(axis=1)
    width = stats.norm.ppf(0.975) * np.sqrt(sum(np.var(m, ddof=1) / len(m) for m in means))
    return pairs.mean() + width * np.array([-1, 1])


def precision_at_own_score():
    return np.mean([MARKED[s <= SCORE].mean() for s in SCORE[MARKED]])


def votes(k=3):
    """Of all others, by sorting."""
    distances = np.linalg.norm(MAP[:, None] - MAP[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    votes = LABELS[np.argsort(distances, axis=1)[:, :k]]
    return np.mean(stats.mode(votes, axis=1).mode != LABELS)


def overlap(k=3):
    """A stranger no farther than the k-th of one's own."""
    distances = np.linalg.norm(MAP[:, None] - MAP[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    own = LABELS[:, None] == LABELS
    kth = np.sort(np.where(own, distances, np.inf), axis=1)[:, k - 1]
    return np.mean(np.where(own, np.inf, distances).min(axis=1) <= kth)


@dataclasses.dataclass
class Row:
    call: Callable  # of the arrays
    arrays: tuple
    expected: object
    one_row: str | None  # a sentence, or None where one row is enough
    tolerance: float = 1e-6
    direct: bool = True  # whether its arrays are what the metric is called on


def identity_score(score):
    """Scales differ a hundredfold, so that only relative spreads can name the factor."""
    many = RNG.integers(3, size=(900, 2))
    codes = (many + 0.1 * RNG.normal(size=(900, 2))) * [128.0, 0.0625]
    return Row(lambda z: score(z, many), (codes,), 1.0, "factors must")


def scored(metric, expected):
    return Row(
        lambda z: metric(z[:, 0], MARKED[: len(z)]), (CODES,), expected, "labels must", direct=False
    )


ROWS = {
    "squared_error": Row(
        lambda x, y: metrics.squared_error(x, y),
        (CODES[:30], CODES[30:]),
        np.sum((CODES[:30] - CODES[30:]) ** 2, axis=1),
        None,
    ),
    "sensitivity": Row(
        lambda x: metrics.sensitivity(lambda x: ops.matmul(x, ops.cast(W, x.dtype)), x),
        (CODES,),
        # The columns of W are orthogonal: the signs make no difference.
        np.sqrt((W**2).sum() * CODES.var(0).mean() / (CODES @ W).var(0).sum()),
        "all are the same",
    ),
    "activity": Row(
        metrics.activity,
        (CODES,),
        (np.mean([np.mean(abs(h)) ** 2 / np.mean(h * h) for h in CODES.T]), 3),
        "all are the same",
    ),
    "active_units": Row(
        lambda z: metrics.active_units(z, threshold=0.8), (CODES,), (CODES.var(0) > 0.8).sum(), None
    ),
    "mutual_information_gap": Row(
        lambda z: metrics.mutual_information_gap(z, FACTORS), (CODES,), gap(), "factors must"
    ),
    "factor_vae_score": identity_score(metrics.factor_vae_score),
    "higgins_score": identity_score(metrics.higgins_score),
    "frechet_distance": Row(
        metrics.frechet_distance, (CODES[:30], CODES[30:]), frechet(), "must hold two examples"
    ),
    "importance_bound": Row(
        lambda w: metrics.importance_bound(w, k=2),
        (LOG_WEIGHTS,),
        np.log(np.exp(LOG_WEIGHTS).reshape(5, 3, 2).mean(2)).mean(1),
        None,
    ),
    "importance_nll": Row(
        lambda w: metrics.importance_nll(
            lambda rows, count: w[: len(rows), :count], np.zeros((5, 1)), 6
        ),
        (LOG_WEIGHTS,),
        -np.log(np.exp(LOG_WEIGHTS).mean(1)),
        "log_weights must return numbers of shape",
        direct=False,
    ),
    "parzen_log_likelihood": Row(
        lambda samples, x: metrics.parzen_log_likelihood(samples, x, 0.7),
        (CODES[30:], CODES[:30]),
        parzen(),
        None,
    ),
    "knn_error": Row(
        lambda z, t: metrics.knn_error((z, LABELS[: len(z)]), (t, LABELS[-len(t) :]), k=3),
        (CODES[:40], CODES[40:]),
        neighbours(),
        "k must be a whole number from 1 to 1",
    ),
    "neighbour_error": Row(
        lambda z: metrics.neighbour_error(z, LABELS[: len(z)], k=3), (MAP,), votes(), "k must"
    ),
    "class_overlap": Row(
        lambda z: metrics.class_overlap(z, LABELS[: len(z)], k=3),
        (MAP,),
        overlap(),
        "labels must hold two classes",
    ),
    "trustworthiness": Row(
        metrics.trustworthiness,
        (MAP @ np.ones((2, 3)) + np.linspace(0, 3, N)[:, None], MAP),
        manifold.trustworthiness(
            MAP @ np.ones((2, 3)) + np.linspace(0, 3, N)[:, None], MAP, n_neighbors=12
        ),
        "k .* must",
    ),
    "continuity": Row(
        metrics.continuity,
        (MAP @ np.ones((2, 3)) + np.linspace(0, 3, N)[:, None], MAP),
        manifold.trustworthiness(
            MAP, MAP @ np.ones((2, 3)) + np.linspace(0, 3, N)[:, None], n_neighbors=12
        ),
        "k .* must",
    ),
    "linear_probe_error": Row(
        lambda z, t: metrics.linear_probe_error(
            (z, LABELS[: len(z)]), (z, LABELS[: len(z)]), (t, LABELS[-len(t) :])
        ),
        # Classes that planes tell apart, with 3 of 20 labels wrong.
        (FACTORS[:40] - 0.5, np.roll(FACTORS[40:] - 0.5, 3, axis=0)),
        np.mean(np.roll(FACTORS[40:, 0], 3) != FACTORS[40:, 0]),
        "must hold two classes",
    ),
    "precision_at": Row(
        lambda d: metrics.precision_at(d, np.tile(ODD, (len(d), 1)), [1, 2]).ravel(),
        (CODES,),
        np.ravel([answered(d, k) for d in CODES for k in (1, 2)]),
        None,
    ),
    "precision_recall": Row(
        lambda d: np.ravel(metrics.precision_recall(d, np.tile(ODD, (len(d), 1)))),
        (CODES,),
        np.ravel(
            [[answered(d, k) * k / (n or k) for d in CODES for k in (1, 2, 3)] for n in (0, 2)]
        ),
        None,
    ),
    "mean_average_precision": Row(
        lambda d: metrics.mean_average_precision(d, np.tile(ODD, (len(d), 1))),
        (CODES,),
        np.mean([in_every_order(d, precision_of_hits) for d in CODES]),
        None,
    ),
    "retrieval_precision": Row(
        lambda z: metrics.retrieval_precision(z, LABELS[: len(z)], [1], "euclidean"),
        (CODES,),
        own_neighbours(),
        "two documents or more",
    ),
    "roc_auc": scored(
        metrics.roc_auc,
        stats.mannwhitneyu(SCORE[MARKED], SCORE[~MARKED]).statistic
        / (MARKED.sum() * (~MARKED).sum()),
    ),
    "roc_auc_interval": scored(metrics.roc_auc_interval, delong()),
    "average_precision": scored(metrics.average_precision, precision_at_own_score()),
    "precision_recall_f1": scored(
        lambda scores, labels: metrics.precision_recall_f1(scores, labels, 1.0),
        (MARKED.mean(), 1.0, 2 * MARKED.mean() / (MARKED.mean() + 1)),
    ),
    "principal_angles": Row(
        metrics.principal_angles,
        (CODES[:, :2], CODES[:, 1:]),
        np.degrees(
            np.arccos(
                np.clip(
                    np.linalg.svd(np.linalg.qr(CODES[:, :2])[0].T @ np.linalg.qr(CODES[:, 1:])[0])[
                        1
                    ][::-1],
                    -1,
                    1,
                )
            )
        ),
        "linearly independent columns",
        tolerance=1e-3,
    ),
}
# A class, and functions of flags instead of floats: test_features and test_alarms.
ELSEWHERE = {"ImageFeatures", "false_alarms", "nab_score", "point_adjusted", "windows_hit"}
every = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)


def close(found, row, tolerance):
    for a, b in zip(np.atleast_1d(found), np.atleast_1d(row.expected), strict=True):
        assert a == pytest.approx(b, rel=tolerance, abs=tolerance)


def test_every_metric_has_a_row():
    public = {name for name, value in vars(metrics).items() if callable(value)}
    assert public == {*ROWS, *ELSEWHERE}


@every
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_value_in_every_format(row, dtype):
    """Arrays and tensors; in half precision of what half precision can hold."""
    loss = {"float64": 1, "float32": 1, "float16": 100, "bfloat16": 1e5}[dtype]
    tensors = [ops.cast(ops.convert_to_tensor(x), dtype) for x in row.arrays]
    if loss == 1:
        close(row.call(*(x.astype(dtype) for x in row.arrays)), row, max(row.tolerance, 1e-5))
    elif max(abs(x).max() for x in row.arrays) > 100:
        loss *= 10
    close(row.call(*tensors), row, max(row.tolerance, 1e-5) * loss)


@every
def test_nan_is_refused(row):
    for i in range(len(row.arrays)):
        spoilt = [x.astype("float32").copy() for x in row.arrays]
        spoilt[i][0, 0] = np.nan
        for arrays in (spoilt, [ops.convert_to_tensor(x) for x in spoilt]):
            with pytest.raises(ValueError, match=r"must be finite|NaN"):
                row.call(*arrays)


@every
def test_one_row(row):
    """A value, or one sentence."""
    arrays = [x[:1] for x in row.arrays]
    if row.one_row is None:
        assert np.isfinite(row.call(*arrays)).all()
        return
    with pytest.raises(ValueError, match=row.one_row):
        row.call(*arrays)


@every
def test_not_floats_and_not_arrays_are_refused(row):
    first, *others = row.arrays
    for bad in (
        () if not row.direct else (first.astype("int32"), first.tolist(), first[:0], first[0])
    ):
        with pytest.raises(ValueError, match=r"must|codes"):
            row.call(bad, *others)


def test_votes_are_judged_on_the_other_half():
    """Units that know nothing: a table would be right about its own votes, not about others."""
    codes, factors = RNG.normal(size=(500, 40)), RNG.integers(2, size=(500, 2))
    scores = [metrics.factor_vae_score(codes, factors, 60, seed=seed) for seed in range(10)]
    assert np.mean(scores) == pytest.approx(0.5, abs=0.12)
    scores = [metrics.higgins_score(codes, factors, 60, seed=seed) for seed in range(10)]
    assert np.mean(scores) == pytest.approx(0.5, abs=0.12)


def test_constant_units_are_left_out_at_any_scale():
    many = RNG.integers(3, size=(900, 2))
    codes = 1e-9 * (many + 0.1 * RNG.normal(size=(900, 2)))
    codes = np.concatenate([np.full((900, 1), 0.1), codes], axis=1)
    for dtype in ("float64", "float32", "bfloat16"):
        tensors = ops.cast(ops.convert_to_tensor(codes), dtype)
        assert metrics.factor_vae_score(tensors, many) == 1
    assert keras.backend.standardize_dtype(tensors.dtype) == "bfloat16"


def test_densities_far_from_the_origin():
    """Squares of what all share are not subtracted from each other."""
    far = metrics.parzen_log_likelihood(CODES[30:] + 1e7, CODES[:30] + 1e7, 0.7)
    np.testing.assert_allclose(far, parzen(), rtol=1e-6)
