"""Scikit-learn's own demands on an estimator of outliers."""

import keras
from sklearn.utils.estimator_checks import parametrize_with_checks

from course_lib.anomaly import AnomalyDetector
from course_lib.anomaly.detector import dense_autoencoder


def eager(features, units):
    """The default model, which is not traced anew for each of fifty fits."""
    model = dense_autoencoder(features, units)
    model.compile(keras.optimizers.Adam(0.01), run_eagerly=True)
    return model


@parametrize_with_checks([AnomalyDetector(eager, epochs=2)])
def test_estimator(estimator, check):
    check(estimator)
