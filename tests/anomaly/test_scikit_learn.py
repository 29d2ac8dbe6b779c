"""Scikit-learn's own demands on an estimator of outliers."""

import keras
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from course_lib.anomaly import AnomalyDetector
from course_lib.anomaly.detector import dense_autoencoder

CANNOT = {
    "check_methods_subset_invariance": "asks for 7 digits, where single precision gives rows of "
    "another batch 6",
}


def quick(features, units):
    """The default model, which is not traced anew for each of fifty fits."""
    model = dense_autoencoder(features, units)
    # JAX compiles even what it runs eagerly, one operation at a time.
    eagerly = keras.backend.backend() != "jax"
    model.compile(keras.optimizers.Adam(0.01), run_eagerly=eagerly)
    return model


@pytest.mark.slow
@parametrize_with_checks(
    [AnomalyDetector(quick, epochs=1)], expected_failed_checks=lambda estimator: CANNOT
)
def test_estimator(estimator, check):
    check(estimator)
