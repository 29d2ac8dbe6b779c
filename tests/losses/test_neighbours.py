"""The objectives of SNE and t-SNE: scikit-learn's, NumPy's, closed forms and invariances."""

import numpy as np
import pytest
from keras import ops
from scipy.spatial.distance import cdist, squareform
from scipy.special import logsumexp

from course_lib import losses
from course_lib.autodiff import gradient

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)
N = 30
X, Y = RNG.normal(size=(N, 4)), RNG.normal(size=(N, 2))
ROWS, JOINT = losses.conditional_affinities(X, 8.0), losses.joint_affinities(X, 8.0)
LOSSES = {"sne": ROWS, "symmetric_sne": JOINT, "tsne": JOINT}
each = pytest.mark.parametrize(("name", "p"), LOSSES.items(), ids=LOSSES)


def slope(name, p, y):
    """Value and gradient of the sum over points, in the precision of the test."""

    def of_map(y):
        return getattr(losses, name)(ops.convert_to_tensor(p), y)

    value, slope = gradient(of_map, ops.convert_to_tensor(y))
    return to_numpy(value), to_numpy(slope)


def test_scikit_learn_pays_the_same_and_steps_the_same_way(float64):
    from sklearn.manifold._t_sne import _kl_divergence

    value, step = slope("tsne", JOINT, Y)
    kl, wanted = _kl_divergence(Y.ravel(), squareform(JOINT, checks=False), 1, N, 2)
    assert value.sum() == pytest.approx(kl, rel=1e-9)
    np.testing.assert_allclose(step.ravel(), wanted, rtol=1e-6, atol=1e-9 * np.abs(wanted).max())


