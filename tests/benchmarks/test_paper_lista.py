"""The searches that encoders are compared with: where they end, and what an encoder starts as."""

import itertools

import numpy as np
import pytest

pytest.importorskip("jax")

from course_lib.coding import fista
from tests.benchmarks import paper_lista as table


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    D = rng.normal(size=(12, 20))
    return rng.normal(size=(6, 20)), D / np.linalg.norm(D, axis=1, keepdims=True)


def nth(path, n):
    return next(itertools.islice(path, n - 1, None))


def test_searches_end_where_the_library_and_scikit_learn_do(problem):
    optimal = np.asarray(fista(*problem, table.SPARSITY, 2_000))
    paths = {
        "ISTA": table.search(*problem, momentum=False),
        "FISTA": table.search(*problem, momentum=True),
        "coordinate descent": table.coordinate_descent(*problem),
    }
    found = {name: nth(path, 2_000) for name, path in paths.items()}
    found["scikit-learn"] = table.by_lasso(*problem, 2_000)
    for name, codes in found.items():
        np.testing.assert_allclose(codes, optimal, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("T", [1, 4])
def test_untrained_lcod_is_coordinate_descent(problem, T):
    x, D = problem
    layer = table.LCoD(T, D.astype("float32"))
    np.testing.assert_allclose(
        layer(x.astype("float32")), nth(table.coordinate_descent(x, D), T), atol=1e-5
    )
