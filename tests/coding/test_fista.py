import keras
import numpy as np
import pytest
from keras import ops
from sklearn.decomposition import sparse_encode

from course_lib.coding import duality_gap, fista, lasso_objective
from course_lib.coding.spectral import stretch_bound

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)


def problem(atoms, features, count=40):
    D = RNG.normal(size=(atoms, features))
    D /= np.linalg.norm(D, axis=1, keepdims=True)
    x = RNG.normal(size=(count, features))
    return x / np.linalg.norm(x, axis=1, keepdims=True), D


def ours(x, D, *args, **kwargs):
    return to_numpy(fista(x.astype("float32"), D.astype("float32"), *args, **kwargs))


def energy(x, h, D, sparsity):
    return ((x - h @ D) ** 2).sum(1) + sparsity * np.abs(h).sum(1)


@pytest.mark.parametrize(("atoms", "features"), [(30, 40), (60, 30), (120, 20)])
@pytest.mark.parametrize("sparsity", [0.05, 0.4])
def test_the_optimum_is_scikit_learn_s(atoms, features, sparsity):
    x, D = problem(atoms, features)
    theirs = sparse_encode(x, D, algorithm="lasso_cd", alpha=sparsity / 2, max_iter=100_000)
    least = energy(x, theirs, D, sparsity)
    found = energy(x, ours(x, D, sparsity, 1000).astype("float64"), D, sparsity)
    assert np.max(found / least - 1) < 1e-6
    np.testing.assert_allclose(to_numpy(lasso_objective(x, theirs, D, sparsity)), least, rtol=1e-5)


def test_all_at_once_or_one_by_one():
    x, D = problem(60, 30, 23)
    whole = ours(x, D, 0.2, 35)
    np.testing.assert_allclose(ours(x, D, 0.2, 35, batch_size=5), whole, atol=1e-5)
    back = ours(x[::-1], D, 0.2, 35)[::-1]
    np.testing.assert_allclose(back, whole, atol=1e-5)


@pytest.mark.parametrize(("atoms", "features"), [(30, 40), (120, 20)])
def test_with_the_pull_of_a_prediction(atoms, features):
    """The same problem with √γ I beside the dictionary and √γ f beside the data."""
    x, D = problem(atoms, features)
    f = 0.1 * RNG.normal(size=(len(x), atoms)).astype("float32")
    found = ours(x, D, 0.3, 600, prediction=f, pull=2.0)
    longer_D = np.hstack([D, np.sqrt(2) * np.eye(atoms)])
    longer_x = np.hstack([x, np.sqrt(2) * f])
    theirs = sparse_encode(longer_x, longer_D, algorithm="lasso_cd", alpha=0.15, max_iter=100_000)
    np.testing.assert_allclose(found, theirs, atol=2e-5)


@pytest.mark.parametrize("tolerance", [1e-2, 1e-4])
def test_a_tolerance_is_kept_and_saves_steps(tolerance):
    x, D = problem(60, 30)
    least = energy(x, ours(x, D, 0.2, 2000).astype("float64"), D, 0.2)
    stopped = ours(x, D, 0.2, 2000, tolerance=tolerance)
    found = energy(x, stopped.astype("float64"), D, 0.2)
    assert np.max(found / least - 1) < tolerance
    assert not np.array_equal(stopped, ours(x, D, 0.2, 2000))


@pytest.mark.parametrize("steps", [1, 5, 10, 25])
def test_steps_are_a_limit_with_a_tolerance_too(steps):
    """A tolerance that cannot be met takes just the steps that are taken without one."""
    x, D = problem(60, 30)
    np.testing.assert_array_equal(
        ours(x, D, 0.2, np.int64(steps), tolerance=1e-30), ours(x, D, 0.2, steps)
    )


