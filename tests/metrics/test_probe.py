import warnings

import numpy as np
import pytest
from keras import ops
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from course_lib.metrics import knn_error, linear_probe_error


@pytest.fixture(scope="module")
def digits():
    x, y = load_digits(return_X_y=True)
    return x[:900], y[:900], x[900:], y[900:]


def test_linear_probe_is_penalised_maximum_likelihood(digits):
    """The same minimum found from the formula: Σ −log p(y | z) + ½‖W‖²."""
    x, y, x_test, y_test = digits
    scale = np.where(x.std(0) > 0, x.std(0), 1)
    z, z_test = (x - x.mean(0)) / scale, (x_test - x.mean(0)) / scale
    n = z.shape[1]

    def loss(flat):
        W, b = flat[: 10 * n].reshape(n, 10), flat[10 * n :]
        log_p = log_softmax(z @ W + b, axis=1)
        residual = np.exp(log_p) - np.eye(10)[y]
        slope = np.concatenate([(z.T @ residual + W).ravel(), residual.sum(0)])
        return -log_p[range(len(y)), y].sum() + 0.5 * (W**2).sum(), slope

    best = minimize(loss, np.zeros(10 * n + 10), jac=True, method="L-BFGS-B").x
    predicted = np.argmax(z_test @ best[: 10 * n].reshape(n, 10) + best[10 * n :], axis=1)
    error = linear_probe_error(*digits)
    assert 0.02 < error < 0.15
    assert error == pytest.approx(np.mean(predicted != y_test), abs=2.5 / len(y_test))


def test_linear_probe_converges_and_repeats(digits):
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        errors = {linear_probe_error(*digits) for _ in range(3)}
    assert len(errors) == 1


def test_linear_probe_does_not_see_scale_or_shift(digits):
    x, y, x_test, y_test = digits
    factor, shift = np.geomspace(1e-3, 1e3, 64), np.linspace(-5, 5, 64)
    moved = linear_probe_error(factor * x + shift, y, factor * x_test + shift, y_test)
    assert moved == linear_probe_error(*digits)


def test_labels_shuffled_leave_chance(digits):
    x, y, x_test, y_test = digits
    y = np.random.default_rng(0).permutation(y)
    assert linear_probe_error(x, y, x_test, y_test) > 0.8
    assert knn_error(x, y, x_test, y_test) > 0.8


@pytest.mark.parametrize("k", [1, 5])
def test_knn_is_the_vote_of_the_nearest(digits, k):
    x, y, x_test, y_test = digits
    distance = ((x_test[:, None] - x[None]) ** 2).sum(-1)
    nearest = y[np.argsort(distance, axis=1, kind="stable")[:, :k]]
    predicted = [np.bincount(votes).argmax() for votes in nearest]
    assert knn_error(*digits, k=k) == pytest.approx(np.mean(predicted != y_test), abs=1e-12)


def test_knn_of_the_training_set_is_perfect(digits):
    x, y, _, _ = digits
    assert knn_error(x, y, x, y) == 0.0


def test_take_tensors(digits):
    x, y, x_test, y_test = digits
    tensors = [ops.convert_to_tensor(a) for a in (x.astype("float32"), y, x_test, y_test)]
    tensors[2] = ops.cast(tensors[2], "float32")
    assert knn_error(*tensors) == knn_error(*digits)
    assert linear_probe_error(*tensors) == pytest.approx(linear_probe_error(*digits), abs=0.01)


X, Y = np.zeros((4, 6)), np.array([0, 0, 1, 1])
NAN = np.full((4, 6), np.nan)


@pytest.mark.parametrize("metric", [linear_probe_error, knn_error])
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (([[0.0]], Y, X, Y), "train_codes must be an array or tensor"),
        ((X[0], Y, X, Y), "train_codes must have 2 axes"),
        ((X, Y, X[:0], Y[:0]), "test_codes must not be empty"),
        ((X.astype(int), Y, X, Y), "train_codes must hold floats"),
        ((X, Y, NAN, Y), "test_codes must be finite"),
        ((X, Y.tolist(), X, Y), "train_labels must be an array or tensor"),
        ((X, Y.astype(float), X, Y), "train_labels must hold integers"),
        ((X, np.eye(4, 2, dtype=int), X, Y), "train_labels must have 1 axis"),
        ((X, Y, X, Y[:3]), "test_labels must hold one label per code, .* 3 labels and 4 codes"),
        ((X, Y, X[:, :5], Y), r"test_codes must be as wide as train_codes.* \(4, 5\) and \(4, 6\)"),
    ],
)
def test_bad_input(metric, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        metric(*arguments)


def test_one_class_cannot_be_probed():
    with pytest.raises(ValueError, match="train_labels must hold two classes or more, but all are"):
        linear_probe_error(X, np.ones(4, int), X, Y)


@pytest.mark.parametrize("k", [0, 5, -1, 1.0, True, None])
def test_bad_k(k):
    with pytest.raises(ValueError, match="k must be an integer from 1 to the 4 training codes"):
        knn_error(X, Y, X, Y, k=k)
