"""On data with labels: what the detector finds, beside detectors of PyOD."""

import os
from pathlib import Path

import pytest

from course_lib.anomaly import AnomalyDetector, ecod
from course_lib.data import load_images, load_series
from course_lib.metrics import roc_auc, roc_auc_interval

HOME = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "datasets"


def cached(file):
    return pytest.mark.skipif(
        not (HOME / file).exists(),
        reason=f"{file} is not in the cache of Keras: set KERAS_HOME to a folder that holds it",
    )


@pytest.fixture
def pyod():
    """AUC of PyOD's isolation forest and of its five nearest neighbours."""
    forest = pytest.importorskip("pyod.models.iforest").IForest(random_state=0)
    neighbours = pytest.importorskip("pyod.models.knn").KNN()

    def areas(train, test, labels):
        for theirs in (forest, neighbours):
            yield roc_auc(theirs.fit(train).decision_function(test), labels)

    return areas


def scores(train, test, epochs):
    return -AnomalyDetector(epochs=epochs, random_state=0).fit(train).score_samples(test)


@pytest.mark.slow
@cached("ecg5000_all.npz")
def test_heartbeats(pyod):
    """As far as neighbours, and clearly farther than isolation and than columns one by one."""
    beats = load_series("ecg5000")
    train = beats.x_train[beats.y_train == 0, :, 0][:1500]
    test, labels = beats.x_test[..., 0], beats.y_test
    forest, neighbours = pyod(train, test, labels)
    found = scores(train, test, epochs=20)
    low, high = roc_auc_interval(found, labels)
    assert low < neighbours < high
    assert low > max(forest, roc_auc(ecod(train, test), labels)) + 0.03


@pytest.mark.slow
@cached("mnist.npz")
def test_a_digit_left_out(pyod):
    """Fours among digits of which none was one: hard, and ink by itself says nothing."""
    images = load_images("mnist", train=4000, test=1000)
    train = images.x_train[images.y_train != 4].reshape(-1, 784)
    test, labels = images.x_test.reshape(-1, 784), images.y_test == 4
    forest, neighbours = pyod(train, test, labels)
    found = scores(train, test, epochs=10)
    low, _ = roc_auc_interval(found, labels)
    away = ((test - train.mean(axis=0)) ** 2).sum(axis=1)
    for chance in (forest, roc_auc(away, labels), roc_auc(ecod(train, test), labels)):
        assert chance == pytest.approx(0.5, abs=0.07)
        assert low > chance + 0.05
    assert roc_auc(found, labels) == pytest.approx(neighbours, abs=0.1)