@each
def test_points_pay_what_a_loop_over_pairs_says(name, p, float64):
    kernel = {"tsne": lambda d: 1 / (1 + d)}.get(name, lambda d: np.exp(-d))
    k = [[kernel(((a - b) ** 2).sum()) for b in Y] for a in Y]
    paid = []
    for i in range(N):
        rows = range(N) if name != "sne" else [i]
        total = sum(k[a][b] for a in rows for b in range(N) if a != b)
        terms = [p[i, j] * np.log(p[i, j] * total / k[i][j]) for j in range(N) if j != i]
        paid.append(sum(terms))
    found = to_numpy(getattr(losses, name)(p, Y))
    np.testing.assert_allclose(found, paid, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("name", ["sne", "symmetric_sne"])
def test_gradients_of_the_papers(name, float64):
    """2 Σⱼ (p_j|i − q_j|i + p_i|j − q_i|j)(yᵢ − yⱼ), and 4 Σⱼ (p_ij − q_ij)(yᵢ − yⱼ)."""
    k = np.exp(-cdist(Y, Y, "sqeuclidean")) * (1 - np.eye(N))
    q = k / (k.sum(axis=1, keepdims=True) if name == "sne" else k.sum())
    gap = LOSSES[name] - q
    weights = 2 * (gap + gap.T)
    wanted = weights.sum(axis=1)[:, None] * Y - weights @ Y
    np.testing.assert_allclose(slope(name, LOSSES[name], Y)[1], wanted, rtol=1e-8, atol=1e-12)


@each
def test_finite_differences(name, p, jacobian):
    def total(y):
        return to_numpy(getattr(losses, name)(p, y)).sum()

    np.testing.assert_allclose(
        slope(name, p, Y)[1].ravel(), jacobian(total, Y).ravel(), rtol=1e-5, atol=1e-8
    )


@each
def test_equal_distances_make_q_uniform(name, p, float64):
    """Corners of a simplex: KL is log of the number of pairs, or of others, less the entropy."""
    pairs = N - 1 if name == "sne" else N * (N - 1)
    entropy = -(p * np.log(np.where(p > 0, p, 1))).sum()
    wanted = p.sum() * np.log(pairs) - entropy
    for size in (0.0, 0.3, 2.0):
        found = to_numpy(getattr(losses, name)(p, size * np.eye(N)))
        assert found.sum() == pytest.approx(wanted, rel=1e-9)


def test_nothing_is_lost_where_q_is_p(float64):
    d = cdist(Y, Y, "sqeuclidean")
    for name, k in (("sne", np.exp(-d)), ("symmetric_sne", np.exp(-d)), ("tsne", 1 / (1 + d))):
        np.fill_diagonal(k, 0)
        q = k / (k.sum(axis=1, keepdims=True) if name == "sne" else k.sum())
        value, step = slope(name, q, Y)
        np.testing.assert_allclose(value, 0, atol=1e-13)
        np.testing.assert_allclose(step, 0, atol=1e-13)


@each
def test_place_turn_and_order_make_no_difference(name, p, float64):
    loss = getattr(losses, name)
    paid = to_numpy(loss(p, Y))
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    np.testing.assert_allclose(to_numpy(loss(p, Y @ turn + 50)), paid, rtol=1e-8, atol=1e-12)
    order = RNG.permutation(N)
    np.testing.assert_allclose(
        to_numpy(loss(p[np.ix_(order, order)], Y[order])), paid[order], rtol=1e-10, atol=1e-13
    )
    # The square is in it: a map of half the size is another map.
    assert abs(to_numpy(loss(p, Y / 2)).sum() - paid.sum()) > 0.01


@each
def test_duplicates_far_points_and_zeros_in_p_are_finite(name, p):
    y = Y.copy().astype("float32")
    y[1] = y[0]
    y[2] = 1e4
    p = p.astype("float32").copy()
    p[:, 5] = p[5, :] = 0
    value, step = slope(name, p, y)
    assert np.isfinite(value).all()
    assert np.isfinite(step).all()


@each
def test_the_diagonal_counts_for_nothing(name, p):
    loaded = p + np.diag(np.full(N, 0.5))
    loss = getattr(losses, name)
    np.testing.assert_allclose(to_numpy(loss(loaded, Y)), to_numpy(loss(p, Y)), rtol=1e-6)


def test_the_heavy_tail_wants_moderate_distances_larger():
    """Same P, same map: of pairs on a circle t-SNE pushes the far ones, SNE has let go of them."""
    angle = np.linspace(0, 2 * np.pi, N, endpoint=False)
    circle = 3 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    p = losses.joint_affinities(circle, 8.0)
    outwards = {name: -(slope(name, p, circle)[1] * circle).sum() for name in LOSSES}
    assert outwards["tsne"] > 0 > outwards["symmetric_sne"]


def test_another_number_of_points_is_refused():
    for name, p in LOSSES.items():
        with pytest.raises(ValueError, match="p must have a row and a column for each of the 29"):
            getattr(losses, name)(p, Y[1:])
        with pytest.raises(ValueError, match="p must be at least 0"):
            getattr(losses, name)(-p, Y)


def test_a_neighbour_among_others_is_a_class_among_classes(float64):
    y, z = Y, RNG.normal(size=Y.shape)
    logits = -np.log1p(cdist(y, z, "sqeuclidean"))
    wanted = logsumexp(logits, axis=1) - np.diag(logits)
    np.testing.assert_allclose(to_numpy(losses.neighbour_nll(y, z)), wanted, rtol=1e-10)
    np.testing.assert_allclose(to_numpy(losses.neighbour_nll(0 * y, 0 * z)), np.log(N), rtol=1e-12)
    np.testing.assert_allclose(to_numpy(losses.neighbour_nll(y[:1], z[:1])), 0, atol=1e-15)


def test_pairs_of_a_batch_pull_and_push_as_the_objective_of_tsne_does(float64):
    """Every pair at once, weighed by P, against all N: t-SNE with one partition a point.

    Σ_ij p_ij nll(i, j among all) = −Σ p_ij log k_ij + Σᵢ pᵢ log Σ_l k_il, whose slope is that of
    SNE with the kernel of t-SNE and P's rows.
    """
    i, j = np.nonzero(JOINT)
    d = cdist(Y, Y, "sqeuclidean")
    whole = sum(
        JOINT[a, b]
        * to_numpy(losses.neighbour_nll(np.repeat(Y[a][None], N, 0), np.roll(Y, -b, axis=0)))[0]
        for a, b in zip(i, j, strict=True)
    )
    k = 1 / (1 + d)
    wanted = -(JOINT * np.log(k)).sum() + (JOINT.sum(axis=1) * np.log(k.sum(axis=1))).sum()
    assert whole == pytest.approx(wanted, rel=1e-9)