@pytest.mark.parametrize("tolerance", [None, 1e-3])
@pytest.mark.parametrize("shape", [(8, 5), (3, 3, 3, 2)])
def test_of_a_dictionary_of_zeros_the_code_is_zero(shape, tolerance):
    x = RNG.normal(size=(4, 5) if len(shape) == 2 else (4, 6, 5, 2))
    for sparsity in (0.0, 0.3):
        codes = ours(x, np.zeros(shape), sparsity, 15, tolerance=tolerance)
        np.testing.assert_array_equal(codes, 0)
    f = RNG.normal(size=codes.shape).astype("float32")
    pulled = ours(x, np.zeros(shape), 0.3, 15, prediction=f, pull=2.0)
    np.testing.assert_allclose(pulled, np.sign(f) * np.maximum(np.abs(f) - 0.3 / 4, 0), atol=1e-6)


def test_double_precision_is_kept(float64):
    x, D = problem(30, 40, 5)
    found = fista(x, D, 0.3, 3000)
    assert keras.backend.standardize_dtype(found.dtype) == "float64"
    theirs = sparse_encode(x, D, algorithm="lasso_cd", alpha=0.15, max_iter=100_000)
    least = energy(x, theirs, D, 0.3)
    assert (energy(x, to_numpy(found), D, 0.3) / least - 1 < 1e-14).all()
    gap = to_numpy(duality_gap(x, found, D, 0.3)[0])
    np.testing.assert_allclose(gap, 0, atol=1e-12)


def test_a_good_start_needs_fewer_steps():
    x, D = problem(60, 30)
    best = ours(x, D, 0.2, 1000)
    np.testing.assert_allclose(ours(x, D, 0.2, 1, start=best), best, atol=1e-5)


def test_momentum_beats_its_lack_and_lack_never_climbs():
    x, D = problem(120, 20)
    energies = {
        fast: [energy(x, ours(x, D, 0.1, n, accelerated=fast), D, 0.1).mean() for n in (5, 10, 40)]
        for fast in (True, False)
    }
    assert np.all(np.diff(energies[False]) < 0)
    assert energies[True][2] < energies[False][2]


def test_too_much_sparsity_gives_exactly_nothing():
    x, D = problem(60, 30)
    limit = 2 * np.abs(x @ D.T).max()
    np.testing.assert_array_equal(ours(x, D, 1.001 * limit, 20), 0)
    assert np.abs(ours(x, D, 0.9 * limit, 20)).max() > 0


@pytest.mark.parametrize("shape", [(30, 40), (144, 20), (1, 5)])
def test_the_bound_is_a_bound_and_near(shape):
    D = RNG.normal(size=shape).astype("float32")
    square = np.linalg.norm(D.astype("float64"), 2) ** 2
    bound = float(stretch_bound(ops.convert_to_tensor(D)))
    assert square * (1 - 1e-5) <= bound <= 1.1 * square


X, D = problem(8, 5)
X, D = X.astype("float32"), D.astype("float32")


@pytest.mark.parametrize(
    ("arguments", "options", "sentence"),
    [
        ((X[0], D, 1.0), {}, "x must have 2 axes"),
        ((X, D.T, 1.0), {}, "dictionary must have atoms of the 5 features"),
        ((X, D, -1.0), {}, "sparsity must be a finite number of at least 0"),
        ((X, D, 1.0), {"steps": 0}, "steps must be a whole number of at least 1"),
        ((X, D, 1.0), {"batch_size": 2.5}, "batch_size must be a whole number of at least 1"),
        ((X, D, 1.0), {"tolerance": 0}, "tolerance must be a finite number above 0"),
        ((X, D, 1.0), {"pull": 1.0}, "prediction and pull must come together"),
        ((X, D, 1.0), {"prediction": X @ D.T}, "prediction and pull must come together"),
        ((X, D, 1.0), {"start": X}, r"start must have the shape \(40, 8\)"),
        ((X, D * np.nan, 1.0), {}, "dictionary must be finite"),
    ],
)
def test_bad_input(arguments, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        fista(*arguments, **options)
