import warnings

import numpy as np
import pytest
from keras import ops
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from course_lib.metrics import knn_error, linear_probe_error
from course_lib.metrics.probe import STRENGTHS


@pytest.fixture(scope="module")
def digits():
    x, y = load_digits(return_X_y=True)
    return [(x[part], y[part]) for part in (slice(600), slice(600, 900), slice(900, None))]


def test_linear_probe_is_penalised_maximum_likelihood(digits):
    """The same minima found from the formula: Σ −log p(y | z) + ‖W‖² / 2C."""
    (x, y), *others = digits
    scale = np.sqrt(((x - x.mean(0)) ** 2).sum(1).mean())
    z, n = (x - x.mean(0)) / scale, x.shape[1]

    def loss(flat, strength):
        W, b = flat[: 10 * n].reshape(n, 10), flat[10 * n :]
        log_p = log_softmax(z @ W + b, axis=1)
        residual = np.exp(log_p) - np.eye(10)[y]
        slope = np.concatenate([(z.T @ residual + W / strength).ravel(), residual.sum(0)])
        return -log_p[range(len(y)), y].sum() + 0.5 * (W**2).sum() / strength, slope

    def errors(strength):
        start = np.zeros(10 * n + 10)
        best = minimize(loss, start, (strength,), "L-BFGS-B", jac=True, options={"maxiter": 2000}).x
        W, b = best[: 10 * n].reshape(n, 10), best[10 * n :]
        return [np.mean(((h - x.mean(0)) / scale @ W + b).argmax(1) != t) for h, t in others]

    _, expected = min((errors(strength) for strength in STRENGTHS), key=lambda e: e[0])
    error = linear_probe_error(*digits)
    assert 0.02 < error < 0.15
    assert error == pytest.approx(expected, abs=4.5 / len(others[1][1]))


def test_linear_probe_converges_and_repeats(digits):
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        errors = {linear_probe_error(*digits) for _ in range(3)}
    assert len(errors) == 1


def test_linear_probe_does_not_see_scale_shift_or_rotation(digits):
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(64, 64)))[0]
    moved = [(1e3 * x @ rotation + 7, y) for x, y in digits]
    expected = linear_probe_error(*digits)
    assert linear_probe_error(*moved) == pytest.approx(expected, abs=2.5 / len(digits[2][1]))


def test_the_penalty_is_chosen_without_the_test_set(digits):
    """The fitted probe is the same whatever it is tested on: errors of parts add up."""
    train, valid, (x, y) = digits
    whole = linear_probe_error(train, valid, (x[:600], y[:600]))
    halves = [linear_probe_error(train, valid, (x[p], y[p])) for p in (slice(300), slice(300, 600))]
    assert whole == pytest.approx(np.mean(halves), abs=1e-12)


def test_labels_shuffled_leave_chance(digits):
    (x, y), valid, test = digits
    shuffled = x, np.random.default_rng(0).permutation(y)
    assert linear_probe_error(shuffled, valid, test) > 0.75
    assert knn_error(shuffled, test) > 0.8


@pytest.mark.parametrize("k", [1, 5])
def test_knn_is_the_vote_of_the_nearest(digits, k):
    (x, y), _, (x_test, y_test) = digits
    distance = ((x_test[:, None] - x[None]) ** 2).sum(-1)
    nearest = y[np.argsort(distance, axis=1, kind="stable")[:, :k]]
    predicted = [np.bincount(votes).argmax() for votes in nearest]
    expected = np.mean(predicted != y_test)
    assert knn_error((x, y), (x_test, y_test), k=k) == pytest.approx(expected, abs=1e-12)


def test_knn_of_the_training_set_is_perfect(digits):
    assert knn_error(digits[0], digits[0]) == 0.0


def test_take_tensors(digits):
    tensors = [tuple(ops.convert_to_tensor(a) for a in (x.astype("float32"), y)) for x, y in digits]
    assert knn_error(tensors[0], tensors[2]) == knn_error(digits[0], digits[2])
    assert linear_probe_error(*tensors) == pytest.approx(linear_probe_error(*digits), abs=0.01)


X, Y = np.zeros((4, 6)), np.array([0, 0, 1, 1])
NAN = np.full((4, 6), np.nan)


@pytest.mark.parametrize("metric", [lambda a, b: linear_probe_error(a, a, b), knn_error])
@pytest.mark.parametrize(
    ("train", "test", "sentence"),
    [
        (([[0.0]], Y), (X, Y), "train codes must be an array or tensor"),
        ((X[0], Y), (X, Y), "train codes must have 2 axes"),
        ((X, Y), (X[:0], Y[:0]), "test codes must not be empty"),
        ((X.astype(int), Y), (X, Y), "train codes must hold floats"),
        ((X, Y), (NAN, Y), "test codes must be finite"),
        ((X, Y.tolist()), (X, Y), "train labels must be an array or tensor"),
        ((X, Y.astype(float)), (X, Y), "train labels must hold integers"),
        ((X, np.eye(4, 2, dtype=int)), (X, Y), "train labels must have 1 axis"),
        ((X, Y), (X, Y[:3]), "test labels must hold one label per code, .* 3 labels and 4 codes"),
        ((X, Y), (X[:, :5], Y), r"test codes must be as wide as the training codes.* \(4, 5\)"),
        (X, (X, Y), "train must be a pair"),
    ],
)
def test_bad_input(metric, train, test, sentence):
    with pytest.raises(ValueError, match=sentence):
        metric(train, test)


def test_one_class_cannot_be_probed():
    with pytest.raises(ValueError, match="train labels must hold two classes or more, but all are"):
        linear_probe_error((X, np.ones(4, int)), (X, Y), (X, Y))


@pytest.mark.parametrize("k", [0, 5, -1, 1.0, True, None])
def test_bad_k(k):
    with pytest.raises(ValueError, match="k must be a whole number from 1 to 4"):
        knn_error((X, Y), (X, Y), k=k)
