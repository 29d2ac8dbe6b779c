"""Bits of real codes: a rotation that loses less and less, and planes that measure angles."""

import numpy as np
import pytest
from keras import ops
from scipy import sparse, stats

from course_lib.data import load_text
from course_lib.metrics import retrieval_precision
from course_lib.search import ITQ, Hyperplanes

RNG = np.random.default_rng(0)
# Clusters on axes of unequal variance, as codes of PCA are.
CENTRES = RNG.normal(size=(12, 8)) * np.geomspace(3, 0.3, 8)
CODES = CENTRES[RNG.integers(12, size=600)] + 0.1 * RNG.normal(size=(600, 8))


def signs(packed, k):
    return np.unpackbits(packed, axis=1, count=k) * 2.0 - 1


def test_the_rotation_is_one():
    for seed in range(3):
        R = ITQ(CODES, seed=seed).rotation
        np.testing.assert_allclose(R.T @ R, np.eye(8), atol=1e-12)


def test_the_objective_never_rises():
    for seed in range(5):
        losses = np.array(ITQ(CODES, steps=30, seed=seed).losses)
        assert (np.diff(losses) <= 1e-9).all()
        assert losses[-1] < 0.95 * losses[0]


def test_the_objective_is_that_of_the_bits():
    itq = ITQ(CODES, steps=7)
    z = (CODES - CODES.mean(0)) @ itq.rotation
    wanted = ((signs(itq(CODES), 8) - z) ** 2).sum(1).mean()
    assert itq.losses[-1] == pytest.approx(wanted, rel=1e-12)
    np.testing.assert_allclose(itq.mean, CODES.mean(0))


def test_a_step_is_the_best_rotation_for_its_signs():
    """No other rotation nearby, for the same signs, has a smaller objective."""
    z = CODES - CODES.mean(0)
    before, after = (ITQ(CODES, steps=n, seed=1).rotation for n in (3, 4))
    B = np.where(z @ before > 0, 1.0, -1.0)
    loss = ((B - z @ after) ** 2).sum()
    for _ in range(20):
        other = stats.special_ortho_group.rvs(8, random_state=RNG)
        near = np.linalg.qr(after + 0.01 * (other - after))[0]
        near *= np.sign(np.diag(near.T @ after))
        assert ((B - z @ near) ** 2).sum() > loss


def test_it_finds_more_than_the_signs_of_principal_components():
    """On real documents: 16 bits of their TF-IDF, of whose axes the last vary least."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfTransformer

    data = load_text("arxiv", train=0)
    codes = TruncatedSVD(16, random_state=0).fit_transform(
        TfidfTransformer(sublinear_tf=True).fit_transform(data.x_test)
    )
    codes /= np.linalg.norm(codes, axis=1, keepdims=True)

    def found(bits):
        return retrieval_precision(bits, data.y_test, 31, "hamming")

    by_signs = found(np.packbits(codes > codes.mean(axis=0), axis=1))
    for seed in range(3):
        assert found(ITQ(codes, seed=seed)(codes)) > by_signs + 0.05


def test_tensors_and_other_codes():
    itq = ITQ(ops.convert_to_tensor(CODES.astype("float32")))
    assert itq(CODES[:3]).shape == (3, 1)
    np.testing.assert_array_equal(itq(ops.convert_to_tensor(CODES[:3])), itq(CODES[:3]))
    with pytest.raises(ValueError, match="codes must have 8 columns"):
        itq(CODES[:, :5])
    with pytest.raises(ValueError, match="codes must be finite"):
        ITQ(CODES * np.nan)


def test_planes_measure_the_angle():
    """The share of bits that differ is the angle over π, with the spread of a binomial."""
    x = np.array([[1.0, 0.0], [np.cos(0.7), np.sin(0.7)], [-1.0, 0.0]])
    bits = Hyperplanes(2, 40_000, seed=1)(x)
    differ = np.unpackbits(bits[0] ^ bits[1:], axis=1).mean(axis=1)
    assert differ[0] == pytest.approx(0.7 / np.pi, abs=4 * np.sqrt(0.25 / 40_000))
    assert differ[1] == 1


def test_planes_of_sparse_rows_are_those_of_the_array():
    x = RNG.normal(size=(20, 6)) * (RNG.random((20, 6)) < 0.3)
    planes = Hyperplanes(6, 13)
    assert planes(x).shape == (20, 2)
    np.testing.assert_array_equal(planes(sparse.csr_matrix(x)), planes(x))
    np.testing.assert_array_equal(planes(3 * x), planes(x))
    np.testing.assert_array_equal(Hyperplanes(6, 13)(x), planes(x))
    assert (Hyperplanes(6, 13, seed=1)(x) != planes(x)).any()
    with pytest.raises(ValueError, match="x must have 6 features"):
        planes(x[:, :4])
    with pytest.raises(ValueError, match="bits must be a whole number of at least 1"):
        Hyperplanes(6, 0)
