"""Neighbourhoods in maps, by loops over points, and where points are equally near."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from course_lib import metrics

RNG = np.random.default_rng(0)
N = 70
LABELS = np.arange(N) % 3
CODES = RNG.normal(size=(N, 2)) + LABELS[:, None]
DATA = np.concatenate([CODES[:, :1], RNG.normal(size=(N, 4))], axis=1)


def ranks(x):
    """1 for the nearest other point, by sorting."""
    distances = cdist(x, x)
    np.fill_diagonal(distances, -1)
    return distances.argsort(axis=1).argsort(axis=1)


def by_loop(data, shown, k):
    """Venna and Kaski's sums, word by word: strangers among the shown k, each by its rank."""
    true, seen = ranks(data), ranks(shown)
    paid = 0
    for i in range(N):
        for j in range(N):
            if j != i and seen[i, j] <= k and true[i, j] > k:
                paid += true[i, j] - k
    return 1 - 2 / (N * k * (2 * N - 3 * k - 1)) * paid


@pytest.mark.parametrize("k", [1, 5, 34])
def test_trust_and_continuity_by_a_loop(k):
    from sklearn.manifold import trustworthiness

    assert metrics.trustworthiness(DATA, CODES, k) == pytest.approx(by_loop(DATA, CODES, k))
    assert metrics.continuity(DATA, CODES, k) == pytest.approx(by_loop(CODES, DATA, k))
    theirs = trustworthiness(DATA, CODES, n_neighbors=k)
    assert metrics.trustworthiness(DATA, CODES, k) == pytest.approx(theirs, rel=1e-12)


def test_blocks_make_no_difference(monkeypatch):
    whole = metrics.trustworthiness(DATA, CODES)
    monkeypatch.setattr("course_lib.metrics.neighbours.BLOCK", 16)
    assert metrics.trustworthiness(DATA, CODES) == whole


def test_trust_and_continuity_of_maps_that_are_known():
    flat = CODES @ np.linalg.qr(RNG.normal(size=(2, 2)))[0] * 3 - 7
    assert metrics.trustworthiness(CODES, flat) == metrics.continuity(CODES, flat) == 1
    chance = [metrics.trustworthiness(DATA, RNG.normal(size=(N, 2))) for _ in range(20)]
    assert np.mean(chance) == pytest.approx(0.5, abs=0.05)
    # Two far ends laid on each other: false neighbours are shown, and few true ones lost.
    line = np.arange(40.0)[:, None]
    folded = np.abs(line - 19.6)
    assert metrics.trustworthiness(line, folded, k=4) < metrics.continuity(line, folded, k=4)
    assert metrics.trustworthiness(folded, line, k=4) == metrics.continuity(line, folded, k=4)


def test_images_are_points_too():
    images = RNG.normal(size=(N, 3, 2, 1))
    flat = images.reshape(N, 6)
    assert metrics.trustworthiness(images, CODES) == metrics.trustworthiness(flat, CODES)
    assert metrics.continuity(images, CODES) == metrics.continuity(flat, CODES)


def test_duplicates_in_the_data_have_the_better_rank():
    """Of two equal points neither is the farther one."""
    data = np.repeat(np.arange(10.0), 2)[:, None]
    assert metrics.trustworthiness(data, data + 1e-3 * RNG.random((20, 1)), k=1) == 1
    assert 0 <= metrics.trustworthiness(data, np.zeros((20, 1)), k=3) < 1


@pytest.mark.parametrize("k", [1, 4, 7])
def test_votes_of_all_others_by_a_loop(k):
    wrong = 0
    for i in range(N):
        near = np.argsort(cdist(CODES[i : i + 1], CODES)[0], kind="stable")
        votes = np.bincount(LABELS[[j for j in near if j != i][:k]])
        wrong += votes.argmax() != LABELS[i]
    assert metrics.neighbour_error(CODES, LABELS, k) == wrong / N
    assert 0 < wrong < N


def test_labels_may_be_any_whole_numbers():
    named = np.array([-5, 7, 1000])[LABELS]
    assert metrics.neighbour_error(CODES, named, 3) == metrics.neighbour_error(CODES, LABELS, 3)
    assert metrics.class_overlap(CODES, named, 3) == metrics.class_overlap(CODES, LABELS, 3)


def test_a_map_that_has_collapsed_is_at_chance_in_any_order():
    """All vote alike, however the points are sorted; so none profits from classes in a row."""
    labels = np.repeat([0, 1, 2], [4, 8, 3])
    for order in (np.arange(15), RNG.permutation(15)):
        for k in (1, 3, 14):
            assert metrics.neighbour_error(np.zeros((15, 2)), labels[order], k) == 7 / 15
            assert metrics.class_overlap(np.zeros((15, 2)), labels[order], 1) == 1


def test_duplicates_vote_and_a_point_does_not_vote_for_itself():
    codes = np.array([[0.0], [0.0], [5.0], [5.0]])
    assert metrics.neighbour_error(codes, np.array([0, 1, 1, 1])) == 0.5
    assert metrics.neighbour_error(codes, np.array([0, 0, 1, 1])) == 0
    # All three others vote, for there is no fourth.
    assert metrics.neighbour_error(codes, np.array([0, 0, 0, 1]), k=3) == 0.25


def test_equally_near_neighbours_vote_together():
    """The middle has two at distance 1, and a third is farther: order must not decide."""
    codes, labels = np.array([[0.0], [-1.0], [1.0], [2.5]]), np.array([1, 0, 1, 1])
    for order in (np.arange(4), np.array([0, 2, 1, 3]), np.array([3, 2, 1, 0])):
        assert metrics.neighbour_error(codes[order], labels[order]) == 0.5


@pytest.mark.parametrize("k", [1, 5, 10])
def test_overlap_by_walking_outwards(k):
    met = 0
    for i in range(N):
        order = np.argsort(cdist(CODES[i : i + 1], CODES)[0])[1:]
        own = LABELS[order] == LABELS[i]
        met += own[: own.argmin()].sum() < k
    assert metrics.class_overlap(CODES, LABELS, k) == met / N
    assert met > 0
    assert metrics.class_overlap(CODES + 100 * LABELS[:, None], LABELS, k) == 0


def test_impossible_numbers_of_neighbours_are_refused():
    for k in (0, -1, 1.5, True, N, "3"):
        with pytest.raises(ValueError, match=r"^k must be a whole number"):
            metrics.neighbour_error(CODES, LABELS, k)
        for judge in (metrics.trustworthiness, metrics.continuity):
            with pytest.raises(ValueError, match=r"^k .* must be a whole number"):
                judge(DATA, CODES, k)
    with pytest.raises(ValueError, match=r"half"):
        metrics.trustworthiness(DATA, CODES, 35)
    for labels, k in ((LABELS, 24), (np.zeros(N, int), 1)):
        with pytest.raises(ValueError, match="two classes or more, each with more than k"):
            metrics.class_overlap(CODES, labels, k)


def test_labels_and_maps_that_do_not_fit_are_refused():
    for judge in (metrics.neighbour_error, metrics.class_overlap):
        for labels in (LABELS[:-1], LABELS.astype(float), LABELS[:, None], LABELS.tolist()):
            with pytest.raises(ValueError, match=r"^labels must"):
                judge(CODES, labels, 1)
    with pytest.raises(ValueError, match="must be one for each"):
        metrics.trustworthiness(DATA, CODES[1:])
    with pytest.raises(ValueError, match="must be one for each"):
        metrics.continuity(DATA, CODES[1:])
